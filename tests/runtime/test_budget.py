"""Predictions rest on measurements; the gate spends what is left and no more."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.runtime.budget import WINDOW, Costs, Gate
from worldsdk.runtime.clock import ManualClock


def measured(condition: float = 2.0, step: float = 5.0, commit: float = 3.0, pixels: float = 1.0) -> Costs:
    costs = Costs()
    for _ in range(WINDOW):
        stages = {"condition": condition, "denoise": 2 * step, "commit": commit, "pixels": pixels}
        costs.add(stages, steps=2)
    return costs


def test_a_tick_is_predicted_from_its_stages() -> None:
    costs = measured()
    assert costs.of("denoise") == 5.0
    assert costs.after_steps == 4.0
    assert costs.tick(1) == 11.0
    assert costs.tick(3) == 21.0


def test_without_measurements_nothing_is_promised() -> None:
    costs = Costs()
    assert not costs.measured
    assert math.isinf(costs.tick(1))
    gate = Gate(costs, ManualClock(), deadline=1e9, budget_ms=1e12)
    assert not gate.another()


@given(st.lists(st.floats(0.1, 100.0), min_size=1, max_size=3 * WINDOW))
def test_the_prediction_covers_nearly_all_recent_ticks(history: list[float]) -> None:
    costs = Costs()
    for cost in history:
        costs.add({"commit": cost}, 1)
    recent = history[-WINDOW:]
    predicted = costs.of("commit")
    assert predicted in recent
    assert sum(cost > predicted for cost in recent) <= 0.05 * len(recent)


def test_a_slow_spell_is_believed_soon_and_forgotten_late() -> None:
    costs = measured(step=5.0)
    for _ in range(4):
        costs.add({"denoise": 20.0}, 1)
    assert costs.of("denoise") == 20.0
    for _ in range(WINDOW - 4):
        costs.add({"denoise": 5.0}, 1)
        assert costs.of("denoise") == 20.0
    for _ in range(4):
        costs.add({"denoise": 5.0}, 1)
    assert costs.of("denoise") == 5.0


@pytest.mark.parametrize(("spent_ms", "fits"), [(0.0, True), (10.999, True), (11.001, False), (30.0, False)])
def test_another_step_is_let_through_only_if_all_that_follows_fits(spent_ms: float, fits: bool) -> None:
    clock = ManualClock(100.0)
    gate = Gate(measured(), clock, deadline=100.020, budget_ms=20.0)
    clock.advance(spent_ms / 1000.0)
    # One step of 5 ms, then 4 ms to commit and hand over.
    assert gate.another() == fits


def test_a_gate_that_spares_nothing_lets_every_step_through() -> None:
    clock = ManualClock()
    gate = Gate(measured(), clock, deadline=0.020, budget_ms=20.0, spare=False)
    clock.advance(1.0)
    assert gate.another()
    assert not gate.met()


def test_the_deadline_is_met_up_to_its_very_moment() -> None:
    clock = ManualClock()
    gate = Gate(measured(), clock, deadline=1.0, budget_ms=20.0)
    clock.advance(1.0)
    assert gate.met()
    clock.advance(1e-9)
    assert not gate.met()
