"""How the convnet family's objective weighs what it tracks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from worldsdk.models.convnet import ConvnetConfig, ConvnetModel
from worldsdk.models.interface import Variable
from worldsdk.training.objectives.convnet import FrameObjective
from worldsdk.training.recipe import Stage

LAP = Variable("lap", 0.0, 800.0, "metres", 800.0)


def loss(off: float, before: float = 100.0) -> float:
    """Of a change that is wrong by ``off`` metres, where one metre was right."""
    objective = object.__new__(FrameObjective)
    objective.convnet = ConvnetModel(
        ConvnetConfig(height=16, width=16, controls=1, variables=(LAP,), channels=(8, 8))
    )

    def row(value: float) -> Tensor:
        return torch.tensor([[value]])

    return float(objective._track(row((1.0 + off) / 800.0), row(before), row((before + 1.0) % 800.0)))


def test_a_tenth_of_the_range_off_is_one_unit() -> None:
    assert loss(0.0) == pytest.approx(0.0, abs=1e-6)
    # Huber's loss with a quarter as its bend.
    assert loss(80.0) == pytest.approx(0.875, rel=1e-3)


def test_going_round_is_the_shorter_way() -> None:
    assert loss(0.0, before=799.5) == pytest.approx(0.0, abs=1e-4)
    assert loss(80.0, before=799.5) == pytest.approx(0.875, rel=1e-3)


def test_blind_draws_paint_without_a_past() -> None:
    """With every draw blind, the picture cannot depend on what was recorded before it."""
    config = ConvnetConfig(height=16, width=16, controls=1, variables=(LAP,), channels=(8, 8), history=2)
    torch.manual_seed(0)
    model = ConvnetModel(config)

    def picture(shade: int, blind: float) -> float:
        pixels = torch.full((4, 16, 16, 3), 128, dtype=torch.uint8)
        pixels[:2] = shade
        footage = SimpleNamespace(
            pixels=pixels,
            controls=torch.zeros(4, 1),
            variables=torch.full((4, 1), 100.0),
            reward=torch.zeros(4),
            ended=torch.zeros(4),
            windows=lambda history, unroll: np.array([2]),
        )
        stage = Stage("s", "frame", 1.0, batch=1, settings={"blind": blind, "change_weight": 0.0})
        objective = FrameObjective(model, footage, stage)  # type: ignore[arg-type]
        noise = torch.Generator().manual_seed(1)
        return objective.losses(np.random.default_rng(0), noise)["picture"].item()

    assert picture(0, 1.0) == picture(255, 1.0)
    assert picture(0, 0.0) != picture(255, 0.0)
