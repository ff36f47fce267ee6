"""How many may stand at the door: connections in all, from one address, and before their hello."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from worldsdk.errors import RateLimitedError

HELLO_SECONDS = 5.0
"""Whoever opened a connection has this long to say hello; an honest client says it at once."""


@dataclass(frozen=True)
class ConnectionLimits:
    """How many connections are taken.

    Attributes:
        total: open ones; each costs about 100 kB of buffers when its client stops reading.
        per_address: from one address; a household or a classroom behind one router fits.
        waiting: that have not been welcomed in the last ``HELLO_SECONDS``, from everywhere: what strangers
            can take up.
        waiting_per_address: the same from one address.
    """

    total: int = 1024
    per_address: int = 256
    waiting: int = 256
    waiting_per_address: int = 32


LOOPBACK_LIMITS = ConnectionLimits(per_address=1024, waiting_per_address=256)
"""Where everybody has the same address, and nobody is a stranger."""


class ConnectionCount:
    """Counts connections by address, from an injected monotonic clock.

    A connection that left without being welcomed still counts as waiting until its ``HELLO_SECONDS`` are
    over. So opening, failing and opening again is slowed down, too.
    """

    def __init__(self, monotonic: Callable[[], float], limits: ConnectionLimits | None = None) -> None:
        self.limits = limits or ConnectionLimits()
        self._monotonic = monotonic
        self._open: Counter[str] = Counter()
        self._arrivals: dict[str, deque[float]] = {}

    @property
    def total(self) -> int:
        return self._open.total()

    def waiting(self, address: str | None = None) -> int:
        """Connections not welcomed yet; from ``address``, or from everywhere."""
        self._forget_old()
        if address is not None:
            return len(self._arrivals.get(address, ()))
        return sum(map(len, self._arrivals.values()))

    def check(self, address: str) -> None:
        """Whether one more from ``address`` may open.

        Raises:
            RateLimitedError: naming what is full.
        """
        limits = self.limits
        for number, limit, what in (
            (self.total, limits.total, "this server has all the connections that it takes"),
            (self._open[address], limits.per_address, "too many connections from this address"),
            (self.waiting(), limits.waiting, "too many connections have not said hello"),
            (
                self.waiting(address),
                limits.waiting_per_address,
                "too many connections from this address have not said hello",
            ),
        ):
            if number >= limit:
                raise RateLimitedError(what, fix="close some, or try again in a few seconds")

    def opened(self, address: str) -> None:
        self._open[address] += 1
        self._arrivals.setdefault(address, deque()).append(self._monotonic())

    def welcomed(self, address: str) -> None:
        """One connection from ``address`` is no stranger any more."""
        arrivals = self._arrivals.get(address)
        if arrivals:
            arrivals.popleft()
            if not arrivals:
                del self._arrivals[address]

    def closed(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            # A counter that keeps a zero for every address that ever came would grow for ever.
            del self._open[address]

    def _forget_old(self) -> None:
        before = self._monotonic() - HELLO_SECONDS
        for address, arrivals in list(self._arrivals.items()):
            while arrivals and arrivals[0] <= before:
                arrivals.popleft()
            if not arrivals:
                del self._arrivals[address]
