"""One tick of a batch: stages, budgets, and telling a bad row from its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support import TinyModel, tiny_model, tiny_starts
from worldsdk.models.interface import Condition, Output, State
from worldsdk.runtime import engine
from worldsdk.runtime.budget import Costs, Gate
from worldsdk.runtime.clock import ManualClock
from worldsdk.runtime.engine import Request
from worldsdk.runtime.shares import own

MODEL = tiny_model()
STARTS = tiny_starts(MODEL.spec)
REST = np.zeros(3, np.float32)


def begun(index: int = 0) -> State:
    return engine.begin(MODEL, STARTS.select(index))


def test_a_pass_leaves_its_inputs_alone() -> None:
    state = begun()
    before = {name: tensor.clone() for name, tensor in state.items()}
    engine.advance(MODEL, [Request(state, REST, 0, 1)], 3)
    assert all(torch.equal(tensor, before[name]) for name, tensor in state.items())


def test_stages_add_up() -> None:
    _, cost = engine.advance(MODEL, [Request(begun(), REST, 0, 1)], 3)
    assert list(cost.stages) == ["condition", "denoise", "commit", "pixels"]
    assert sum(cost.stages.values()) == pytest.approx(cost.total_ms)
    assert cost.steps == 3


def test_a_limit_stops_early_with_the_schedule_of_the_whole() -> None:
    request = Request(begun(), REST, 0, 1)
    (stopped,), cost = engine.advance(MODEL, [request], 4, limit=2)
    (short,), _ = engine.advance(MODEL, [request], 2)
    assert cost.steps == 2
    assert not np.array_equal(stopped.pixels, short.pixels)
    assert engine.advance(MODEL, [request], 2, limit=9)[1].steps == 2


def test_a_shut_gate_still_lets_one_step_through() -> None:
    clock = ManualClock()
    gate = Gate(Costs(), clock, deadline=-1.0, budget_ms=1.0)
    (row,), cost = engine.advance(MODEL, [Request(begun(), REST, 0, 1)], 4, gate=gate, clock=clock)
    assert cost.steps == 1 and row.sane


def test_rows_are_the_sessions_own() -> None:
    requests = [Request(begun(index), REST, seed, 1) for index, seed in ((0, 1), (1, 1), (0, 2))]
    rows, _ = engine.advance(MODEL, requests, 2)
    for row, request in zip(rows, requests, strict=True):
        (alone,), _ = engine.advance(MODEL, [request], 2)
        assert np.abs(row.pixels.astype(int) - alone.pixels).max() <= 1
        assert {name: t.shape for name, t in row.state.items()} == {
            name: t.shape for name, t in own(request.memory).items()
        }
        # A row must not keep its neighbours' memory alive.
        assert all(t.untyped_storage().nbytes() == t.nbytes for t in row.state.values())
    assert not np.array_equal(rows[0].pixels, rows[2].pixels)


def test_results_cannot_be_written_to() -> None:
    (row,), _ = engine.advance(MODEL, [Request(begun(), REST, 0, 1)], 1)
    for array in (row.pixels, row.layers["depth"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("name", ["frames", "pose"])
def test_a_bad_row_is_told_from_its_neighbours(bad: float, name: str) -> None:
    states = [begun(0), begun(1), begun(2)]
    spoilt = dict(states[1])
    spoilt[name] = states[1][name].clone()
    spoilt[name].view(-1)[-1] = bad
    states[1] = spoilt
    rows, _ = engine.advance(MODEL, [Request(state, REST, 0, 1) for state in states], 1)
    assert [row.sane for row in rows] == [True, False, True]


def test_memory_that_was_vetted_and_passed_on_is_not_looked_at_again() -> None:
    class Keeps(TinyModel):
        def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
            made, output = super().commit(state, condition, estimate)
            return {**made, "kept": state["kept"]}, output

    model = Keeps()
    state = {**begun(), "kept": torch.full((1, 2), torch.nan)}
    for vetted, fine in ((False, False), (True, True)):
        (row,), _ = engine.advance(model, [Request(state, REST, 0, 1, vetted)], 1)
        assert row.sane is fine
    fresh = {**state, "kept": torch.zeros(1, 2), "pose": torch.full_like(state["pose"], torch.nan)}
    (row,), _ = engine.advance(model, [Request(fresh, REST, 0, 1, vetted=True)], 1)
    assert not row.sane


def test_an_observed_frame_is_shown_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    row, cost = engine.observe(MODEL, begun(), pixels, REST)
    assert np.array_equal(row.pixels, pixels)
    assert cost.steps == 0 and isinstance(MODEL, TinyModel)
