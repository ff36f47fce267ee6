"""What every family must keep: the contract of ``models/interface.py``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from tests.models.samples import FAMILIES, context, tick
from worldsdk.models.interface import WorldModel

Make = Callable[[], WorldModel]


@pytest.fixture(params=sorted(FAMILIES))
def model(request: pytest.FixtureRequest) -> WorldModel:
    return FAMILIES[request.param]()


def _clone(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in state.items()}


@torch.inference_mode()
def test_output_has_the_shapes_and_ranges_that_the_spec_says(model: WorldModel) -> None:
    spec = model.spec
    state = model.start(context(model))
    state, output = tick(model, state, torch.zeros(2, spec.controls))
    assert output.pixels.shape == (2, spec.height, spec.width, 3)
    assert output.pixels.dtype == torch.uint8
    assert output.variables.shape == (2, len(spec.variables))
    assert output.reward.shape == output.ended.shape == (2,)
    assert bool(((output.ended >= 0) & (output.ended <= 1)).all())
    for row in range(2):
        made = {name: layer[row].numpy() for name, layer in output.layers.items()}
        derived = model.derive(made, {name: clue[row].numpy() for name, clue in output.clues.items()})
        assert [*made, *derived] == [layer.name for layer in spec.layers]
        for layer in spec.layers:
            values = {**made, **derived}[layer.name]
            assert values.shape == (spec.height, spec.width) and values.dtype == np.float32
            assert layer.low <= float(values.min()) and float(values.max()) <= layer.high


@torch.inference_mode()
def test_a_tick_leaves_the_old_state_alone_and_keeps_every_size(model: WorldModel) -> None:
    state = model.start(context(model))
    before = _clone(state)
    for number in range(8):
        after, _ = tick(model, state, torch.ones(2, model.spec.controls), seed=number)
        assert {n: (v.shape, v.dtype) for n, v in after.items()} == {
            n: (v.shape, v.dtype) for n, v in state.items()
        }
        for name, value in before.items():
            assert torch.equal(state[name], value), name
        state, before = after, _clone(after)


@torch.inference_mode()
def test_start_is_a_pure_function_that_owns_its_memory(model: WorldModel) -> None:
    moment = context(model)
    first = model.start(moment)
    kept = _clone(first)
    moment.pixels.zero_()
    for name, value in kept.items():
        assert torch.equal(first[name], value), name


@torch.inference_mode()
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_batch_rows_do_not_meet(model: WorldModel, steps: int) -> None:
    """Each row of a batch is, to rounding, what it is alone."""
    moment = context(model, batch=3)
    controls = torch.linspace(-1, 1, 3 * model.spec.controls).view(3, -1)
    draw = torch.Generator().manual_seed(5)
    drawn = [torch.randn((3, *model.spec.noise_shape), generator=draw) for _ in range(steps)]

    def run(rows: slice) -> torch.Tensor:
        state = {n: v[rows] for n, v in model.start(moment).items()}
        condition = model.condition(state, controls[rows])
        estimate = None
        for step in range(steps):
            estimate = model.denoise(condition, estimate, drawn[step][rows], step, steps)
        assert estimate is not None
        return estimate

    whole = run(slice(0, 3))
    for row in range(3):
        torch.testing.assert_close(run(slice(row, row + 1)), whole[row : row + 1], rtol=1e-3, atol=1e-4)


@torch.inference_mode()
def test_an_observed_frame_is_remembered_as_it_is(model: WorldModel) -> None:
    state = model.start(context(model))
    seen = torch.randint(0, 256, (2, model.spec.height, model.spec.width, 3), dtype=torch.uint8)
    after, output = model.observe(state, seen, torch.zeros(2, model.spec.controls))
    assert torch.equal(output.pixels, seen)
    if "frames" not in after:  # a family that never looks at past frames keeps none
        return
    rows = torch.arange(2)
    assert torch.equal(after["frames"][rows, after["clock"] % model.spec.history], seen)


@torch.inference_mode()
def test_controls_and_history_both_matter(model: WorldModel) -> None:
    # Fresh residual branches start at zero: give them weights so that every path is open.
    torch.manual_seed(1)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.05)
    moment = context(model)
    state = model.start(moment)
    _, still = tick(model, state, torch.zeros(2, model.spec.controls))
    _, moved = tick(model, state, torch.ones(2, model.spec.controls))
    assert not torch.equal(still.pixels, moved.pixels)
    _, other = tick(model, model.start(context(model, seed=9)), torch.zeros(2, model.spec.controls))
    assert not torch.equal(still.pixels, other.pixels)
