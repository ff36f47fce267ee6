"""A mean with its uncertainty, from a limited number of windows.

Windows of one episode show the same rooms and the same play, so they tell less than as many windows of
different episodes would. Intervals therefore come from drawing whole *episodes* anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean over windows and where it would lie, 95 times in 100, had other episodes been drawn.

    Attributes:
        mean: of the values.
        low, high: ends of the 95 % interval.
        count: how many values.
        episodes: from how many episodes; 0 where that is not known and values were drawn one by one.
    """

    mean: float
    low: float
    high: float
    count: int
    episodes: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "count": self.count,
            "episodes": self.episodes,
        }

    def text(self, digits: int = 2) -> str:
        """``29.41 (29.10 to 29.72)``."""
        return f"{self.mean:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def estimate(
    values: NDArray[np.float64], seed: int = 0, episodes: NDArray[np.int64] | None = None
) -> Estimate:
    """Mean and percentile bootstrap interval (Efron 1979) of ``values``, float64 [N], N at least 1.

    The same values and seed give the same interval.

    Args:
        episodes: int64 [N], which episode each value is from: whole episodes are drawn. With fewer than
            two of them, or none given, values are drawn one by one.

    Raises:
        ValueError: no values, one that is not finite, or not as many episodes as values.
    """
    values = np.asarray(values, dtype=np.float64).reshape(-1)
    if not len(values) or not np.isfinite(values).all():
        raise ValueError(f"needs finite values, at least one; got {len(values)}")
    if episodes is not None and len(episodes) != len(values):
        raise ValueError(f"{len(values)} values are from {len(episodes)} episodes")
    groups = np.arange(len(values))
    found = 0
    if episodes is not None:
        names, numbers = np.unique(episodes, return_inverse=True)
        found = len(names)
        groups = numbers if found > 1 else groups
    sums = np.bincount(groups, weights=values)
    counts = np.bincount(groups).astype(np.float64)
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(sums), size=(RESAMPLES, len(sums)))
    # An episode with many windows weighs more, as it does in the mean itself.
    means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high), len(values), found)
