"""Beats: moments at a fixed rate, counted from one start, so that being late once never shifts the next."""

from __future__ import annotations

from dataclasses import dataclass

from worldsdk.runtime.clock import Clock


@dataclass(frozen=True)
class Beat:
    """One beat of a world's clock.

    Attributes:
        index: from 0.
        due: moment in seconds at which it begins.
        lost: beats before it that had passed entirely before anyone asked for them.
    """

    index: int
    due: float
    lost: int


class Pacer:
    """Hands out beats in order; the first is due at once.

    Beat ``n`` is due at ``start + n * period`` exactly: no error adds up, however long it runs.
    """

    def __init__(self, clock: Clock, period: float) -> None:
        self.period = period
        self._clock = clock
        self._start = clock.monotonic()
        self._next = 0

    def wait(self) -> Beat:
        """Waits for the next beat, or takes the one that is running now if that has passed."""
        now = self._clock.monotonic()
        lost = max(0, int((now - self._due(self._next)) / self.period))
        # Division may round up to a beat that begins a hair later than now.
        if lost and self._due(self._next + lost) > now:
            lost -= 1
        index = self._next + lost
        due = self._due(index)
        if due > now:
            self._clock.sleep_until(due)
        self._next = index + 1
        return Beat(index, due, lost)

    def _due(self, index: int) -> float:
        return self._start + index * self.period
