"""Token buckets: an even rate with room for bursts, from an injected clock."""

from __future__ import annotations

from collections.abc import Callable

INPUT_RATE = 4.0
"""Inputs per tick: a mouse at 140 Hz on a 35 Hz world. Clients fold what a faster one says."""

INPUT_FLOOR_HZ = 120.0
"""Inputs a second that any world takes: a display's rate, however slow the world."""

COMMAND_HZ = 20.0
"""Commands a second: a rewind key that is held repeats at about that pace."""

CONTROL_HZ = 30.0
"""Pings and other small talk a second."""

BYTES_HZ = 4_000_000.0
"""Bytes a second from one client: input is under 20 kB/s, what is left is for pictures and snapshots."""

BYTES_BURST = 24_000_000.0
"""Two of the largest messages in a row, and a little."""

BURST_SECONDS = 2.0
"""How long a backlog may have piled up in a network and still be taken at once."""

LOCKSTEP_FACTOR = 100.0
"""An agent in lockstep waits for its frame before it sends the next: its own pace bounds it. The limit then
only stops a client that does not wait."""

MALFORMED_HZ = 1.0
"""Messages a second that may be malformed; the protocol ends a connection after a handful anyway."""


class TokenBucket:
    """Lets ``rate`` units a second pass on average, and ``burst`` at once after a rest."""

    def __init__(self, rate: float, burst: float, monotonic: Callable[[], float]) -> None:
        if rate <= 0 or burst <= 0:
            raise ValueError("rate and burst of a bucket are above 0")
        self.rate = rate
        self.burst = burst
        self._monotonic = monotonic
        self._level = burst
        self._at = monotonic()

    def take(self, units: float = 1.0) -> bool:
        """Takes ``units`` if they are there; takes nothing and says False if not."""
        now = self._monotonic()
        self._level = min(self.burst, self._level + max(0.0, now - self._at) * self.rate)
        self._at = now
        if units > self._level:
            return False
        self._level -= units
        return True


def input_hz(rate_hz: float, *, lockstep: bool = False) -> float:
    """Inputs a second that a world of ``rate_hz`` ticks a second takes from one client."""
    return max(INPUT_RATE * rate_hz, INPUT_FLOOR_HZ) * (LOCKSTEP_FACTOR if lockstep else 1.0)


def command_hz(*, lockstep: bool = False) -> float:
    """Commands a second from one client; a tree search in lockstep lives on forks and restores."""
    return COMMAND_HZ * (LOCKSTEP_FACTOR if lockstep else 1.0)


class ConnectionMeter:
    """The allowance of one connection: messages by kind, and bytes. A ``hooks.Meter``."""

    def __init__(self, rate_hz: float, monotonic: Callable[[], float], *, lockstep: bool = False) -> None:
        factor = LOCKSTEP_FACTOR if lockstep else 1.0
        inputs = input_hz(rate_hz, lockstep=lockstep)

        def bucket(rate: float) -> TokenBucket:
            return TokenBucket(rate, max(1.0, rate * BURST_SECONDS), monotonic)

        self._kinds = {
            "input": bucket(inputs),
            # Every frame may be acknowledged, and every input answered by a frame.
            "ack": bucket(inputs),
            "command": bucket(command_hz(lockstep=lockstep)),
            "malformed": TokenBucket(MALFORMED_HZ, 10.0, monotonic),
        }
        self._others = bucket(CONTROL_HZ)
        self._bytes = TokenBucket(BYTES_HZ * factor, BYTES_BURST * factor, monotonic)

    def count(self, kind: str, size: int) -> bool:
        """Whether one more message of ``kind`` and ``size`` bytes is within the allowance."""
        return self._kinds.get(kind, self._others).take() and self._bytes.take(size)
