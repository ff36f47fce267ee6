"""Clocks and beats: absolute, so they never drift."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.runtime.clock import ManualClock, RealClock
from worldsdk.runtime.pacing import Pacer


def test_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(5.0)
    assert clock.monotonic() == clock.monotonic() == 5.0
    clock.advance(1.5)
    clock.sleep_until(6.0)
    assert clock.monotonic() == 6.5
    clock.sleep_until(7.0)
    assert clock.monotonic() == 7.0


def test_real_clock_never_wakes_early() -> None:
    clock = RealClock()
    for wait in (0.0, 0.0001, 0.004):
        moment = clock.monotonic() + wait
        clock.sleep_until(moment)
        assert clock.monotonic() >= moment
    before = clock.monotonic()
    clock.sleep_until(before - 1.0)
    assert clock.monotonic() - before < 0.5


def test_an_hour_of_beats_does_not_drift() -> None:
    clock = ManualClock(1234.5)
    pacer = Pacer(clock, 1 / 35)
    work = random.Random(0)
    for index in range(35 * 3600):
        beat = pacer.wait()
        assert (beat.index, beat.lost) == (index, 0)
        assert clock.now == beat.due
        clock.advance(work.uniform(0.0, 0.028))
    assert beat.due == 1234.5 + (35 * 3600 - 1) * (1 / 35)


def test_a_late_beat_does_not_shift_the_next() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, 0.1)
    pacer.wait()
    clock.advance(0.15)
    late = pacer.wait()
    assert (late.index, late.due, late.lost) == (1, 0.1, 0)
    assert clock.now == 0.15
    assert pacer.wait().due == clock.now == 0.2


def test_beats_that_passed_are_counted_and_skipped() -> None:
    clock = ManualClock()
    pacer = Pacer(clock, 0.1)
    pacer.wait()
    clock.advance(0.45)
    beat = pacer.wait()
    assert (beat.index, beat.lost) == (4, 3)
    assert pacer.wait().index == 5


@given(st.floats(1e-3, 1.0), st.lists(st.floats(0.0, 5.0), max_size=40))
def test_every_beat_is_handed_out_or_counted_lost(period: float, works: list[float]) -> None:
    clock = ManualClock(17.0)
    pacer = Pacer(clock, period)
    expected = 0
    for work in works:
        beat = pacer.wait()
        assert beat.index == expected + beat.lost
        # Now lies within the beat: it has begun, and (but for rounding) not ended.
        assert beat.due <= clock.now <= beat.due + period * (1 + 1e-9)
        expected = beat.index + 1
        clock.advance(work * period)
    assert clock.now <= 17.0 + period * (expected + sum(works)) + 1e-6


@pytest.mark.parametrize("lateness", [0.0, 1e-12, 0.1 - 1e-12, 0.1])
def test_a_beat_on_the_edge_is_not_lost(lateness: float) -> None:
    clock = ManualClock()
    pacer = Pacer(clock, 0.1)
    pacer.wait()
    clock.now = 0.1 + lateness
    beat = pacer.wait()
    assert beat.due <= clock.now
    assert beat.index == 1 + beat.lost
