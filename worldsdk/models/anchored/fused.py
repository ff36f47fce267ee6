"""The painter's geometry for a CPU, in one pass over the pixels.

``Painter.prepare`` as it is written makes some hundred small tensors a frame, each walk over memory costing
more than its arithmetic. Here one compiled function goes from each pixel's depth to all that is known of
it: world position, where the remembered frames saw it, surface code, remembered texture. Same formulas,
same order of channels; ``tests/models/anchored/test_fused.py`` holds the two together.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.anchored.look_loop import look
from worldsdk.models.anchored.painter import Canvas, Painter
from worldsdk.models.anchored.texels import Known, Texels
from worldsdk.models.anchored.texture import CELL_FEATURES, GAIN

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class FusedPainter(Painter):
    """A loaded painter, its parts shared, whose geometry is one compiled loop. CPU and inference only."""

    def __init__(self, painter: Painter) -> None:
        nn.Module.__init__(self)
        self.config = painter.config
        for name, part in painter.named_children():
            self.add_module(name, part)
        self.floor, self.flats = painter.floor, painter.flats
        self.walls, self.sprites = painter.walls, painter.sprites
        texture, camera = painter.texture, painter.camera
        self.texels = Texels(painter)
        if painter.sprites is not None:
            painter.sprites.fix()
        self.tables: tuple[Floats, Floats, Ints, Ints] = (
            texture.table.detach().float().numpy() * np.float32(GAIN),
            texture.cells[:, 0].numpy(),
            texture.masks[:, 0, 0].numpy(),
            texture.offsets[:, 0, 0].numpy(),
        )
        self.rays: tuple[Floats, Floats] = (camera.across[0].numpy(), camera.down[:, 0].numpy())

    def prepare(self, pose: Tensor, past: Tensor, past_poses: Tensor) -> Canvas:
        config, camera = self.config, self.camera
        place = self.place(pose)
        batch, height, width = place.inverse_depth.shape
        pieces = 4 * config.views + 6 * len(config.periods)
        known = np.empty((batch, pieces, height, width), np.float32)
        inverse = np.empty((batch, height, width), np.float32)
        texels = np.empty((batch, height, width, CELL_FEATURES * len(self.texture.cells) + 2), np.float32)
        across, down = self.rays
        look(
            pose.numpy(),
            self.standing(pose, place.inverse_depth).contiguous().numpy(),
            past.movedim(2, -1).contiguous().numpy(),
            past_poses.contiguous().numpy(),
            across,
            down,
            config.camera.eye_height,
            config.camera.far,
            2.0 * camera.focal_x / width,
            2.0 * camera.focal_y / height,
            config.periods[0],
            *self.tables,
            known,
            inverse,
            texels,
        )
        surface = self.texture.colour(torch.from_numpy(texels)).float().movedim(-1, 1)
        found, standing = torch.from_numpy(known), torch.from_numpy(inverse)
        exact = self.known(pose, standing)
        surface = self.with_texels(surface, exact)
        nearness = (64.0 * standing).clamp(max=4.0)[:, None]
        inputs = F.pixel_unshuffle(torch.cat([found, surface, nearness], dim=1), 2)
        inputs = torch.cat([inputs, place.sketch.float()], dim=1)
        first = 4 * config.lags.index(1)
        return Canvas(
            inputs,
            place.features,
            standing,
            place.sketch,
            surface[:, :3],
            found[:, first : first + 3],
            found[:, first + 3 : first + 4],
            exact,
        )

    def known(self, pose: Tensor, inverse: Tensor) -> Known:
        return self.texels.seen(pose, inverse)
