"""What one connection may send: bursts are forgiven, floods are not, and no flood is answered by one."""

from __future__ import annotations

from typing import Literal

from worldsdk.runtime.clock import Clock
from worldsdk.server.hooks import Meter

MOST_DROPPED = 200
"""Messages over the allowance that are dropped before the connection is closed."""

NEWS_SECONDS = 1.0
"""Between two errors about the allowance."""

Verdict = Literal["take", "drop", "tell", "close"]


class Allowance:
    """Counts with a ``Meter`` and says what is to be done with a message.

    Attributes:
        takes: counts a message by type and size; whether it is within the allowance.
    """

    def __init__(self, meter: Meter, clock: Clock) -> None:
        self.takes = meter.count
        self._clock = clock
        self._dropped = 0
        self._told = -NEWS_SECONDS

    def judge(self, kind: str, size: int) -> Verdict:
        """``"take"``: within the allowance. Else drop it: silently, with an error (``"tell"``: now and then,
        and for every command, since every command is answered), or with the connection."""
        return "take" if self.takes(kind, size) else self.beyond(kind)

    def beyond(self, kind: str) -> Verdict:
        """The rest of ``judge`` for a message that ``takes`` has refused."""
        self._dropped += 1
        if self._dropped > MOST_DROPPED:
            return "close"
        now = self._clock.monotonic()
        if kind == "command" or now - self._told >= NEWS_SECONDS:
            self._told = now
            return "tell"
        return "drop"
