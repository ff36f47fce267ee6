"""Allowances: bursts pass, floods do not, and time gives back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.security.clocks import Moment
from worldsdk.server.security.rate import BYTES_BURST, ConnectionMeter, TokenBucket, command_hz, input_hz


def test_a_burst_then_an_even_rate() -> None:
    now = Moment(0.0)
    bucket = TokenBucket(10.0, 5.0, now)
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now.pass_(0.1)
    assert bucket.take() and not bucket.take()
    now.pass_(1000.0)
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 20)), max_size=40))
def test_never_more_than_burst_and_rate_allow(steps: list[tuple[float, int]]) -> None:
    now = Moment(0.0)
    bucket = TokenBucket(7.0, 11.0, now)
    passed = 0
    for wait, tries in steps:
        now.pass_(wait)
        passed += sum(bucket.take() for _ in range(tries))
        assert passed <= 11.0 + 7.0 * now() + 1e-6


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    now = Moment(100.0)
    bucket = TokenBucket(1.0, 1.0, now)
    assert bucket.take()
    now.pass_(-50.0)
    assert not bucket.take()


@pytest.mark.parametrize("rate, burst", [(0, 1), (1, 0), (-1, 1)])
def test_a_bucket_without_room_is_a_mistake(rate: float, burst: float) -> None:
    with pytest.raises(ValueError):
        TokenBucket(rate, burst, Moment())


def test_an_honest_player_never_meets_the_limits() -> None:
    now = Moment(0.0)
    meter = ConnectionMeter(35.0, now)
    for tick in range(35 * 60):
        now.pass_(1 / 35)
        for _ in range(4):
            assert meter.count("input", 200)
        assert meter.count("ack", 40)
        if tick % 35 == 0:
            assert meter.count("ping", 20) and meter.count("command", 60)


@pytest.mark.parametrize("kind", ["input", "ack", "command", "ping", "malformed", "anything"])
def test_a_flood_of_any_kind_is_stopped(kind: str) -> None:
    meter = ConnectionMeter(35.0, Moment(0.0))
    passed = sum(meter.count(kind, 10) for _ in range(10_000))
    assert 5 <= passed <= 400


def test_bytes_are_counted_whatever_carries_them() -> None:
    now = Moment(0.0)
    meter = ConnectionMeter(35.0, now)
    assert meter.count("command", int(BYTES_BURST))
    assert not meter.count("input", 100)
    now.pass_(1.0)
    assert meter.count("input", 100)


def test_an_agent_in_lockstep_is_bounded_by_its_own_pace() -> None:
    assert input_hz(35.0) == 140.0 and input_hz(10.0) == 120.0
    assert input_hz(35.0, lockstep=True) >= 10_000
    assert command_hz(lockstep=True) >= 500
    meter = ConnectionMeter(35.0, Moment(0.0), lockstep=True)
    assert all(meter.count("input", 200) for _ in range(20_000))
    assert sum(meter.count("input", 0) for _ in range(100_000)) < 20_000
