"""Motion over the ground: the kinematics that are known, and what follows from where one is."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.models.samples import context, driven, tick
from worldsdk.models.convnet import OverheadModel
from worldsdk.models.convnet.ground import NEVER


def state(**values: float) -> Tensor:
    """Variables [1, V] of a driven world, zero where not given."""
    return torch.tensor([[values.get(v.name, 0.0) for v in driven().spec.variables]])


def shaken(seed: int = 3) -> OverheadModel:
    """With weights everywhere, so that nothing holds by accident."""
    model = driven()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.motion.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model


@torch.inference_mode()
def move(model: OverheadModel, before: Tensor, *controls: float) -> Tensor:
    held = torch.zeros(1, model.spec.controls)
    held[0, : len(controls)] = torch.tensor(controls)
    after: Tensor = model.motion(before, held, model.ground.under(before))
    return after


@pytest.mark.parametrize("heading", [0.0, 1.0, math.pi / 2.0, -3.1])
def test_untaught_it_coasts_along_its_heading(heading: float) -> None:
    before = state(x=20.0, heading=heading, speed=10.0, sideways=2.0)
    after = move(driven(), before)[0]
    cos, sin = math.cos(heading), math.sin(heading)
    assert float(after[0]) == pytest.approx(20.0 + 0.04 * (10.0 * cos - 2.0 * sin), abs=1e-4)
    assert float(after[1]) == pytest.approx(0.04 * (10.0 * sin + 2.0 * cos), abs=1e-4)
    assert float(after[2]) == pytest.approx(heading, abs=1e-5)


def test_it_turns_by_its_yaw_rate_and_wraps() -> None:
    after = move(driven(), state(x=20.0, heading=3.1, yaw_rate=2.0, speed=5.0))[0]
    assert float(after[2]) == pytest.approx(3.1 + 0.08 - 2.0 * math.pi, abs=1e-5)


def test_what_stands_undriven_stands_whatever_was_learnt() -> None:
    model = shaken()
    before = state(x=20.0, y=1.0, heading=0.5)
    # Throttles close where nobody holds them: whatever was learnt of that is not the point here.
    model.motion.decide[-1].bias.data[3 + 3] = -1e6  # type: ignore[operator]
    for _ in range(50):
        before = move(model, before, 0.0, 1.0, -1.0)
    # The bound of every variable's range holds, too.
    assert before[0, :3].tolist() == pytest.approx([20.0, 1.0, 0.5], abs=1e-6)
    moving = [3, 4, 5, 7]
    assert before[0, moving].tolist() == [0.0] * 4
    # Driven, it goes.
    model.motion.decide[-1].bias.data[3 + 3] = 0.0  # type: ignore[operator]
    assert float(move(model, state(x=20.0, throttle=0.5))[0, moving].abs().max()) > 0.0


def test_what_hardly_moves_comes_to_rest_unless_it_is_driven() -> None:
    model = driven()
    model.motion.stride.fill_(1.0)
    creeping = state(x=20.0, speed=0.2, sideways=-0.1, yaw_rate=0.2, wheels=0.2)
    assert move(model, creeping)[0, [3, 4, 5, 7]].tolist() == [0.0] * 4
    for lively in ({"speed": 0.3}, {"speed": 0.2, "wheels": 0.4}, {"speed": 0.2, "throttle": 0.2}):
        assert float(move(model, state(x=20.0, **lively))[0, 3]) == pytest.approx(lively["speed"])


def test_variables_stay_in_their_ranges() -> None:
    model = shaken()
    model.motion.stride.fill_(1e3)
    before = state(x=39.9, y=19.9, speed=50.0, throttle=1.0)
    for number in range(20):
        before = move(model, before, 1.0 * number, -1.0)
        for value, variable in zip(before[0].tolist(), model.spec.variables, strict=True):
            assert variable.low - 1e-4 <= value <= variable.high + 1e-4, variable.name


@torch.inference_mode()
def test_it_ends_beyond_the_verge_and_pays_by_the_metre() -> None:
    model = shaken()
    model.ground.away.copy_(torch.arange(41.0).expand(41, -1))
    model.ground.verge.fill_(30.0)
    before, near, far = state(x=10.0), state(x=10.5), state(x=33.0)
    under = model.ground.under(near)
    _, end_near = model.motion.outcome(before, near, under, model.ground)
    _, end_far = model.motion.outcome(before, far, under, model.ground)
    assert float(end_near.sigmoid()) < 1e-4 and float(end_far.sigmoid()) > 1.0 - 1e-4
    still, _ = model.motion.outcome(near, near, under, model.ground)
    once, _ = model.motion.outcome(before, near, under, model.ground)
    twice, _ = model.motion.outcome(state(x=9.5), near, under, model.ground)
    assert float(still) == pytest.approx(float(model.motion.costs), abs=1e-6)
    assert float(twice - still) == pytest.approx(2.0 * float(once - still), rel=1e-4)
    # Where nobody ever saw an end there is none.
    model.ground.verge.fill_(NEVER)
    _, never = model.motion.outcome(before, far, under, model.ground)
    assert float(never.sigmoid()) < 1e-4


@torch.inference_mode()
def test_teleported_it_sees_what_is_there() -> None:
    model = driven()
    here = model.start(context(model, batch=1))
    there = model.set_variables(here, state(x=30.0, y=-10.0, heading=1.0))
    _, output = tick(model, there, torch.zeros(1, model.spec.controls))
    direct = model.paint(output.variables)
    assert output.variables[0, :3].tolist() == pytest.approx([30.0, -10.0, 1.0], abs=1e-5)
    shown = (direct[0].clamp(-1, 1) + 1.0) * 127.5
    assert float((shown.movedim(0, -1) - output.pixels[0].float()).abs().max()) <= 0.51
    assert set(model.spec.settable) == {v.name for v in model.spec.variables}
