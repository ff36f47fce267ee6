"""Frames finer than those that were recorded: what is known texel by texel is drawn anew, between pixels.

The network paints as many pixels as it was taught on. Walls, floor and things are remembered as the game
holds them, so they can be seen at the game's own resolution: each of its samples that was averaged into one
painted pixel lies in some fine one. The painted picture says how all of it is lit, and shows what no texel is
known of; it is spread over the fine pixels in two layers, the texels' and the rest, so that neither runs into
the other where they meet (joint bilateral upsampling, Kopf et al. 2007, with the layer as its guide).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.fine_loop import (
    LEAST_WEIGHT,
    SHARPENED,
    column_depths,
    known_texels,
    spread_picture,
)
from worldsdk.models.anchored.floor import HIGHEST_SLOPE
from worldsdk.models.anchored.painter import Painter
from worldsdk.models.anchored.samples import Samples, View
from worldsdk.models.blocks import to_uint8
from worldsdk.models.camera import Camera

LEAST_COVER = 1e-3
"""Share of a painted pixel below which its texels have no colour to speak of."""


@dataclass(frozen=True)
class Shown:
    """A frame as it is shown.

    Attributes:
        pixels: uint8 [B, fH, fW, 3]. inverse: float32 [B, fH, fW], 1 / depth.
        kinds: [B, fH, fW], kind of thing that covers a pixel, 0 where none does.
    """

    pixels: Tensor
    inverse: Tensor
    kinds: Tensor


class Fine(nn.Module):
    """``fine`` x ``fine`` pixels for each painted one. Has no weights of its own."""

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.factor = config.fine
        self.camera = Camera(config.camera, config.height * config.fine, config.width * config.fine)
        self.samples = Samples(self.camera, config.samples // config.fine)

    @property
    def view(self) -> View:
        return View(self.camera, self.samples)

    @torch.no_grad()
    def forward(
        self, painter: Painter, pose: Tensor, things: Tensor, picture: Tensor, inverse: Tensor
    ) -> Shown:
        """A painted picture in fine pixels.

        Args:
            painter: whose memory of texels it is.
            pose: float32 [B, 3]. things: [B, S, >= 5], not looked at where the painter follows none.
            picture: [B, 3, H, W], as painted, about [-1, 1].
            inverse: [B, H, W], 1 / depth, as painted.
        """
        if pose.device.type == "cpu":
            return self._by_loops(painter, pose, things, picture, inverse)
        return self._by_tensors(painter, pose, things, picture, inverse)

    def _by_loops(
        self, painter: Painter, pose: Tensor, things: Tensor, picture: Tensor, inverse: Tensor
    ) -> Shown:
        camera, samples, batch = self.camera, self.samples, len(pose)
        poses, painted = pose.float().contiguous().numpy(), inverse.float().contiguous().numpy()
        across, down = camera.across[0].numpy(), camera.down[:, 0].numpy()
        shape = (batch, camera.height, camera.width)
        walls, floor, nothing = painter.walls, painter.floor, np.zeros((0, 6), np.float32)
        flats = painter.flats
        planes = nothing if walls is None else walls.planes.numpy()
        wall_light, floor_light = np.zeros((batch, camera.width, 6), np.float32), nothing
        if walls is not None:
            depths = torch.empty(batch, camera.width)
            column_depths(poses, planes, across, depths.numpy())
            wall_light = walls.dimming(depths).contiguous().numpy()
        if floor is not None:
            slopes = samples.down.view(camera.height, -1).clamp(min=HIGHEST_SLOPE)
            floor_light = floor.dimming((floor.eye_height / slopes).mean(1)).contiguous().numpy()
        plan = np.full((2, 0, 0), -1, np.int32) if flats is None else flats.block_of.numpy()
        origin = nothing[0:0, 0] if flats is None else flats.origin.numpy()
        flat_light = nothing if flats is None else flats.light(self.view).contiguous().numpy()
        flat_depths = sample_depths = nothing[0:0, 0]
        if flats is not None:
            flat_depths = flats.depths(camera.down[:, 0]).numpy()
            sample_depths = flats.depths(samples.down).numpy()
        known, standing = np.empty((*shape, 4), np.float32), np.empty(shape, np.float32)
        known_texels(
            poses,
            planes,
            nothing if walls is None else walls.tile.detach().float().numpy(),
            wall_light,
            nothing if floor is None else floor.tile.detach().float().numpy(),
            floor_light,
            plan,
            origin,
            flat_depths,
            sample_depths,
            nothing if flats is None else flats.tile.detach().float().numpy(),
            flat_light,
            painted,
            across,
            down,
            samples.across.numpy(),
            samples.down.numpy(),
            camera.config.eye_height,
            known,
            standing,
        )
        figures = np.zeros((0, 6, 1, 1), np.float32)
        if painter.sprites is not None:
            figures = painter.sprites.image(pose, things, torch.from_numpy(standing), self.view).numpy()
        pixels, fine = np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32)
        light = picture.float().contiguous().numpy()
        spread_picture(known, standing, figures, light, painted, pixels, fine)
        kinds = torch.from_numpy(figures[:, 5]) if len(figures) else torch.zeros(shape)
        return Shown(torch.from_numpy(pixels), torch.from_numpy(fine), kinds)

    def _by_tensors(
        self, painter: Painter, pose: Tensor, things: Tensor, picture: Tensor, inverse: Tensor
    ) -> Shown:
        view, smooth = self.view, self._spread(inverse[:, None])[:, 0]
        standing = painter.seen_from(pose, smooth, view)
        colour = pose.new_zeros(len(pose), 3, *standing.shape[1:])
        cover = pose.new_zeros(len(pose), 1, *standing.shape[1:])
        kinds = torch.zeros_like(standing)
        if painter.walls is not None:
            wall = painter.walls.image(pose, standing, view)
            colour, cover = wall[:, :3], wall[:, 3:]
        if painter.floor is not None:
            ground, bare = painter.floor.image(pose, standing, view)
            colour, cover = colour + ground * (1.0 - cover), cover + bare * (1.0 - cover)
        if painter.flats is not None:
            flat = painter.flats.image(pose, standing, view)
            colour, cover = colour + flat[:, :3] * (1.0 - cover), cover + flat[:, 3:] * (1.0 - cover)
        if painter.sprites is not None:
            figures = painter.sprites.image(pose, things, standing.contiguous(), view)
            left = 1.0 - figures[:, 3:4]
            colour, cover = colour * left + figures[:, :3], cover * left + figures[:, 3:4]
            standing, kinds = torch.maximum(standing, figures[:, 4]), figures[:, 5]
        share = F.avg_pool2d(cover, self.factor)
        mean = F.avg_pool2d(colour, self.factor) / share.clamp(min=LEAST_COVER)
        # How far the painted picture is from its texels, wherever it shows them and little else.
        light = self._spread_layer(picture - mean, share.square())
        rest = self._spread_layer(picture, (1.0 - share).square())
        fine = colour + cover * light + (1.0 - cover) * rest
        return Shown(to_uint8(fine), torch.where(cover[:, 0] > 0.5, standing, smooth), kinds)

    def _spread(self, values: Tensor) -> Tensor:
        """[B, C, H, W] between pixels: [B, C, fH, fW]."""
        return F.interpolate(values, scale_factor=float(self.factor), mode="bilinear", align_corners=False)

    def _spread_layer(self, values: Tensor, weight: Tensor) -> Tensor:
        """``_spread`` of values [B, C, H, W] as far as their weight [B, 1, H, W] goes.

        What the spreading takes from the mean of each painted pixel is added before.
        """
        weight = weight + LEAST_WEIGHT
        finer, sharpened = self._spread(weight), values
        for _ in range(SHARPENED):
            mean = F.avg_pool2d(self._spread(sharpened * weight), self.factor)
            sharpened = sharpened + values - mean / F.avg_pool2d(finer, self.factor)
        return self._spread(sharpened * weight) / finer
