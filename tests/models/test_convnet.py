"""What the convnet family promises beyond the interface."""

from __future__ import annotations

import json

import pytest
import torch

from tests.models.samples import context, convnet, tick
from worldsdk.models.convnet import ConvnetConfig
from worldsdk.models.convnet.tracker import Tracker
from worldsdk.models.interface import Variable


@torch.inference_mode()
def test_whole_variables_stay_whole_in_range_and_wrap() -> None:
    model = convnet()
    tracker = model.tracker
    moved = tracker.apply_change(torch.tensor([[6.0, 3.0]]), torch.tensor([[0.9, 0.26]]))
    assert moved.tolist() == [[7.0, 0.0]]
    moved = tracker.apply_change(torch.tensor([[0.0, 0.0]]), torch.tensor([[-0.3, -0.24]]))
    assert moved.tolist() == [[0.0, 3.0]]
    state = model.start(context(model))
    state["variables"] = state["variables"].round()
    for number in range(4):
        state, output = tick(model, state, torch.ones(2, 5), seed=number)
        assert torch.equal(output.variables, output.variables.round())


@torch.inference_mode()
def test_history_is_read_oldest_to_newest_whatever_the_ring_position() -> None:
    model = convnet()
    state = model.start(context(model, batch=1))
    shown = []
    for number in range(7):
        state, output = tick(model, state, torch.zeros(1, 5), seed=number)
        shown.append(output.pixels)
        past = model.condition(state, torch.zeros(1, 5))["past"]
        assert torch.allclose(past[0, -1], shown[-1][0].movedim(-1, 0).float() / 127.5 - 1.0, atol=1e-6)
        if len(shown) >= 3:
            assert torch.allclose(past[0, 0], shown[-3][0].movedim(-1, 0).float() / 127.5 - 1.0, atol=1e-6)


def test_config_survives_json() -> None:
    config = convnet().config
    assert ConvnetConfig.from_json(config.to_json()) == config


LAP = Variable("lap", 0.0, 800.0, "metres", 800.0)
SPEED = Variable("speed", 0.0, 90.0, "metres/second")


def racing(**settings: object) -> ConvnetConfig:
    fields: dict[str, object] = {"height": 16, "width": 16, "controls": 2, "channels": (8, 12)}
    return ConvnetConfig(**{**fields, "variables": (SPEED, LAP), **settings})  # type: ignore[arg-type]


@torch.inference_mode()
def test_a_variable_stays_within_its_bounds_and_is_told_by_its_range() -> None:
    free, bound = Tracker(racing()), Tracker(racing(bounds={"speed": (10.0, 45.0)}))
    now = torch.tensor([[44.0, 0.0], [11.0, 0.0]])
    change = torch.tensor([[0.5, 0.0], [-0.5, 0.0]])
    assert free.apply_change(now, change)[:, 0].tolist() == [89.0, 0.0]
    assert bound.apply_change(now, change)[:, 0].tolist() == [45.0, 10.0]
    assert torch.equal(free.code(now), bound.code(now))


@pytest.mark.parametrize(
    "bounds", [{"speed": (-1.0, 5.0)}, {"speed": (5.0, 4.0)}, {"lap": (0.0, 5.0)}, {"time": (0.0, 1.0)}]
)
def test_impossible_bounds_are_refused(bounds: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="bounds"):
        racing(bounds=bounds)


def test_settings_of_variables_survive_json() -> None:
    config = racing(bounds={"speed": (0.0, 50.0)})
    assert ConvnetConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
