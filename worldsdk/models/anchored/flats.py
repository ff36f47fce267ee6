"""Memory of floors and ceilings that differ from place to place: texel by texel, block by block.

Where one floor lies everywhere, a single tile of it says all (``floor``). Rooms with floors and ceilings of
their own are remembered whole instead, as far as anyone has seen them: a map of the plan says which block of
texels lies where (``training.objectives.blocks``).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.flats_loop import BLOCK, ON_FLAT, SNAP, flat_standing
from worldsdk.models.anchored.samples import Dimming, View
from worldsdk.models.camera import heading_vector

CELLS = 128
"""Blocks along each side of the plan."""
STEEP = 1e-4
"""Rays flatter than this see neither floor nor ceiling."""


class Flats(nn.Module):
    """Texels are one map unit wide and aligned with the map's axes.

    ``block_of``: int32 [2, CELLS, CELLS], of floor and ceiling, the block at each cell of the plan along x
    and y, -1 where nothing is known. ``origin``: [2], x and y where it begins. ``ceiling``: [1], its height;
    map units.
    """

    block_of: Tensor
    origin: Tensor
    ceiling: Tensor

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.eye_height = config.camera.eye_height
        self.register_buffer("block_of", torch.full((2, CELLS, CELLS), -1, dtype=torch.int32))
        self.register_buffer("origin", torch.zeros(2))
        self.register_buffer("ceiling", torch.full((1,), 2.0 * self.eye_height))
        self.tile = nn.Parameter(torch.zeros(config.flats * BLOCK * BLOCK, 3))
        self.dimming = Dimming()

    def depths(self, down: Tensor) -> Tensor:
        """Depth [...] at which rays with slopes ``down`` [...] meet floor or ceiling, map units."""
        reach = torch.where(down > 0.0, self.eye_height, self.ceiling - self.eye_height)
        return reach / down.abs().clamp(min=STEEP)

    def standing(self, pose: Tensor, inverse: Tensor, view: View) -> Tensor:
        """[B, H, W]: ``inverse``, 1 / depth of what is seen from pose [B, 3], put right where it is flat."""
        camera = view.camera
        down = camera.down[:, 0]
        if pose.device.type == "cpu" and not torch.is_grad_enabled():
            found = inverse.float().clone(memory_format=torch.contiguous_format)
            flat_standing(
                pose.float().contiguous().numpy(),
                self.block_of.numpy(),
                self.origin.numpy(),
                self.depths(down).numpy(),
                camera.across[0].numpy(),
                down.numpy(),
                found.numpy(),
            )
            return found
        depth = self.depths(camera.down)
        x, y, _ = camera.world_points(pose, depth.expand(len(pose), -1, -1)).unbind(1)
        known = self._blocks(x, y, camera.down > 0.0) >= 0
        flat = depth.reciprocal()
        return torch.where(known & (inverse <= SNAP * flat) & (camera.down.abs() > STEEP), flat, inverse)

    def _blocks(self, x: Tensor, y: Tensor, below: Tensor) -> Tensor:
        """int64 [...]: the block at x, y, of the floor where ``below``, else of the ceiling; -1 for none."""
        column = ((x - self.origin[0]) / BLOCK).floor().long()
        row = ((y - self.origin[1]) / BLOCK).floor().long()
        inside = (column >= 0) & (column < CELLS) & (row >= 0) & (row < CELLS)
        level = (~below).long().expand_as(column)
        found = self.block_of[level, column.clamp(0, CELLS - 1), row.clamp(0, CELLS - 1)].long()
        return torch.where(inside, found, -1)

    def forward(
        self, pose: Tensor, row: Tensor, column: Tensor, inverse: Tensor, view: View
    ) -> tuple[Tensor, Tensor]:
        """What pixels at row, column [B, P] of views from pose [B, 3] show of floors and ceilings.

        inverse: [B, P], 1 / depth of what stands there.

        Returns:
            Colour [B, P, 3], already multiplied with the share [B, P, 1] of the pixel that is known.
        """
        samples = view.samples
        down, across = samples.rays(row, column)
        cos, sin = heading_vector(pose[:, 2])
        cos, sin = cos[:, None, None, None], sin[:, None, None, None]
        depth = self.depths(down)[..., None]
        slope = across[..., None, :]
        x = pose[:, 0, None, None, None] + depth * (cos + slope * sin)
        y = pose[:, 1, None, None, None] + depth * (sin - slope * cos)
        block = self._blocks(x, y, (down > 0.0)[..., None])
        middle = self.depths(view.camera.down[row, column])
        shows = inverse * middle <= ON_FLAT
        there = (block >= 0) & shows[..., None, None] & (down.abs() > STEEP)[..., None]
        weight = there.flatten(0, 1).flatten(1).float() / samples.per_side**2
        texel = (x.floor().long().remainder(BLOCK) * BLOCK) + y.floor().long().remainder(BLOCK)
        texels = (block.clamp(min=0) * BLOCK**2 + texel).flatten(0, 1).flatten(1)
        mean = F.embedding_bag(texels, self.tile, per_sample_weights=weight, mode="sum").view(*row.shape, 3)
        share = weight.sum(1).view(*row.shape, 1)
        return self.dimming.lit(mean, share, middle), share

    @torch.no_grad()
    def image(self, pose: Tensor, inverse: Tensor, view: View) -> Tensor:
        """[B, 4, H, W]: colour and share as ``forward``; inverse: [B, H, W], as ``standing`` gave it."""
        batch, height, width = inverse.shape
        rows = torch.arange(height, device=pose.device)[:, None].expand(height, width).flatten()
        columns = torch.arange(width, device=pose.device).repeat(height)
        seen = self(pose, rows.expand(batch, -1), columns.expand(batch, -1), inverse.flatten(1), view)
        return torch.cat(seen, dim=-1).view(batch, height, width, 4).movedim(-1, 1)

    def light(self, view: View) -> Tensor:
        """[H, 6]: gain and offset of the rows of a view: each sees floor or ceiling at one depth."""
        light: Tensor = self.dimming(self.depths(view.camera.down[:, 0]))
        return light
