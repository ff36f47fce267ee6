"""Memory of walls: flat pieces that stand upright, each with one tile of what covers it, texel by texel.

The place says how far away a wall is to a few map units, which is good for walking and far too little for
someone with their nose against it: there a texel is wider than a pixel, and what is looked up a texel beside
the right one comes out as a blur. Walls that are flat are known exactly, from all the recordings together
(``training.objectives.planes``); where one of them is seen, its plane says where, not the place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.samples import Dimming, View
from worldsdk.models.anchored.walls_loop import BEFORE, DOUBT, SHOWS, wall_standing
from worldsdk.models.camera import heading_vector

PLANE = 6
"""Of each piece: normal x and y, their product with any point of it, where it begins and ends along
(-normal y, normal x), and its height; map units. A height of 0 is no wall."""
NEAREST = 1.0
"""Map units before the eye within which nothing is seen."""


class Walls(nn.Module):
    """Texels are one map unit wide, counted along the wall and upward from the floor."""

    planes: Tensor

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.side = config.wall_tile
        self.eye_height = config.camera.eye_height
        self.register_buffer("planes", torch.zeros(config.walls, PLANE))
        self.tile = nn.Parameter(torch.zeros(config.walls * self.side * self.side, 3))
        self.dimming = Dimming()

    def hits(self, pose: Tensor, across: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The nearest wall along level rays.

        Args:
            pose: [N, 3]. across: [N, S], slopes of the rays.

        Returns:
            [N, S] each: 1 / depth (0 where there is none), index of the wall, where along it.
        """
        cos, sin = heading_vector(pose[:, 2:])
        x, y = cos + across * sin, sin - across * cos
        normal_x, normal_y, reach, begin, end, top = self.planes.unbind(1)
        away = reach - pose[:, :1] * normal_x - pose[:, 1:2] * normal_y
        towards = x[..., None] * normal_x + y[..., None] * normal_y
        inverse = towards / torch.where(away.abs() < 1e-3, 1e-3, away)[:, None]
        depth = inverse.clamp(min=1e-6).reciprocal()
        at_x = pose[:, 0, None, None] + depth * x[..., None]
        at_y = pose[:, 1, None, None] + depth * y[..., None]
        along = at_y * normal_x - at_x * normal_y
        seen = (inverse > 1e-6) & (depth > NEAREST) & (along >= begin) & (along <= end) & (top > 0.0)
        nearest, index = torch.where(seen, inverse, 0.0).max(-1)
        return nearest, index, along.gather(-1, index[..., None])[..., 0]

    def standing(self, pose: Tensor, inverse: Tensor, view: View) -> Tensor:
        """[B, H, W]: ``inverse``, 1 / depth of what is seen from pose [B, 3], put right where it is wall."""
        camera = view.camera
        if pose.device.type == "cpu" and not torch.is_grad_enabled():
            found = inverse.float().clone(memory_format=torch.contiguous_format)
            wall_standing(
                pose.float().contiguous().numpy(),
                self.planes.numpy(),
                camera.across[0].numpy(),
                camera.down[:, 0].numpy(),
                self.eye_height,
                found.numpy(),
            )
            return found
        wall, index, _ = self.hits(pose, camera.across[:1].expand(len(pose), -1))
        wall = wall[:, None]
        height = self.eye_height - camera.down * wall.clamp(min=1e-6).reciprocal()
        upright = (height >= 0.0) & (height <= self.planes[index, 5][:, None])
        return torch.where((wall > 0.0) & upright & (inverse <= BEFORE * wall + DOUBT), wall, inverse)

    def forward(
        self, pose: Tensor, row: Tensor, column: Tensor, inverse: Tensor, view: View
    ) -> tuple[Tensor, Tensor]:
        """What pixels at row, column [B, P] of views from pose [B, 3] show of walls.

        inverse: [B, P], 1 / depth of what stands there.

        Returns:
            Colour [B, P, 3], already multiplied with the share [B, P, 1] of the pixel that is wall.
        """
        samples, camera = view.samples, view.camera
        # Walls stand upright: a column's rays meet the same one, whichever row is looked at.
        found = self.hits(pose, samples.across.expand(len(pose), -1))
        picks = column[..., None].expand(-1, -1, samples.per_side)
        wall, index, along = (part.view(len(pose), -1, samples.per_side).gather(1, picks) for part in found)
        middle = self.hits(pose, camera.across[:1].expand(len(pose), -1))[0].gather(1, column)
        shows = inverse <= SHOWS * torch.maximum(middle, camera.floor_inverse_depth()[row, column])
        down = samples.down.view(-1, samples.per_side)[row]
        height = self.eye_height - wall.clamp(min=1e-6).reciprocal()[..., None, :] * down[..., None]
        top = self.planes[index, 5][..., None, :]
        there = (wall > 0.0)[..., None, :] & (height >= 0.0) & (height <= top)
        weight = (there & shows[..., None, None]).flatten(0, 1).flatten(1).float() / samples.per_side**2
        texel_of = along.floor().long().remainder(self.side)[..., None, :] * self.side
        texels = index[..., None, :] * self.side**2 + texel_of + height.floor().long().remainder(self.side)
        texels = texels.flatten(0, 1).flatten(1)
        mean = F.embedding_bag(texels, self.tile, per_sample_weights=weight, mode="sum").view(*row.shape, 3)
        share = weight.sum(1).view(*row.shape, 1)
        return self.dimming.lit(mean, share, middle.clamp(min=1e-4).reciprocal()), share

    @torch.no_grad()
    def image(self, pose: Tensor, inverse: Tensor, view: View) -> Tensor:
        """[B, 4, H, W]: colour and share as ``forward``; inverse: [B, H, W], as ``standing`` gave it."""
        batch, height, width = inverse.shape
        rows = torch.arange(height, device=pose.device)[:, None].expand(height, width).flatten()
        columns = torch.arange(width, device=pose.device).repeat(height)
        seen = self(pose, rows.expand(batch, -1), columns.expand(batch, -1), inverse.flatten(1), view)
        return torch.cat(seen, dim=-1).view(batch, height, width, 4).movedim(-1, 1)
