"""Floors and ceilings of their own: where they are seen, what they show; that loops and tensors agree."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.samples import anchored
from worldsdk.models.anchored.flats import Flats
from worldsdk.models.anchored.flats_loop import BLOCK
from worldsdk.models.anchored.painter import Painter


def made(blocks: int = 40) -> tuple[Painter, Flats]:
    """Twenty blocks of floor and as many of ceiling, about x and y of 0 to 80, with texels of noise."""
    painter = Painter(dataclasses.replace(anchored().config, flats=blocks)).eval()
    flats = painter.flats
    assert flats is not None
    flats.origin.copy_(torch.tensor([0.0, 0.0]))
    flats.ceiling.fill_(80.0)
    flats.block_of.fill_(-1)
    flats.block_of[0, :5, :4] = torch.arange(20, dtype=torch.int32).view(5, 4)
    flats.block_of[1, :5, :4] = torch.arange(20, 40, dtype=torch.int32).view(5, 4)
    with torch.no_grad():
        flats.tile.copy_(torch.rand(flats.tile.shape, generator=torch.Generator().manual_seed(0)))
        for part in flats.dimming.parameters():
            part.zero_()
    return painter, flats


@settings(max_examples=30, deadline=None)
@given(
    x=st.floats(-60.0, 100.0),
    y=st.floats(-60.0, 100.0),
    heading=st.floats(0.0, 359.0),
    near=st.floats(0.7, 1.5),
)
def test_loops_and_tensors_agree(x: float, y: float, heading: float, near: float) -> None:
    painter, flats = made()
    view = painter.view
    pose = torch.tensor([[x + 0.013, y + 0.017, heading + 0.019]])
    inverse = (near / flats.depths(painter.camera.down))[None].clamp(min=1e-4)
    by_tensors = flats.standing(pose, inverse, view)
    with torch.no_grad():
        by_loops = flats.standing(pose, inverse, view)
    # A ray that ends exactly between two blocks may fall to either side.
    assert float(((by_loops - by_tensors).abs() > 1e-6).float().mean()) < 0.02


@torch.inference_mode()
def test_floor_and_ceiling_lie_where_the_plan_says() -> None:
    painter, flats = made()
    pose = torch.tensor([[-20.0, 32.0, 0.0]])
    inverse = torch.full((1, painter.config.height, painter.config.width), 1e-4)
    put = painter.standing(pose, inverse)[0, :, painter.config.width // 2]
    down = painter.camera.down[:, 0]
    depth = flats.depths(down)
    ahead = -20.0 + depth
    known = (ahead >= 0.0) & (ahead < 5 * BLOCK)
    assert bool(known[down < 0].any()) and bool(known[down > 0].any())
    torch.testing.assert_close(put[known], depth[known].reciprocal())
    # Above the horizon nothing is known elsewhere; below it there is always a floor.
    elsewhere = ~known & (down < 0)
    torch.testing.assert_close(put[elsewhere], torch.full_like(put[elsewhere], 1e-4))


@torch.inference_mode()
def test_what_stands_before_a_flat_hides_it() -> None:
    painter, flats = made()
    pose = torch.tensor([[10.0, 32.0, 0.0]])
    inverse = torch.full((1, painter.config.height, painter.config.width), 1.0 / 20.0)
    assert torch.equal(flats.standing(pose, inverse, painter.view), inverse)
    assert not flats.image(pose, inverse, painter.view).any()


def test_what_is_learnt_reaches_its_own_block() -> None:
    painter, flats = made()
    # Straight below the horizon's last row, some way ahead.
    row = torch.tensor([[painter.config.height - 1]])
    depth = float(flats.depths(painter.camera.down[-1, 0]))
    pose = torch.tensor([[40.0 - depth, 40.0, 0.0]])
    column = torch.tensor([[painter.config.width // 2]])
    colour, share = flats(pose, row, column, torch.tensor([[1.0 / depth]]), painter.view)
    colour.sum().backward()
    assert float(share.detach()) == 1.0
    assert flats.tile.grad is not None
    touched = (flats.tile.grad != 0).any(1).nonzero()[:, 0] // BLOCK**2
    assert 0 < len(set(touched.tolist())) <= 4 and int(touched.max()) < 20


def test_a_floor_is_a_tile_or_flats() -> None:
    with pytest.raises(ValueError, match="tile or flats"):
        dataclasses.replace(anchored().config, tile=64, flats=4)
