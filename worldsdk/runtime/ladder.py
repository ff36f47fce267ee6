"""The quality ladder: fewer denoising steps where time is short, more where it is plentiful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worldsdk.errors import SessionError
from worldsdk.runtime.budget import Costs

CLIMB_AFTER = 70
"""Ticks in a row with room for the next rung before it is taken: two seconds at 35 Hz."""

HEADROOM = 0.85
"""Part of the budget that the next rung may be predicted to need before it is taken."""

OBSERVED = "observed"
"""Rung name of a tick whose frame was given, not generated."""

_START = "start-"


@dataclass(frozen=True)
class Rung:
    """One level of quality.

    Attributes:
        name: ``"3-step"``; what ``Frame.timing.rung`` says.
        steps: denoising steps that are planned on it.
    """

    name: str
    steps: int


def rung_of(steps: int) -> Rung:
    """The rung that plans ``steps`` denoising steps."""
    return Rung(f"{steps}-step", steps)


def steps_of(rung: str) -> int:
    """The steps planned on the rung of that name. Raises SessionError for a name that is none."""
    number, dash, word = rung.partition("-")
    if not (number.isdecimal() and dash and word == "step" and int(number) > 0):
        raise SessionError(f"there is no rung {rung!r}", fix="give the timing of a generated frame")
    return int(number)


def start_rung(start: int) -> str:
    """Rung name of a tick that took the memory of the stored start of that index."""
    return f"{_START}{start}"


def start_of(rung: str) -> int | None:
    """The index that ``start_rung`` was given; None for the name of any other rung."""
    number = rung.removeprefix(_START)
    return int(number) if rung.startswith(_START) and number.isdecimal() else None


class Ladder:
    """Which rung the next tick is planned on: down at once, up only after a while with room to spare.

    Args:
        steps: of the top rung; the rungs below have one step fewer each, down to one.
        to_bottom: whether a miss sends it to the lowest rung rather than one down.
        measured: denoising steps -> ms of a tick as found on this machine: those rungs alone, and the top.
    """

    def __init__(
        self, steps: int, *, to_bottom: bool = False, measured: Mapping[int, float] | None = None
    ) -> None:
        lower = [n for n in range(steps - 1, 0, -1) if not measured or n in measured]
        self.rungs = tuple(rung_of(n) for n in (steps, *lower))
        self._measured = dict(measured or {})
        self._to_bottom = to_bottom
        self._index = 0
        self._roomy = 0

    @property
    def rung(self) -> Rung:
        return self.rungs[self._index]

    def begin(self, budget_ms: float) -> None:
        """Starts on the best rung that fits as measured; on the lowest where none does."""
        fits = [self._measured.get(rung.steps, 0.0) <= budget_ms for rung in self.rungs]
        self._index, self._roomy = (fits.index(True) if any(fits) else len(fits) - 1), 0

    def update(self, costs: Costs, budget_ms: float, missed: bool) -> None:
        """Takes account of one tick: whether it missed, and what ticks are now predicted to cost."""
        lowest = len(self.rungs) - 1
        index = self._index
        if missed:
            index = lowest if self._to_bottom else min(index + 1, lowest)
        while index < lowest and costs.tick(self.rungs[index].steps) > budget_ms:
            index += 1
        if index != self._index or index == 0:
            self._index, self._roomy = index, 0
            return
        roomy = costs.tick(self.rungs[index - 1].steps) <= HEADROOM * budget_ms
        self._roomy = self._roomy + 1 if roomy and not missed else 0
        if self._roomy >= CLIMB_AFTER:
            self._index, self._roomy = index - 1, 0
