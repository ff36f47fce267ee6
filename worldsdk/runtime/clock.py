"""Clocks: whatever waits or measures is given one, so that tests run an hour of ticks in a second."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    def sleep_until(self, moment: float) -> None:
        """Returns once ``monotonic()`` has reached ``moment``; at once where it already has."""


class RealClock:
    """The machine's clock. Waits by sleeping, then spins through the last stretch.

    An operating system wakes a sleeper late, by 0.05 to 1 ms on an idle Linux machine. Spinning through the
    last ``SPIN_SECONDS`` keeps beats within a few microseconds for about 1 % of one core at 35 Hz.
    """

    SPIN_SECONDS = 0.0003

    # As it is: loops ask for it many times for each frame.
    monotonic = staticmethod(time.perf_counter)

    def sleep_until(self, moment: float) -> None:
        while (left := moment - time.perf_counter()) > self.SPIN_SECONDS:
            time.sleep(left - self.SPIN_SECONDS)
        while time.perf_counter() < moment:
            pass


class ManualClock:
    """A clock that moves only when told to: for tests and for rendering faster than real time."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def sleep_until(self, moment: float) -> None:
        self.now = max(self.now, moment)

    def advance(self, seconds: float) -> None:
        """Lets ``seconds`` pass, as work would."""
        self.now += seconds


REAL_CLOCK = RealClock()
