"""A moment that tests move."""

from __future__ import annotations


class Moment:
    """Called like ``time.time``; moves only when told to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds
