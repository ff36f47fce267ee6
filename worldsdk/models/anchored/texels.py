"""What is known texel by texel, as it is seen: walls, floor and flats in the pixels that are shown.

Each sample of such a pixel finds its one texel (see ``samples``). Nothing here knows of light on things or of
what was painted: the same is handed to the painter, as the means of its own pixels, and to ``fine``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.anchored.floor import HIGHEST_SLOPE
from worldsdk.models.anchored.samples import View
from worldsdk.models.anchored.texels_loop import known_texels, wall_columns

if TYPE_CHECKING:
    from worldsdk.models.anchored.painter import Painter

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """Attributes:
    colour: [B, 4, fH, fW], colour of known texels, about [-1, 1], times their share of the pixel; that share.
    inverse: float32 [B, fH, fW], 1 / depth of what stands there, 1 / map units.
    means: [B, 3, H, W], of the colour over painted pixels.
    """

    colour: Tensor
    inverse: Tensor
    means: Tensor


def seen_by_tensors(painter: Painter, pose: Tensor, inverse: Tensor) -> Known:
    """What a painter knows, seen from pose [B, 3]; inverse: [B, H, W], 1 / depth in painted pixels."""
    view = painter.shown
    factor = view.camera.height // inverse.shape[1]
    finer = F.interpolate(inverse[:, None], scale_factor=float(factor), mode="bilinear", align_corners=False)
    standing = painter.seen_from(pose, finer[:, 0], view)
    colour = pose.new_zeros(len(pose), 3, *standing.shape[1:])
    cover = pose.new_zeros(len(pose), 1, *standing.shape[1:])
    if painter.walls is not None:
        wall = painter.walls.image(pose, standing, view)
        colour, cover = wall[:, :3], wall[:, 3:]
    if painter.floor is not None:
        ground, bare = painter.floor.image(pose, standing, view)
        colour, cover = colour + ground * (1.0 - cover), cover + bare * (1.0 - cover)
    if painter.flats is not None:
        flat = painter.flats.image(pose, standing, view)
        colour, cover = colour + flat[:, :3] * (1.0 - cover), cover + flat[:, 3:] * (1.0 - cover)
    return Known(torch.cat([colour, cover], dim=1), standing, F.avg_pool2d(colour, factor))


class Texels:
    """``seen_by_tensors`` by compiled loops, of weights that do not change any more. CPU only."""

    def __init__(self, painter: Painter) -> None:
        self.walls = painter.walls
        self.view: View = painter.shown
        camera, samples = self.view.camera, self.view.samples
        self.eye = np.float32(camera.config.eye_height)
        self.across, self.down = camera.across[0].numpy(), camera.down[:, 0].numpy()
        self.sample_across, self.sample_down = samples.across.numpy(), samples.down.numpy()
        self.planes = np.zeros((0, 6), np.float32)
        self.wall_side, self.tile_side, self.ground = 1, 0, 0
        self.block_of, self.origin = np.zeros((2, 0, 0), np.int32), np.zeros(2, np.float32)
        self.row_depths, self.sample_depths = np.zeros_like(self.down), np.zeros_like(self.sample_down)
        light = torch.zeros(camera.height, 6)
        tiles = []
        if painter.walls is not None:
            tiles.append(painter.walls.tile)
            self.planes, self.wall_side = painter.walls.planes.numpy(), painter.walls.side
            self.ground = len(painter.walls.tile)
        if painter.floor is not None:
            floor = painter.floor
            tiles.append(floor.tile)
            self.tile_side = floor.side
            slopes = samples.down.clamp(min=HIGHEST_SLOPE)
            self.sample_depths = (floor.eye_height / slopes).numpy()
            light = floor.dimming((floor.eye_height / slopes.view(camera.height, -1)).mean(1))
        if painter.flats is not None:
            flats = painter.flats
            tiles.append(flats.tile)
            self.block_of, self.origin = flats.block_of.numpy(), flats.origin.numpy()
            self.row_depths = flats.depths(camera.down[:, 0]).numpy()
            self.sample_depths = flats.depths(samples.down).numpy()
            light = flats.light(self.view)
        self.ground_light = light.detach().contiguous().numpy()
        texels = torch.cat([tile.detach().float() for tile in tiles]) if tiles else torch.zeros(0, 3)
        # Four numbers each, so that one is fetched at once, and one more texel, which is nothing.
        self.table: Floats = F.pad(F.pad(texels, (0, 1), value=1.0), (0, 0, 0, 1)).numpy()

    def seen(self, pose: Tensor, inverse: Tensor) -> Known:
        """As ``seen_by_tensors``."""
        camera, batch = self.view.camera, len(pose)
        poses = pose.float().contiguous().numpy()
        walled, samples = min(1, len(self.planes)), len(self.sample_across)
        middles, tops = np.empty((2, batch, walled * camera.width), np.float32)
        depths, heights = np.empty((2, batch, walled * samples), np.float32)
        firsts = np.empty((batch, walled * samples), np.int32)
        light = np.empty((batch, 6, walled * camera.width), np.float32)
        if self.walls is not None:
            wall_columns(
                poses,
                self.planes,
                self.across,
                self.sample_across,
                self.wall_side,
                middles,
                tops,
                depths,
                heights,
                firsts,
            )
            far = torch.from_numpy(middles).clamp(min=1e-4).reciprocal()
            light = self.walls.dimming(far).detach().transpose(1, 2).contiguous().numpy()
        colour = np.empty((batch, 4, camera.height, camera.width), np.float32)
        standing = np.empty((batch, camera.height, camera.width), np.float32)
        means = np.empty((batch, 3, *inverse.shape[1:]), np.float32)
        known_texels(
            poses,
            inverse.float().contiguous().numpy(),
            self.across,
            self.down,
            self.sample_across,
            self.sample_down,
            self.eye,
            self.table,
            self.wall_side,
            middles,
            tops,
            depths,
            heights,
            firsts,
            light,
            self.ground,
            self.tile_side,
            self.block_of,
            self.origin,
            self.row_depths,
            self.sample_depths,
            self.ground_light,
            colour,
            standing,
            means,
        )
        return Known(torch.from_numpy(colour), torch.from_numpy(standing), torch.from_numpy(means))
