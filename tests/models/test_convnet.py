"""What the convnet family promises beyond the interface."""

from __future__ import annotations

import torch

from tests.models.samples import context, convnet, tick
from worldsdk.models.convnet import ConvnetConfig


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
