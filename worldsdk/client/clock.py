"""The client's clock: whatever waits or measures here is given one, so that tests need no waiting."""

from __future__ import annotations

import time
from typing import Protocol


class ClientClock(Protocol):
    """A monotonic clock of this process, and a way to wait by it."""

    def seconds(self) -> float:
        """Seconds since some fixed moment, at or after 0; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Returns after so long."""


class MonotonicClock:
    """The machine's clock."""

    # As it is: it is asked several times for each frame.
    seconds = staticmethod(time.perf_counter)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


CLOCK = MonotonicClock()


def micros(seconds: float) -> int:
    """A moment as it goes over the wire: whole microseconds."""
    return max(0, round(seconds * 1e6))
