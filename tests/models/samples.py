"""Small models of every native family, and contexts that fit them."""

from __future__ import annotations

import math
from typing import Any

import torch

from worldsdk.models.anchored import AnchoredConfig, AnchoredModel
from worldsdk.models.convnet import (
    ConvnetConfig,
    ConvnetModel,
    GroundConfig,
    OverheadConfig,
    OverheadModel,
)
from worldsdk.models.interface import Context, Variable, WorldModel

POSE_VARIABLES = (
    Variable("x", 0.0, 512.0, "map units"),
    Variable("y", 0.0, 512.0, "map units"),
    Variable("heading", 0.0, 360.0, "degrees", 360.0),
    Variable("vx", -16.0, 16.0, "map units/tick"),
    Variable("vy", -16.0, 16.0, "map units/tick"),
    Variable("health", 0.0, 100.0, "points"),
)


def anchored(seed: int = 0, **more: Any) -> AnchoredModel:
    torch.manual_seed(seed)
    config = AnchoredConfig(
        # A quarter of the height is odd: the U-Net's coarsest level rounds up.
        height=20,
        width=28,
        controls=5,
        variables=POSE_VARIABLES,
        keyframes=4,
        keyframe_every=3,
        map_cells=16,
        map_channels=4,
        rays=8,
        channels=(8, 12, 16),
        place_channels=8,
        condition=16,
        **more,
    )
    return AnchoredModel(config).eval()


def followed(seed: int = 0, history: int = 0) -> AnchoredModel:
    """The anchored family on a floor that repeats, by two walls, with two kinds of things and newcomers."""
    model = anchored(
        seed,
        tile=32,
        samples=2,
        things=("box", "beast"),
        slots=5,
        facets=4,
        sprite=16,
        lags=(1, 2),
        history=history,
        walls=2,
        wall_tile=16,
    )
    assert model.things is not None
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        model.things.births.copy_(torch.rand(model.things.births.shape, generator=generator) * 300.0)
        model.things.births[:, 0] = 1.0
        assert model.painter.walls is not None
        # One wall across the middle of the map, another along its northern border.
        model.painter.walls.planes.copy_(
            torch.tensor([(-1.0, 0.0, -256.0, -400.0, -100.0, 96.0), (0.0, 1.0, 512.0, -512.0, 0.0, 96.0)])
        )
        model.painter.walls.tile.copy_(torch.rand(model.painter.walls.tile.shape, generator=generator))
    return model


def convnet(seed: int = 0) -> ConvnetModel:
    torch.manual_seed(seed)
    config = ConvnetConfig(
        height=16,
        width=24,
        controls=5,
        variables=(Variable("cell", 0.0, 7.0, "cells"), Variable("turn", 0.0, 4.0, "quarters", 4.0)),
        whole=("cell", "turn"),
        history=3,
        channels=(8, 12, 16),
        condition=16,
    )
    return ConvnetModel(config).eval()


DRIVEN_VARIABLES = (
    Variable("x", 0.0, 40.0, "metres"),
    Variable("y", -20.0, 20.0, "metres"),
    Variable("heading", -math.pi, math.pi, "radians", 2.0 * math.pi),
    Variable("speed", -30.0, 60.0, "metres/second"),
    Variable("sideways", -30.0, 30.0, "metres/second"),
    Variable("yaw_rate", -4.0, 4.0, "radians/second"),
    Variable("throttle", 0.0, 1.0),
    Variable("wheels", -30.0, 90.0, "metres/second"),
)


def driven(seed: int = 0, fine: int = 1) -> OverheadModel:
    """A world seen from above by a camera that goes along, on ground of coloured noise."""
    torch.manual_seed(seed)
    config = OverheadConfig(
        height=16,
        width=24,
        controls=5,
        variables=DRIVEN_VARIABLES,
        ground=GroundConfig(12.0, pivot=(0.5, 0.75), samples=2, under=((0.0, 0.0), (1.0, 0.5))),
        tick=0.04,
        drives=("throttle",),
        hidden=16,
        sheets=3,
        fine=fine,
    )
    model = OverheadModel(config).eval()
    generator = torch.Generator().manual_seed(seed)
    model.ground.texels.random_(0, 256, generator=generator)
    model.ground.away.uniform_(0.0, 9.0, generator=generator)
    model.ground.verge.fill_(5.0)
    return model


def driven_finely() -> OverheadModel:
    """The same with frames twice as fine as it was taught on."""
    return driven(fine=2)


FAMILIES = {
    "anchored": anchored,
    "convnet": convnet,
    "driven": driven,
    "driven-finely": driven_finely,
    "followed": followed,
}


def context(model: WorldModel, batch: int = 2, seed: int = 0) -> Context:
    spec = model.spec
    draw = torch.Generator().manual_seed(seed)
    low = torch.tensor([variable.low for variable in spec.variables])
    high = torch.tensor([variable.high for variable in spec.variables])
    share = torch.rand((batch, spec.history, len(spec.variables)), generator=draw)
    return Context(
        torch.randint(
            0, 256, (batch, spec.history, spec.height, spec.width, 3), generator=draw, dtype=torch.uint8
        ),
        torch.zeros(batch, spec.history, spec.controls),
        low + share * (high - low),
        {name: _moments(name, (batch, spec.history, *shape)) for name, shape in spec.memory.items()},
    )


def _moments(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Two things that stay where they are, the same in every frame."""
    assert name == "things"
    things = torch.zeros(shape)
    things[..., 0, :] = torch.tensor([1.0, 200.0, 220.0, 0.0, 0.0, 7.0])
    things[..., 2, :] = torch.tensor([2.0, 300.0, 260.0, 0.0, 90.0, 8.0])
    return things


def tick(model, state, controls, seed: int = 0, steps: int = 1):  # type: ignore[no-untyped-def]
    """One tick as the runtime does it."""
    draw = torch.Generator().manual_seed(seed)
    condition = model.condition(state, controls)
    estimate = None
    for step in range(steps):
        noise = torch.randn((len(controls), *model.spec.noise_shape), generator=draw)
        estimate = model.denoise(condition, estimate, noise, step, steps)
    return model.commit(state, condition, estimate)
