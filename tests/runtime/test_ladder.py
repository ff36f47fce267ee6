"""Down at once, up slowly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import SessionError
from worldsdk.runtime.budget import WINDOW, Costs
from worldsdk.runtime.ladder import CLIMB_AFTER, Ladder, rung_of, steps_of


def costs(step_ms: float) -> Costs:
    measured = Costs()
    for _ in range(WINDOW):
        measured.add({"condition": 1.0, "denoise": step_ms, "commit": 1.0, "pixels": 0.0}, 1)
    return measured


def test_it_starts_at_the_top() -> None:
    ladder = Ladder(4)
    assert [rung.steps for rung in ladder.rungs] == [4, 3, 2, 1]
    assert ladder.rung == rung_of(4)


def test_what_is_predicted_not_to_fit_is_left_at_once() -> None:
    ladder = Ladder(4)
    ladder.update(costs(5.0), budget_ms=13.0, missed=False)
    assert ladder.rung.steps == 2
    ladder.update(costs(50.0), budget_ms=13.0, missed=False)
    assert ladder.rung.steps == 1


def test_a_miss_costs_a_rung_or_all_of_them() -> None:
    gentle, harsh = Ladder(4), Ladder(4, to_bottom=True)
    for ladder in (gentle, harsh):
        ladder.update(costs(0.1), budget_ms=30.0, missed=True)
    assert gentle.rung.steps == 3
    assert harsh.rung.steps == 1


def test_it_climbs_one_rung_after_a_while_with_room() -> None:
    ladder = Ladder(3)
    ladder.update(costs(1.0), 30.0, missed=True)
    for _ in range(CLIMB_AFTER - 1):
        ladder.update(costs(1.0), 30.0, missed=False)
        assert ladder.rung.steps == 2
    ladder.update(costs(1.0), 30.0, missed=False)
    assert ladder.rung.steps == 3


def test_a_tight_spell_starts_the_wait_again() -> None:
    ladder = Ladder(2)
    ladder.update(costs(1.0), 30.0, missed=True)
    for _ in range(CLIMB_AFTER - 1):
        ladder.update(costs(1.0), 30.0, missed=False)
    # Two steps of 13 ms would fit 30 ms, but with too little to spare.
    ladder.update(costs(13.0), 30.0, missed=False)
    for _ in range(CLIMB_AFTER - 1):
        ladder.update(costs(1.0), 30.0, missed=False)
        assert ladder.rung.steps == 1
    ladder.update(costs(1.0), 30.0, missed=False)
    assert ladder.rung.steps == 2


def test_it_begins_on_the_best_rung_that_was_measured_to_fit() -> None:
    ladder = Ladder(10, measured={1: 4.0, 2: 7.0, 4: 13.0, 10: 31.0, 12: 40.0})
    assert [rung.steps for rung in ladder.rungs] == [10, 4, 2, 1]
    for budget, steps in ((31.0, 10), (30.0, 4), (12.9, 2), (1.0, 1)):
        ladder.begin(budget)
        assert ladder.rung.steps == steps


def test_a_top_rung_that_was_not_measured_is_tried() -> None:
    ladder = Ladder(3, measured={1: 4.0, 2: 50.0})
    ladder.begin(10.0)
    assert ladder.rung.steps == 3


@given(st.lists(st.tuples(st.floats(0.1, 30.0), st.booleans()), max_size=40), st.integers(1, 6))
def test_it_never_flaps(ticks: list[tuple[float, bool]], top: int) -> None:
    ladder = Ladder(top)
    since_move = 0
    for step_ms, missed in ticks:
        before = ladder.rung.steps
        ladder.update(costs(step_ms), 30.0, missed)
        after = ladder.rung.steps
        assert 1 <= after <= top
        if after > before:
            assert after == before + 1 and since_move >= CLIMB_AFTER - 1
        since_move = 0 if after != before else since_move + 1


def test_names_say_the_steps() -> None:
    assert all(steps_of(rung_of(steps).name) == steps for steps in range(1, 30))
    for bad in ("full", "observed", "0-step", "-step", "3-steps", "3step", ""):
        with pytest.raises(SessionError, match="no rung"):
            steps_of(bad)
