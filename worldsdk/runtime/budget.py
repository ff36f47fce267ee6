"""What a tick is predicted to cost, from what ticks did cost; and the gate that spends a budget.

Anytime generation (Dean and Boddy, "An analysis of time-dependent planning", AAAI 1988): every denoising
step leaves a valid frame, so the question after each is only whether one more fits.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

from worldsdk.runtime.clock import Clock

WINDOW = 64
"""Measurements of each stage that a prediction rests on: about two seconds of play."""

QUANTILE = 0.95


class Costs:
    """Measured cost of each stage in ms, and a prediction that is right for most ticks.

    The prediction is the ``QUANTILE`` of the last ``WINDOW`` measurements (nearest rank), so it rises within
    a few slow ticks and falls only when they have left the window.
    """

    def __init__(self) -> None:
        self._measured: dict[str, deque[float]] = {}
        self._predicted: dict[str, float] = {}

    def add(self, stages: Mapping[str, float], steps: int) -> None:
        """Takes one tick's stage times in ms; ``denoise`` is that of ``steps`` steps together."""
        for name, cost in stages.items():
            measured = self._measured.setdefault(name, deque(maxlen=WINDOW))
            measured.append(cost / steps if name == "denoise" else cost)
            ranked = sorted(measured)
            self._predicted[name] = ranked[math.ceil(QUANTILE * len(ranked)) - 1]

    @property
    def measured(self) -> bool:
        """Whether there is anything to predict from."""
        return bool(self._predicted)

    def of(self, stage: str) -> float:
        """Predicted ms of one stage, of one step for ``denoise``; infinite before any measurement."""
        return self._predicted.get(stage, 0.0 if self.measured else math.inf)

    @property
    def after_steps(self) -> float:
        """Predicted ms from the last denoising step to pixels in hand."""
        return self.of("commit") + self.of("pixels")

    def tick(self, steps: int) -> float:
        """Predicted ms of a whole tick of ``steps`` steps."""
        return self.of("condition") + steps * self.of("denoise") + self.after_steps


class Gate:
    """One tick's budget: says after each step whether another is predicted to fit.

    Args:
        costs: measured so far; without measurements one step is all that is let through.
        clock: whose time the deadline is in.
        deadline: moment in seconds by which the pixels must be in hand.
        budget_ms: what the tick was allowed, for the record.
        spare: whether steps may be left out; if not, every planned step is let through.
    """

    def __init__(
        self, costs: Costs, clock: Clock, deadline: float, budget_ms: float, *, spare: bool = True
    ) -> None:
        self._costs = costs
        self._clock = clock
        self.deadline = deadline
        self.budget_ms = budget_ms
        self._spare = spare

    def another(self) -> bool:
        """Whether one more denoising step, and all that follows it, fits."""
        if not self._spare:
            return True
        cost = self._costs.of("denoise") + self._costs.after_steps
        return self._clock.monotonic() + cost / 1000.0 <= self.deadline

    def met(self) -> bool:
        """Whether the deadline lies ahead still."""
        return self._clock.monotonic() <= self.deadline
