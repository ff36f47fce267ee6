"""Walls by planes: where they are seen, what they show; and that compiled loops agree with tensors."""

from __future__ import annotations

import dataclasses

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.samples import anchored
from worldsdk.models.anchored.painter import Painter
from worldsdk.models.anchored.walls import Walls

EAST = (-1.0, 0.0, -400.0, -500.0, 0.0, 128.0)
"""x = 400, for y from 0 to 500; 128 high."""


def room(walls: Walls) -> None:
    """Two walls that meet, a third before one of them, and tiles of noise."""
    planes = torch.tensor(
        [EAST, (0.0, 1.0, 500.0, -400.0, 0.0, 96.0), (-1.0, 0.0, -300.0, -120.0, -40.0, 64.0)]
    )
    walls.planes.copy_(planes[: len(walls.planes)])
    with torch.no_grad():
        walls.tile.copy_(torch.rand(walls.tile.shape, generator=torch.Generator().manual_seed(0)))
        for part in walls.dimming.parameters():
            part.zero_()


def made(count: int = 3) -> tuple[Painter, Walls]:
    painter = Painter(dataclasses.replace(anchored().config, walls=count, wall_tile=32)).eval()
    assert painter.walls is not None
    room(painter.walls)
    return painter, painter.walls


def test_the_nearest_wall_ahead_is_hit() -> None:
    _, walls = made()
    pose = torch.tensor(
        [[100.0, 80.0, 0.0], [100.0, 300.0, 0.0], [100.0, 300.0, 90.0], [100.0, 300.0, 180.0]]
    )
    inverse, index, along = walls.hits(pose, torch.zeros(4, 1))
    torch.testing.assert_close(inverse[:, 0], torch.tensor([1 / 200.0, 1 / 300.0, 1 / 200.0, 0.0]))
    assert index[:3, 0].tolist() == [2, 0, 1]
    torch.testing.assert_close(along[:3, 0], torch.tensor([-80.0, -300.0, -100.0]))


def test_what_stands_before_a_wall_stays() -> None:
    painter, walls = made()
    pose = torch.tensor([[100.0, 300.0, 0.0]])
    height, width = painter.config.height, painter.config.width
    far = torch.full((1, height, width), 1.0 / 330.0)
    level = height // 2 - 1
    with torch.no_grad():
        put = walls.standing(pose, far, painter.view)
        pillar = walls.standing(pose, torch.full_like(far, 1.0 / 100.0), painter.view)
        away = torch.tensor([[-500.0, 300.0, 0.0]])
        distant = walls.standing(away, torch.full_like(far, 1.0 / 500.0), painter.view)
    torch.testing.assert_close(put[0, level, width // 2], torch.tensor(1.0 / 300.0))
    assert (pillar == 1.0 / 100.0).all()
    # So far away the place is not to be trusted.
    torch.testing.assert_close(distant[0, level, width // 2], torch.tensor(1.0 / 900.0))


def test_above_a_wall_and_below_the_floor_nothing_is_changed() -> None:
    painter, walls = made()
    pose = torch.tensor([[390.0, 300.0, 0.0]])
    inverse = torch.full((1, painter.config.height, painter.config.width), 1.0 / 12.0)
    with torch.no_grad():
        found = walls.standing(pose, inverse, painter.view)[0, :, painter.config.width // 2]
    down = painter.camera.down[:, 0]
    upright = (41.0 - 10.0 * down >= 0.0) & (41.0 - 10.0 * down <= 128.0)
    torch.testing.assert_close(found, torch.where(upright, 1.0 / 10.0, 1.0 / 12.0))


@settings(max_examples=30, deadline=None)
@given(
    x=st.floats(20.0, 380.0),
    y=st.floats(20.0, 480.0),
    heading=st.floats(0.0, 359.0),
    guess=st.floats(0.8, 1.3),
)
def test_loops_and_tensors_agree(x: float, y: float, heading: float, guess: float) -> None:
    painter, walls = made()
    pose = torch.tensor([[x, y, heading]])
    height, width = painter.config.height, painter.config.width
    wall = walls.hits(pose, painter.camera.across[:1])[0]
    inverse = torch.maximum(
        guess * wall[:, None].expand(1, height, width), painter.camera.floor_inverse_depth()
    )
    by_tensors = walls.standing(pose, inverse, painter.view)
    with torch.no_grad():
        by_loops = walls.standing(pose, inverse, painter.view)
    # One in a few hundred rays ends exactly between two walls, where rounding decides.
    assert float(((by_loops - by_tensors).abs() > 1e-5).float().mean()) < 0.02


def test_what_is_learnt_reaches_the_tiles() -> None:
    painter, walls = made()
    pose, one = torch.tensor([[380.0, 250.0, 0.0]]), torch.tensor([[painter.config.height // 2]])
    middle, near = torch.tensor([[painter.config.width // 2]]), torch.tensor([[1.0 / 20.0]])
    colour, share = walls(pose, one, middle, near, painter.view)
    colour.sum().backward()
    assert float(share) == 1.0
    assert walls.tile.grad is not None
    assert 0 < int((walls.tile.grad != 0).any(1).sum()) <= 16
