"""Finding walls in recorded depth, in a room whose walls are known."""

from __future__ import annotations

import numpy as np
import torch

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.samples import Samples, View
from worldsdk.models.anchored.walls import Walls
from worldsdk.models.camera import Camera, CameraConfig
from worldsdk.models.interface import Variable
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.planes import GRID, SPARE, find_walls

ROOM = torch.tensor(
    [
        (-1.0, 0.0, -400.0, -320.0, 0.0, 96.0),
        (1.0, 0.0, 0.0, 0.0, 320.0, 96.0),
        (0.0, 1.0, 320.0, -400.0, 0.0, 96.0),
        (0.0, -1.0, 0.0, 0.0, 400.0, 96.0),
    ]
)
HEIGHT, WIDTH = 24, 32


def footage(step: float, frames: int = 300) -> tuple[Footage, Camera]:
    """Views from within the room, depth in steps as coarse as ``step``."""
    variables = tuple(Variable(n, -10.0, 500.0) for n in ("x", "y", "heading", "vx", "vy"))
    config = AnchoredConfig(HEIGHT, WIDTH, 1, variables, walls=4)
    camera = Camera(CameraConfig(), HEIGHT, WIDTH)
    walls = Walls(config)
    walls.planes.copy_(ROOM)
    draw = torch.Generator().manual_seed(0)
    pose = torch.rand(frames, 3, generator=draw) * torch.tensor([360.0, 280.0, 360.0])
    pose = pose + torch.tensor([20.0, 20.0, 0.0])
    empty = torch.maximum(torch.full((frames, HEIGHT, WIDTH), 1e-4), camera.floor_inverse_depth())
    wall = walls.hits(pose, camera.across[:1].expand(frames, -1))[0][:, None].expand(-1, HEIGHT, -1)
    with torch.no_grad():
        inverse = walls.standing(pose, torch.maximum(empty, wall * 0.99), View(camera, Samples(camera, 4)))
        height = 41.0 - camera.down / wall
        inverse = torch.where(height > 96.0, empty, inverse)
    depth = ((1.0 / inverse) / step).round() * step
    return (
        Footage(
            pixels=torch.zeros(frames, HEIGHT, WIDTH, 3, dtype=torch.uint8),
            controls=torch.zeros(frames, 1),
            variables=torch.cat([pose, torch.zeros(frames, 2)], dim=1),
            reward=torch.zeros(frames),
            ended=torch.zeros(frames),
            layers={"depth": depth.half()},
            first=torch.zeros(frames, dtype=torch.int64),
            last=np.full(frames, frames),
            train=np.arange(frames),
            held_out=np.zeros(0, np.int64),
        ),
        camera,
    )


def test_the_walls_of_a_room_are_found() -> None:
    found = find_walls(*footage(step=1.8), most=6)
    assert int((found[:, 5] > 0.0).sum()) == 4
    for nx, ny, reach, _, _, top in ROOM.tolist():
        same = (found[:, :3] - torch.tensor([nx, ny, reach])).abs().amax(1) < 0.05
        turned = (found[:, :3] + torch.tensor([nx, ny, reach])).abs().amax(1) < 0.05
        which = (same | turned).nonzero()[:, 0]
        assert len(which) == 1, (nx, ny)
        wall = found[which[0]]
        long = 320.0 if nx else 400.0
        # Beyond a corner, where the next wall hides it, nobody can say where it ends.
        assert -8.0 <= float(wall[4] - wall[3]) - long <= 2.0 * (SPARE + GRID)
        assert abs(float(wall[5]) - top) <= 8.0


def test_where_nothing_stands_there_is_no_wall() -> None:
    seen, camera = footage(step=1.8)
    seen.layers["depth"].fill_(2000.0)
    assert not find_walls(seen, camera, most=4).any()


def test_the_same_footage_gives_the_same_walls() -> None:
    assert torch.equal(find_walls(*footage(step=4.0), most=6), find_walls(*footage(step=4.0), most=6))


def test_walls_beyond_what_is_trusted_are_not_looked_for() -> None:
    seen, camera = footage(step=1.0)
    near = find_walls(seen, camera, 4, within=150.0)
    assert int((near[:, 5] > 0.0).sum()) == 4
    seen.layers["depth"][:] = (4.0 * seen.layers["depth"].float()).half()
    # Four times as far away, none of it lies within.
    assert not bool(find_walls(seen, camera, 4, within=20.0).any())
