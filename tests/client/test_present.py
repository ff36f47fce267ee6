"""The schedule of pictures: evenly made frames are evenly shown, whatever the way does to them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.client.present import (
    GAP_SECONDS,
    LONGEST_DELAY_BEATS,
    LONGEST_DELAY_SECONDS,
    MARGIN_SECONDS,
    WAITING,
    FrameLead,
    Presenter,
)

PERIOD = 0.02
WAY = 3.0
"""Of the server's clock from the client's, and the least time on the way, in one."""


def play(arrivals, period=PERIOD, step=0.001):
    """Shows frames 0, 1, ... that come so many seconds late; returns [(shown at, frame)], the presenter."""
    presenter = Presenter(period)
    due = []
    for index, late in enumerate(arrivals):
        # A stream keeps its order.
        due.append((max([WAY + index * period + late, *(at for at, _ in due[-1:])]), index))
    shown, now = [], WAY
    while now < WAY + (len(arrivals) + 5) * period + max(arrivals):
        while due and due[0][0] <= now:
            arrived, index = due.pop(0)
            presenter.add(index, round(index * period * 1e6), arrived)
        frame = presenter.take(now)
        if frame is not None:
            shown.append((now, frame))
        now += step
    return shown, presenter


def test_a_steady_way_delays_nothing():
    shown, presenter = play([0.0] * 50)
    assert [frame for _, frame in shown] == list(range(50))
    assert presenter.delay == 0.0 and presenter.late == presenter.dropped == 0


def test_jitter_is_evened_out_once_it_is_known():
    arrivals = [0.008 * (index % 3) / 2 for index in range(200)]
    shown, presenter = play(arrivals)
    gaps = [b[0] - a[0] for a, b in pairwise(shown[50:])]
    assert presenter.delay == pytest.approx(0.008, abs=0.001)
    assert max(gaps) - min(gaps) <= 0.0021 and presenter.dropped == 0


def test_one_hitch_is_late_and_its_followers_are_dropped_not_queued():
    arrivals = [0.0] * 100 + [0.1, 0.08, 0.06, 0.04, 0.02] + [0.0] * 100
    shown, presenter = play(arrivals)
    assert presenter.dropped >= 3
    # The frame that came on time is not shown later than it would have been without the hitch.
    last = {frame: at for at, frame in shown}[204]
    assert last - (WAY + 204 * PERIOD) <= 0.005


def test_delay_is_bounded_and_shrinks_again():
    rough = [0.2 * (index % 2) for index in range(100)]
    _, presenter = play(rough)
    assert presenter.delay <= LONGEST_DELAY_BEATS * PERIOD
    _, presenter = play([0.2 * (index % 2) for index in range(20)], period=0.25)
    assert presenter.delay == pytest.approx(LONGEST_DELAY_SECONDS)
    _, presenter = play([0.01 * (index % 2) for index in range(30)] + [0.0] * 700)
    assert presenter.delay == pytest.approx(0.0, abs=1e-9)


def test_a_hitch_at_the_beginning_is_no_habit_of_the_way():
    _, presenter = play([0.0, 0.0, 0.9 * PERIOD] + [0.0] * 15)
    assert presenter.delay == 0.0


def test_a_beat_without_a_frame_is_held_once():
    presenter = Presenter(PERIOD)
    presenter.add("a", 0, 1.0)
    assert presenter.take(1.0) == "a" and presenter.overdue(1.0) == 0.0
    assert not presenter.hold(1.0 + 1.2 * PERIOD)
    assert presenter.overdue(1.0 + 1.4 * PERIOD) == pytest.approx(0.4)
    assert presenter.hold(1.0 + 1.6 * PERIOD) and not presenter.hold(1.0 + 1.7 * PERIOD)
    assert presenter.hold(1.0 + 2.6 * PERIOD) and presenter.held == 2
    presenter.add("b", 20_000, 1.0 + 2.7 * PERIOD)
    assert presenter.overdue(1.0 + 2.7 * PERIOD) == 0.0
    assert presenter.take(1.0 + 10 * PERIOD) == "b" and presenter.late == 1


def test_a_gap_forgets_what_was_learnt():
    presenter = Presenter(PERIOD)
    presenter.add("a", 0, 1.0)
    presenter.take(1.0)
    # The world stood still, and the way has become longer: measured against the old way all would be late.
    stamp = round((GAP_SECONDS + 1.0) * 1e6)
    presenter.add("b", stamp, 7.0)
    assert presenter.next_due() == pytest.approx(7.0)
    assert presenter.take(7.0) == "b" and presenter.late == 0


def test_what_is_never_asked_for_does_not_pile_up():
    presenter = Presenter(PERIOD)
    for index in range(50):
        presenter.add(index, index * 20_000, 1.0 + index * PERIOD)
    assert presenter.dropped == 50 - WAITING
    assert presenter.take(100.0) == 49 and presenter.dropped == 49


@given(st.lists(st.floats(0.0, 0.3), min_size=1, max_size=60))
def test_frames_are_shown_in_order_never_before_they_came_and_each_at_most_once(arrivals):
    # Streams keep their order: what is behind a late frame is late too.
    lateness, ordered = 0.0, []
    for late in arrivals:
        lateness = max(late, lateness - PERIOD)
        ordered.append(lateness)
    shown, presenter = play(ordered)
    frames = [frame for _, frame in shown]
    assert frames == sorted(set(frames)) and frames[-1] == len(arrivals) - 1
    assert len(frames) + presenter.dropped == len(arrivals)
    for at, frame in shown:
        assert at >= WAY + frame * PERIOD + ordered[frame] - MARGIN_SECONDS - 1e-9


def test_an_engine_looks_half_of_its_frame_ahead_and_never_more_than_half_a_tick():
    lead = FrameLead(0.05)
    assert lead.at(3.0) == 0.0
    for frame in range(1, 60):
        ahead = lead.at(3.0 + 0.016 * frame)
    assert ahead == pytest.approx(0.008, rel=0.01)
    # It stood still while a level was loaded.
    for hang in range(60):
        ahead = lead.at(10.0 + hang)
    assert ahead == pytest.approx(0.025, rel=0.01) and ahead <= 0.025
