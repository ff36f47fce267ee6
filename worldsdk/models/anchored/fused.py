"""The painter's geometry for a CPU, in one pass over the pixels.

``Painter.prepare`` as it is written makes some hundred small tensors a frame, each walk over memory costing
more than its arithmetic. Here one compiled function goes from each pixel's depth to all that is known of
it: world position, where the remembered frames saw it, surface code, remembered texture. Same formulas,
same order of channels; ``tests/models/anchored/test_fused.py`` holds the two together.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.anchored.look_loop import look
from worldsdk.models.anchored.paint_loop import compose, group, put
from worldsdk.models.anchored.painter import Canvas, Painter
from worldsdk.models.anchored.texels import Known, Texels
from worldsdk.models.anchored.texture import CELL_FEATURES, GAIN, HINTS
from worldsdk.models.inference.layout import bits
from worldsdk.models.inference.unet import QuickUNet

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SURFACE = 3 + HINTS


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
        self.quick = isinstance(painter.unet, QuickUNet)
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
        known = np.empty((batch, pieces + SURFACE + 1, height, width), np.float32)
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
            known[:, :pieces],
            inverse,
            texels,
        )
        found, standing = torch.from_numpy(known), torch.from_numpy(inverse)
        exact = self.known(pose, standing)
        surface = found[:, pieces : pieces + SURFACE]
        surface.copy_(self.texture.colour(torch.from_numpy(texels)).movedim(-1, 1))
        surface[:, :3] += exact.means
        torch.clamp(64.0 * standing, max=4.0, out=found[:, -1])
        first = 4 * config.lags.index(1)
        return Canvas(
            self.gathered(found, place.sketch),
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

    def gathered(self, planes: Tensor, sketch: Tensor) -> Tensor:
        if not self.quick:
            return super().gathered(planes, sketch)
        batch, channels, height, width = planes.shape
        count = 4 * channels + sketch.shape[1]
        out = _grouped(batch, count, height // 2, width // 2)
        group(planes.contiguous().numpy(), bits(out), 0)
        put(sketch.float().contiguous().numpy(), bits(out), 4 * channels)
        return out

    def completed(self, inputs: Tensor, pixels: Tensor) -> Tensor:
        if not self.quick:
            return super().completed(inputs, pixels)
        batch, given, height, width = inputs.shape
        out = _grouped(batch, given + 4 * pixels.shape[1], height, width)
        out[:, :given] = inputs
        group(pixels.float().contiguous().numpy(), bits(out), given)
        return out

    def composed(
        self, out: Tensor, canvas: Canvas, surface: Tensor, standing: Tensor
    ) -> tuple[Tensor, Tensor]:
        if not self.quick:
            return super().composed(out, canvas, surface, standing)
        picture, inverse = torch.empty(surface.shape), torch.empty(standing.shape)
        compose(
            bits(out.contiguous(memory_format=torch.channels_last)),
            canvas.warped.numpy(),
            canvas.seen.numpy(),
            surface.numpy(),
            standing.numpy(),
            picture.numpy(),
            inverse.numpy(),
        )
        return picture, inverse


def _grouped(batch: int, channels: int, height: int, width: int) -> Tensor:
    shape = batch, channels, height, width
    return torch.empty(shape, dtype=torch.bfloat16, memory_format=torch.channels_last)
