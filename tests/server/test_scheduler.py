from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.server.scheduler import PATIENCE_SECONDS, Beats, begin_beats, pick, wake

INF = math.inf


@dataclass(eq=False)
class Fake:
    due: float = INF
    waiting_since: float = INF
    group: int = 1


def chosen(*turns: Fake, now: float = 10.0, fused: bool = True, spare: float = 0.0) -> list[int]:
    picked = pick(turns, now, fused=fused, spare_seconds=spare)
    return [next(i for i, turn in enumerate(turns) if turn is one) for one in picked]


def test_nothing_is_due() -> None:
    assert chosen() == []
    assert chosen(Fake(due=10.1), Fake()) == []


def test_all_that_are_due_share_a_pass_the_earliest_first() -> None:
    assert chosen(Fake(due=9.9), Fake(due=10.5), Fake(due=9.8), Fake(due=10.0)) == [2, 0, 3]


def test_one_at_a_time_where_sharing_saves_nothing() -> None:
    assert chosen(Fake(due=9.9), Fake(due=9.8), fused=False) == [1]


def test_sessions_of_other_quality_wait_for_a_pass_of_their_own() -> None:
    assert chosen(Fake(due=9.7, group=2), Fake(due=9.8, group=1), Fake(due=9.9, group=2)) == [0, 2]


def test_lockstep_takes_the_device_while_real_time_needs_it_not() -> None:
    waiting = Fake(waiting_since=9.99)
    assert chosen(waiting) == [0]
    assert chosen(waiting, Fake(due=10.02), spare=0.0) == [0]
    # Half of the beat is spare, and the pass fits into it even after the moment that is due.
    assert chosen(waiting, Fake(due=10.02), spare=-0.03) == []
    assert chosen(waiting, Fake(due=9.99), spare=1.0) == [1]


def test_lockstep_never_starves() -> None:
    waiting = Fake(waiting_since=10.0 - PATIENCE_SECONDS)
    assert chosen(waiting, Fake(due=9.0), spare=-1.0) == [0]


def test_the_longest_waiting_goes_first() -> None:
    assert chosen(Fake(waiting_since=9.9), Fake(waiting_since=9.8), fused=False) == [1]


@given(
    st.lists(
        st.builds(
            Fake,
            due=st.one_of(st.just(INF), st.floats(5, 15)),
            waiting_since=st.one_of(st.just(INF), st.floats(5, 10)),
        ),
        max_size=6,
    ),
    st.floats(-0.5, 0.5),
    st.booleans(),
)
def test_wake_agrees_with_pick(turns: list[Fake], spare: float, fused: bool) -> None:
    """Whoever sleeps until ``wake`` finds work then, and missed none before."""
    now = 10.0
    moment = wake(turns, now, spare_seconds=spare)
    assert (moment <= now) == bool(pick(turns, now, fused=fused, spare_seconds=spare))
    if now < moment < INF:
        assert pick(turns, moment, fused=fused, spare_seconds=spare)
        between = now + (moment - now) * 0.999
        assert not pick(turns, between, fused=fused, spare_seconds=spare) or between == moment


@given(st.floats(0.001, 1.0), st.lists(st.floats(0.0, 3.0), max_size=50))
def test_beats_keep_their_grid_however_late_they_are_taken(period: float, delays: list[float]) -> None:
    beats = Beats(100.0, period)
    now, counted = 100.0, 0
    for delay in delays:
        now = max(now, beats.due) + delay * period
        beats, due, lost = beats.take(now)
        counted += 1 + lost
        assert due <= now
        assert beats.next == counted
        assert beats.due == pytest.approx(100.0 + counted * period)
        # What was passed over is over: nobody is asked to make it good.
        assert beats.due > now - period * 1e-6


def test_an_hour_of_beats_does_not_drift() -> None:
    beats = Beats(0.0, 1.0 / 35.0)
    for _ in range(3600 * 35):
        beats, due, lost = beats.take(beats.due)
        assert lost == 0
    assert due == pytest.approx(3600.0 - 1.0 / 35.0, abs=1e-9)


def test_aligned_beats_fall_together_whenever_they_began() -> None:
    first, second = (begin_beats(now, 35.0, aligned=True) for now in (12.3456, 12.3501))
    assert first.due >= 12.3456
    grid = {round((first.due + n / 35.0) * 1e6) for n in range(3)}
    assert round(second.due * 1e6) in grid
    assert begin_beats(12.3456, 35.0, aligned=False).due == 12.3456
