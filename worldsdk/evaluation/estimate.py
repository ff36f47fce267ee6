"""A mean with its uncertainty, from a limited number of windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean over windows and where it would lie, 95 times in 100, had others been drawn.

    Attributes:
        mean: of the values.
        low, high: ends of the 95 % interval.
        count: how many values.
    """

    mean: float
    low: float
    high: float
    count: int

    def to_json(self) -> dict[str, Any]:
        return {"mean": self.mean, "low": self.low, "high": self.high, "count": self.count}

    def text(self, digits: int = 2) -> str:
        """``29.41 (29.10 to 29.72)``."""
        return f"{self.mean:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def estimate(values: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Mean and percentile bootstrap interval (Efron 1979) of ``values``, float64 [N], N at least 1.

    The same values and seed give the same interval.

    Raises:
        ValueError: no values, or one that is not finite.
    """
    values = np.asarray(values, dtype=np.float64).reshape(-1)
    if not len(values) or not np.isfinite(values).all():
        raise ValueError(f"needs finite values, at least one; got {len(values)}")
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high), len(values))
