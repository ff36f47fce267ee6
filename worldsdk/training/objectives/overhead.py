"""Objectives of worlds seen from above: how what is steered moves, and what of a picture is not ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.errors import RecipeError
from worldsdk.models.blocks import to_signed
from worldsdk.models.convnet import OverheadModel
from worldsdk.models.interface import WorldModel
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.objective import Objective, read_settings
from worldsdk.training.objectives.survey import survey
from worldsdk.training.recipe import Stage

BETA = 0.1
"""Of a tick's usual change: errors below count squared, above by their size."""


class OverheadObjective(Objective):
    """Measures the ground when it is made, before the first step.

    Raises:
        RecipeError: the recipe's model has no ``ground``.
    """

    def __init__(self, model: WorldModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        if not isinstance(model, OverheadModel):
            raise RecipeError(
                f"objective {stage.objective!r} is for worlds seen from above",
                where=f"stage {stage.name!r}",
                fix="add [model.ground], or use the objective frame",
            )
        self.overhead = model
        survey(model, footage)


class OverheadMotionObjective(OverheadObjective):
    """Unrolls the variables alone, without pictures, and compares them at every tick; and learns what pays.

    Settings: ``place_weight`` of a metre and a quarter of a radian, and ``reward_weight``, beside the error
    of the other variables in what a tick usually changes them by.
    """

    def __init__(self, model: WorldModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        self.at = footage.windows(1, stage.unroll)
        self.settings = read_settings(stage, {"place_weight": 1.0, "reward_weight": 1.0})

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch * self.stage.unroll

    def parameters(self) -> Iterator[nn.Parameter]:
        return self.overhead.motion.parameters()

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        footage, device = self.footage, self.footage.pixels.device
        motion, ground = self.overhead.motion, self.overhead.ground
        at = torch.from_numpy(draw.choice(self.at, self.stage.batch)).to(device)
        now = footage.variables[at - 1]
        sums = {name: now.new_zeros(()) for name in ("place", "turn", "own", "reward")}
        for tick in range(self.stage.unroll):
            before, truth = footage.variables[at + tick - 1], footage.variables[at + tick]
            # Where the ground changes there is no slope to follow.
            now = motion(now, footage.controls[at + tick], ground.under(now.detach()))
            turn = (now[:, 2] - truth[:, 2] + torch.pi).remainder(2.0 * torch.pi) - torch.pi
            off = (now[:, 3:] - truth[:, 3:]) / motion.stride
            paid, _ = motion.outcome(before, truth, ground.under(truth), ground)
            sums["place"] = sums["place"] + (now[:, :2] - truth[:, :2]).norm(dim=1).mean()
            sums["turn"] = sums["turn"] + turn.abs().mean()
            sums["own"] = sums["own"] + F.smooth_l1_loss(off, torch.zeros_like(off), beta=BETA)
            sums["reward"] = sums["reward"] + F.smooth_l1_loss(paid, footage.reward[at + tick], beta=BETA)
        means = {name: value / self.stage.unroll for name, value in sums.items()}
        weight = self.settings["place_weight"]
        means["total"] = (
            means["own"]
            + weight * (means["place"] + 4.0 * means["turn"])
            + self.settings["reward_weight"] * means["reward"]
        )
        return means


class OverheadPictureObjective(OverheadObjective):
    """Learns what is in recorded pictures besides the ground that is seen from the recorded pose."""

    def __init__(self, model: WorldModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        self.at = footage.windows(0, 1)
        read_settings(stage, {})

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch

    def parameters(self) -> Iterator[nn.Parameter]:
        return self.overhead.overlay.parameters()

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        footage, model = self.footage, self.overhead
        at = torch.from_numpy(draw.choice(self.at, self.stage.batch)).to(footage.pixels.device)
        off = model.paint(footage.variables[at]) - to_signed(footage.pixels[at])
        # Over the pixels that anything can be done about.
        share = model.overlay.alien.float().mean().clamp(min=1e-6)
        error = (off.abs() * model.overlay.alien).mean() / share
        return {"total": error, "picture": off.abs().mean()}
