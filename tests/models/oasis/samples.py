"""Small Oasis models, and what they are fed with."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.models.oasis.reference import SIZES, draw
from worldsdk.models.interface import Context, Output, State
from worldsdk.models.oasis import OasisConfig, OasisModel

ROOMS = ("transformer", "autoencoder")


def oasis(seed: int | None = None, **more: Any) -> OasisModel:
    """A small model with weights that leave no part of it idle; the reference's where no seed is given."""
    model = OasisModel(OasisConfig(**{**SIZES, "precision": "float32", **more})).eval().requires_grad_(False)
    for number, (room, named) in enumerate(shapes(model).items()):
        weights = draw(named, number + 1 if seed is None else 10 * seed + number)
        part = model.get_submodule(room)
        part.load_state_dict({name: torch.from_numpy(w).float() for name, w in weights.items()}, strict=False)
    return model


def shapes(model: OasisModel | None = None) -> dict[str, dict[str, tuple[int, ...]]]:
    """Of every parameter of the two rooms; not of the frequencies, which have a formula."""
    model = OasisModel(OasisConfig(**SIZES)) if model is None else model
    return {
        room: {name: tuple(p.shape) for name, p in model.get_submodule(room).named_parameters()}
        for room in ROOMS
    }


def context(model: OasisModel, batch: int = 2, seed: int = 0) -> Context:
    source = np.random.RandomState(seed)
    spec = model.spec
    pixels = source.randint(0, 256, (batch, spec.history, spec.height, spec.width, 3)).astype(np.uint8)
    actions = source.uniform(-1.0, 1.0, (batch, spec.history, spec.controls)).astype(np.float32)
    nothing = torch.zeros(batch, spec.history, 0)
    return Context(torch.from_numpy(pixels), torch.from_numpy(actions), nothing)


def play(
    model: OasisModel, state: State, ticks: int, seed: int = 0, steps: int | None = None
) -> tuple[State, list[Output], list[Tensor]]:
    """Ticks with noise and actions of that seed: the state after, outputs, and the clean latents."""
    draws = torch.Generator().manual_seed(seed)
    steps = model.config.max_steps if steps is None else steps
    batch, outputs, latents = len(state["clock"]), [], []
    for _ in range(ticks):
        controls = torch.rand(batch, model.spec.controls, generator=draws) * 2.0 - 1.0
        condition, estimate = model.condition(state, controls), None
        for step in range(steps):
            noise = torch.randn(batch, *model.spec.noise_shape, generator=draws)
            estimate = model.denoise(condition, estimate, noise, step, steps)
        assert estimate is not None
        state, output = model.commit(state, condition, estimate)
        outputs.append(output)
        latents.append(estimate[:, 0])
    return state, outputs, latents
