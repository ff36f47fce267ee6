"""An objective: what one training step draws from the footage and what it asks of the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from worldsdk.errors import RecipeError
from worldsdk.models.interface import WorldModel
from worldsdk.training.footage import Footage
from worldsdk.training.recipe import Stage


class Objective(ABC):
    """Pure in its draws: the same generators give the same batch, so that training resumes exactly.

    Args:
        model: being trained.
        footage: of the game.
        stage: whose settings it follows.
    """

    def __init__(self, model: WorldModel, footage: Footage, stage: Stage) -> None:
        self.model = model
        self.footage = footage
        self.stage = stage

    @property
    @abstractmethod
    def frames_per_step(self) -> int:
        """Pictures (or moves) that one step learns from."""

    @abstractmethod
    def parameters(self) -> Iterator[nn.Parameter]:
        """Those that this objective trains."""

    @abstractmethod
    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        """Named terms of one step; ``total`` is the one to descend, the rest are for the curves."""


def noise_levels(
    batch: int, refine: float, noise: torch.Generator, device: torch.device, *, last: bool
) -> Tensor:
    """Levels [B] at which an unroll's frame is drawn.

    Frames that the unroll goes on from are drawn from noise alone (1), as in play; of the ``last`` ones the
    share ``refine`` from an estimate with less noise in it, below 0.6, as later denoising steps find it.
    """
    alone = torch.ones(batch, device=device)
    if not last:
        return alone
    partial = torch.rand(batch, generator=noise, device=device) * 0.6
    chosen = torch.rand(batch, generator=noise, device=device) < refine
    return torch.where(chosen, partial, alone)


def read_settings(stage: Stage, defaults: Mapping[str, float]) -> dict[str, float]:
    """The stage's settings over the objective's defaults.

    Raises:
        RecipeError: a setting that the objective does not have, or that is not a number.
    """
    where = f"stage {stage.name!r}"
    for name, value in stage.settings.items():
        if name not in defaults:
            raise RecipeError(
                f"unknown field or setting {name!r}", where=where, fix=f"settings are {sorted(defaults)}"
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise RecipeError(f"setting {name!r} is {value!r}", where=where, fix="give a number")
    return {**defaults, **{name: float(value) for name, value in stage.settings.items()}}
