from __future__ import annotations

from worldsdk.runtime.clock import ManualClock
from worldsdk.server.allowance import MOST_DROPPED, NEWS_SECONDS, Allowance


class Stingy:
    """A meter that lets three messages through."""

    left = 3

    def count(self, kind: str, size: int) -> bool:
        self.left -= 1
        return self.left >= 0


def test_a_burst_is_told_once_a_second_and_a_flood_is_closed() -> None:
    clock = ManualClock(5.0)
    allowance = Allowance(Stingy(), clock)
    assert [allowance.judge("input", 10) for _ in range(6)] == ["take"] * 3 + ["tell", "drop", "drop"]
    clock.advance(NEWS_SECONDS)
    assert [allowance.judge("ack", 10) for _ in range(2)] == ["tell", "drop"]
    rest = [allowance.judge("input", 10) for _ in range(MOST_DROPPED)]
    assert rest[-1] == "close"
    assert rest.count("drop") == MOST_DROPPED - 5


def test_every_command_is_answered() -> None:
    allowance = Allowance(Stingy(), ManualClock())
    assert [allowance.judge("command", 10) for _ in range(5)] == ["take"] * 3 + ["tell"] * 2
