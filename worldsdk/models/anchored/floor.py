"""Memory of a floor that repeats: one tile of it, texel by texel."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.samples import Dimming, View
from worldsdk.models.camera import heading_vector

HIGHEST_SLOPE = 1e-4
"""Rays flatter than this see no floor."""
ON_FLOOR = 1.03
"""What stands is floor where it is nearer than the floor by no more than this."""


class Floor(nn.Module):
    """Texels are one map unit wide and aligned with the map's axes."""

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.side = round(config.tile)
        self.eye_height = config.camera.eye_height
        self.tile = nn.Parameter(torch.zeros(self.side * self.side, 3))
        self.dimming = Dimming()

    def forward(self, pose: Tensor, row: Tensor, column: Tensor, view: View) -> Tensor:
        """[N, 3]: the mean of the texels that pixels at row, column [N] of views from ``pose`` [N, 3] show.

        Zero above the horizon.
        """
        down, across = view.samples.rays(row, column)
        below = down > HIGHEST_SLOPE
        depth = self.eye_height / down.clamp(min=HIGHEST_SLOPE)[:, :, None]
        cos, sin = heading_vector(pose[:, 2])
        cos, sin = cos[:, None, None], sin[:, None, None]
        x = pose[:, 0, None, None] + depth * (cos + across[:, None, :] * sin)
        y = pose[:, 1, None, None] + depth * (sin - across[:, None, :] * cos)
        column_of = x.floor().long().remainder(self.side)
        row_of = y.floor().long().remainder(self.side)
        texels = (column_of * self.side + row_of).flatten(1)
        mean = F.embedding_bag(texels, self.tile, mode="mean")
        seen = self.dimming.lit(mean, torch.ones_like(mean[:, :1]), depth.flatten(1).mean(1))
        return seen * below.all(1)[:, None]

    @torch.no_grad()
    def image(self, pose: Tensor, inverse: Tensor, view: View) -> tuple[Tensor, Tensor]:
        """The floor from poses [B, 3]: its colour [B, 3, H, W], and where it is seen, bool [B, 1, H, W].

        Colour is zero where something stands before it. inverse: [B, H, W], 1 / depth of what stands.
        """
        batch, height, width = inverse.shape
        floor_inverse = view.camera.floor_inverse_depth()
        bare = ((inverse <= floor_inverse * ON_FLOOR) & (floor_inverse > 0.0))[:, None]
        rows = torch.arange(height, device=pose.device)[:, None].expand(height, width).flatten()
        columns = torch.arange(width, device=pose.device).repeat(height)
        poses = pose.repeat_interleave(height * width, dim=0)
        seen = self(poses, rows.repeat(batch), columns.repeat(batch), view)
        seen = seen.view(batch, height, width, 3).movedim(-1, 1)
        return torch.where(bare, seen, 0.0), bare
