"""How ticks went: an exact record of the last ones, and the summary that people and JSON files read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.frame import Timing

STAGES = ("condition", "denoise", "commit", "pixels")
"""Where a tick's time goes, in order."""

CAPACITY = 2048


class Statistics:
    """The timings of the last ``capacity`` ticks, kept exactly; counts of all ticks ever.

    Percentiles are nearest-rank: always a value that was measured. Memory is fixed at construction.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.ticks = 0
        self.missed = 0
        self._total = np.zeros(capacity)
        self._stages = np.zeros((capacity, len(STAGES)))
        self._steps = np.zeros(capacity, dtype=np.int64)

    def add(self, timing: Timing) -> None:
        """Counts one generated frame."""
        row = self.ticks % self.capacity
        self._total[row] = timing.total_ms
        self._stages[row] = [timing.stages.get(name, 0.0) for name in STAGES]
        self._steps[row] = timing.steps_used
        self.ticks += 1

    def miss(self, beats: int = 1) -> None:
        """Counts beats whose frame did not come in time."""
        self.missed += beats

    def percentile(self, percent: float) -> float:
        """Frame time in ms that ``percent`` of the kept ticks did not exceed; 0 before the first tick."""
        return _nearest_rank(self._total[: self.kept], percent)

    @property
    def kept(self) -> int:
        return min(self.ticks, self.capacity)

    @property
    def recent_ms(self) -> NDArray[np.float64]:
        """Frame times in ms of the kept ticks, oldest first (a copy)."""
        if self.ticks <= self.capacity:
            return self._total[: self.ticks].copy()
        return np.roll(self._total, -(self.ticks % self.capacity))

    def summary(self) -> dict[str, Any]:
        """``{ticks, missed, frame_ms{p50,p95,p99,max}, stage_ms{name: mean}, steps_used{mean,min}}``."""
        kept = self.kept
        total, steps = self._total[:kept], self._steps[:kept]
        means = self._stages[:kept].mean(axis=0) if kept else np.zeros(len(STAGES))
        return {
            "ticks": self.ticks,
            "missed": self.missed,
            "frame_ms": {
                "p50": _nearest_rank(total, 50),
                "p95": _nearest_rank(total, 95),
                "p99": _nearest_rank(total, 99),
                "max": _nearest_rank(total, 100),
            },
            "stage_ms": {name: float(mean) for name, mean in zip(STAGES, means, strict=True)},
            "steps_used": {
                "mean": float(steps.mean()) if kept else 0.0,
                "min": int(steps.min()) if kept else 0,
            },
        }


def _nearest_rank(values: NDArray[np.float64], percent: float) -> float:
    if not len(values):
        return 0.0
    return float(np.percentile(values, percent, method="inverted_cdf"))
