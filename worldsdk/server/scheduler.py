"""Whose turn it is on the device: a pure decision from due moments, without waiting or measuring.

Real-time sessions have absolute due moments, so that being late once never shifts the next. Lockstep sessions
have none: they take the device whenever that makes no real-time session late, and never wait longer than
``PATIENCE_SECONDS`` for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

PATIENCE_SECONDS = 0.5
"""After this a lockstep session gets its turn even if a real-time one is late once for it."""


class Turn(Protocol):
    """What the scheduler looks at in a session."""

    @property
    def due(self) -> float:
        """Moment in seconds from which it wants its next tick; infinite where it wants none."""

    @property
    def waiting_since(self) -> float:
        """Lockstep: since when an input waits; infinite where none does, or in real time."""

    @property
    def group(self) -> int:
        """Only sessions of equal group (number of denoising steps) can share a pass."""


T = TypeVar("T", bound=Turn)


@dataclass(frozen=True)
class Beats:
    """The beats of one session: number ``n`` is due at ``origin + n * period`` exactly.

    Attributes:
        origin: moment of beat 0 in seconds. period: seconds between beats.
        next: index of the beat that comes next.
    """

    origin: float
    period: float
    next: int = 0

    @property
    def due(self) -> float:
        return self.origin + self.next * self.period

    def take(self, now: float) -> tuple[Beats, float, int]:
        """Uses the beat that runs at ``now``.

        Returns:
            the beats after it, the moment it was due, and how many before it had passed entirely.
        """
        lost = max(0, math.floor((now - self.due) / self.period))
        # Division may round up to a beat that begins a hair later than now.
        if lost and self.origin + (self.next + lost) * self.period > now:
            lost -= 1
        index = self.next + lost
        return Beats(self.origin, self.period, index + 1), self.origin + index * self.period, lost


def begin_beats(now: float, rate_hz: float, *, aligned: bool) -> Beats:
    """Beats from ``now`` on; ``aligned`` ones of equal rate fall due together, whenever they began."""
    period = 1.0 / rate_hz
    if not aligned:
        return Beats(now, period)
    return Beats(0.0, period, math.ceil(now / period))


def pick(turns: Iterable[T], now: float, *, fused: bool, spare_seconds: float) -> list[T]:
    """The sessions to step now, together; none where nothing is to be done yet.

    Args:
        fused: whether sharing a pass saves time. Where it does not, one session goes at a time, the earliest
            first, so that nobody waits for a stranger's picture.
        spare_seconds: how much later than due a real-time session may start and still be in time, less the
            time of one lockstep pass; negative where such a pass must begin well before the next is due.
    """
    due: list[T] = []
    waiting: list[T] = []
    first_due = math.inf
    for turn in turns:
        moment = turn.due
        first_due = min(first_due, moment)
        if moment <= now:
            due.append(turn)
        elif turn.waiting_since <= now:
            waiting.append(turn)
    if len(waiting) > 1:
        waiting.sort(key=lambda turn: turn.waiting_since)
    starving = bool(waiting) and now - waiting[0].waiting_since >= PATIENCE_SECONDS
    if due and not starving:
        chosen = sorted(due, key=lambda turn: turn.due)
    elif waiting and (starving or now <= first_due + spare_seconds):
        chosen = waiting
    else:
        return []
    if not fused:
        return chosen[:1]
    return [t for t in chosen if t.group == chosen[0].group]


def wake(turns: Iterable[Turn], now: float, *, spare_seconds: float) -> float:
    """The first moment from ``now`` on at which ``pick`` has something to do; infinite for never."""
    due = waiting = math.inf
    for turn in turns:
        due = min(due, turn.due)
        waiting = min(waiting, turn.waiting_since)
    if waiting == math.inf:
        return max(now, due)
    if now <= due + spare_seconds:
        return now
    return max(now, min(due, waiting + PATIENCE_SECONDS))
