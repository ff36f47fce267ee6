"""How many sessions the device can carry, from what passes did cost; and the line of those who must wait."""

from __future__ import annotations

import math
from collections import OrderedDict, deque

FULL = 0.85
"""Share of the device's time that admitted real-time sessions may need. The rest absorbs slow ticks, lockstep
sessions, and snapshots."""

WINDOW = 64
"""Passes of each size that a prediction rests on: about two seconds of play."""

QUANTILE = 0.95

RANK_EVERY = 8
"""Measurements between two new predictions: a quarter of a second of play."""

RETRY_MS = 2000
"""When a refused visitor may ask again: sessions end every few minutes, so sooner would be noise."""

LINE_MEMORY = 3.0
"""A place in line is kept for this many retry intervals."""

LINE_LENGTH = 256
"""Most places that are remembered; later visitors are told this one."""


class Capacity:
    """Measured cost of passes by number of sessions, and what one more session would need.

    Args:
        fused: whether sessions share passes; if not, each costs a pass of its own.
        most: sessions that are let in at the very most.
    """

    def __init__(self, *, fused: bool, most: int) -> None:
        self.fused = fused
        self.most = most
        self._measured: dict[int, deque[float]] = {}
        self._predicted: dict[int, float] = {}
        self._count = 0

    def add(self, sessions: int, cost_ms: float) -> None:
        """Takes the cost of one pass of so many sessions."""
        measured = self._measured.get(sessions)
        if measured is None:
            measured = self._measured[sessions] = deque(maxlen=WINDOW)
        measured.append(cost_ms)
        self._count += 1
        # Ranking every time would cost a tenth of what a small world's pass does.
        if len(measured) < RANK_EVERY or self._count % RANK_EVERY == 0:
            ranked = sorted(measured)
            self._predicted[sessions] = ranked[math.ceil(QUANTILE * len(ranked)) - 1]

    def pass_ms(self, sessions: int) -> float:
        """Predicted ms of one pass of so many; 0 before any measurement.

        Sizes never measured lie on the line through the nearest measured ones; beyond a single measured
        size, every further session is taken to cost as much as its share there.
        """
        found = self._predicted.get(sessions)
        if found is not None:
            return found
        # A copy: the device thread adds sizes while the event loop asks.
        known = dict(self._predicted)
        if not known or sessions < 1:
            return 0.0
        sizes = sorted(known, key=lambda size: abs(size - sessions))
        if len(sizes) == 1:
            return known[sizes[0]] * max(1.0, sessions / sizes[0])
        near, far = sizes[0], sizes[1]
        slope = max(0.0, (known[far] - known[near]) / (far - near))
        return max(0.0, known[near] + slope * (sessions - near))

    def utilisation(self, rates_hz: list[float]) -> float:
        """Share of the device's time that real-time sessions of these rates need."""
        if not rates_hz:
            return 0.0
        if self.fused:
            return self.pass_ms(len(rates_hz)) * max(rates_hz) / 1000.0
        return self.pass_ms(1) * sum(rates_hz) / 1000.0

    def fits(self, rates_hz: list[float], sessions: int, rate_hz: float) -> bool:
        """Whether one more session can be let in.

        Args:
            rates_hz: ticks per second of the real-time sessions that run. sessions: of all kinds, live now.
            rate_hz: of the one more; 0 for lockstep, which takes what is left.
        """
        if sessions >= self.most:
            return False
        if rate_hz == 0.0 or not rates_hz:
            # The first player is let in however slow the machine: fewer frames beat none.
            return True
        return self.utilisation([*rates_hz, rate_hz]) <= FULL


class Line:
    """Those who were refused and may come again, in order of arrival.

    Nobody is kept waiting on a socket: a visitor who comes again within a few retry intervals still has the
    old place.
    """

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    def position(self, visitor: str, now: float) -> int:
        """The place of ``visitor``, from 1, taken or kept at the moment ``now`` (seconds)."""
        self._forget(now)
        if visitor in self._until or len(self._until) < LINE_LENGTH:
            self._until[visitor] = now + LINE_MEMORY * RETRY_MS / 1000.0
        for place, name in enumerate(self._until, 1):
            if name == visitor:
                return place
        return LINE_LENGTH

    def may_enter(self, visitor: str, now: float, places: int) -> bool:
        """Whether ``visitor`` is among the first ``places`` of those who wait, itself included."""
        self._forget(now)
        for place, name in enumerate(self._until, 1):
            if name == visitor:
                return place <= places
        return len(self._until) < places

    def leave(self, visitor: str) -> None:
        """Gives the place up: it was let in."""
        self._until.pop(visitor, None)

    def _forget(self, now: float) -> None:
        for name in [name for name, until in self._until.items() if until <= now]:
            del self._until[name]
