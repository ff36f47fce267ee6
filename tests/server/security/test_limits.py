"""Numbers at the door: in all, from one address, and before the hello."""

from __future__ import annotations

import pytest

from tests.server.security.clocks import Moment
from worldsdk.errors import RateLimitedError
from worldsdk.server.security.limits import HELLO_SECONDS, ConnectionCount, ConnectionLimits

FEW = ConnectionLimits(total=4, per_address=3, waiting=3, waiting_per_address=2)


def enter(count: ConnectionCount, address: str, *, welcome: bool = True) -> None:
    count.check(address)
    count.opened(address)
    if welcome:
        count.welcomed(address)


def test_one_address_cannot_take_all() -> None:
    count = ConnectionCount(Moment(), FEW)
    for _ in range(3):
        enter(count, "a")
    with pytest.raises(RateLimitedError, match="this address"):
        count.check("a")
    enter(count, "b")
    with pytest.raises(RateLimitedError, match="all the connections"):
        count.check("c")
    count.closed("a")
    enter(count, "c")


def test_strangers_are_fewer_and_pass_with_time() -> None:
    now = Moment()
    count = ConnectionCount(now, FEW)
    enter(count, "a", welcome=False)
    enter(count, "a", welcome=False)
    with pytest.raises(RateLimitedError, match="said hello"):
        count.check("a")
    enter(count, "b", welcome=False)
    with pytest.raises(RateLimitedError, match="said hello"):
        count.check("c")
    # Leaving at once and coming again does not help.
    count.closed("a")
    count.closed("a")
    with pytest.raises(RateLimitedError):
        count.check("a")
    now.pass_(HELLO_SECONDS)
    enter(count, "a")
    assert count.waiting() == 0


def test_nothing_is_remembered_of_those_who_left() -> None:
    now = Moment()
    count = ConnectionCount(now, ConnectionLimits())
    for number in range(1000):
        address = f"10.0.{number // 250}.{number % 250}"
        enter(count, address, welcome=number % 2 == 0)
        count.closed(address)
        now.pass_(0.1)
    now.pass_(HELLO_SECONDS)
    assert (count.total, count.waiting()) == (0, 0)
    assert not count._open and not count._arrivals
