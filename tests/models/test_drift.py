"""The picture as one piece: what Drift may do to it, and that it can be learnt."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor, nn

from tests.models.samples import context, convnet, tick
from worldsdk.models.convnet.drift import SHIFT, Drift


def _drift(across: float = 0.0, down: float = 0.0, turn: float = 0.0) -> Drift:
    """Moves by those half-widths and radians for a first fact of one, by none for zero."""
    drift = Drift(2)
    torch.nn.init.zeros_(cast(nn.Linear, drift.rigid[-1]).bias)
    with torch.no_grad():
        drift.straight.weight[:, 0] = torch.tensor([across, down, turn]) / SHIFT
    return drift


def _picture() -> Tensor:
    return torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_facts_of_nothing_move_nothing() -> None:
    assert torch.allclose(_drift(0.3, 0.2, 0.1)(_picture(), torch.zeros(1, 2)), _picture(), atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize(("across", "down"), [(1, 0), (0, 2), (-3, 1)])
def test_a_shift_by_whole_pixels_moves_them_and_repeats_the_edge(across: int, down: int) -> None:
    last = _picture()
    moved = _drift(across / 8.0, down / 8.0)(last, torch.ones(1, 2))
    rows = (torch.arange(16) + down).clamp(0, 15)
    columns = (torch.arange(16) + across).clamp(0, 15)
    assert torch.allclose(moved, last[:, :, rows][:, :, :, columns], atol=1e-4)


@torch.inference_mode()
def test_a_quarter_turn_about_the_middle_is_a_rotation() -> None:
    last = _picture()
    moved = _drift(turn=torch.pi / 2)(last, torch.ones(1, 2))
    assert torch.allclose(moved, last.rot90(1, (2, 3)), atol=1e-4)


def test_it_learns_how_far_from_the_facts_alone() -> None:
    torch.manual_seed(0)
    drift = Drift(2)
    optimiser = torch.optim.Adam(drift.parameters(), lr=0.02)
    draw = torch.Generator().manual_seed(2)
    for _ in range(80):
        # Smooth, for else there is no slope to follow.
        last = torch.nn.functional.interpolate(
            torch.rand(16, 3, 5, 5, generator=draw), 16, mode="bilinear", align_corners=False
        )
        facts = torch.rand(16, 2, generator=draw)
        with torch.no_grad():
            goal = _drift(down=0.2)(last, facts)
        loss = (drift(last, facts) - goal).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.01


@torch.inference_mode()
def test_a_model_with_it_plays_and_survives_json() -> None:
    model = convnet(follows=True)
    assert type(model.config).from_json(model.config.to_json()) == model.config
    _, output = tick(model, model.start(context(model)), torch.ones(2, model.spec.controls))
    assert output.pixels.shape == (2, model.spec.height, model.spec.width, 3)
