"""Memory of the place: a learned map, and what of it lies before a given pose.

For each image column the map is sampled along the line of sight and a small network turns the samples
into that column's features, top to bottom: the way from a bird's-eye map to an image that "Translating
Images into Maps" (Saha et al. 2022) goes in the other direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.camera import heading_vector

MARGIN = 64.0
"""Map units of learned map beyond the range of x and y: walls stand outside of where one can walk."""
ROW_FEATURES = 32
HIDDEN = 384


@dataclass(frozen=True)
class Recollection:
    """What the place looks like from a pose, as far as it never changes.

    Attributes:
        features: [B, place_channels, H/4, W/4].
        inverse_depth: float32 [B, H, W], 1 / map units.
        sketch: [B, 3, H/2, W/2], a coarse picture in about [-1, 1].
    """

    features: Tensor
    inverse_depth: Tensor
    sketch: Tensor


class Place(nn.Module):
    """pose [B, 3] -> Recollection."""

    distances: Tensor
    across: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.config = config
        self.rows, columns = config.height // 4, config.width // 2
        self.map = nn.Parameter(torch.randn(1, config.map_channels, config.map_cells, config.map_cells) * 0.1)
        octaves = torch.linspace(math.log(config.near), math.log(config.reach), config.rays)
        self.register_buffer("distances", octaves.exp(), persistent=False)
        half = math.tan(math.radians(config.camera.fov_degrees) / 2)
        across = (torch.arange(columns) + 0.5) * (2.0 * half / columns) - half
        self.register_buffer("across", across, persistent=False)
        x, y = config.variables[:2]
        self.register_buffer("low", torch.tensor([x.low, y.low]) - MARGIN, persistent=False)
        self.register_buffer("high", torch.tensor([x.high, y.high]) + MARGIN, persistent=False)
        self.column = nn.Conv1d(config.map_channels * config.rays, HIDDEN, 1)
        self.pose = nn.Linear(26, HIDDEN)
        self.spread = nn.Conv1d(HIDDEN, self.rows * ROW_FEATURES, 1)
        wide = config.place_channels
        self.join = nn.Conv2d(ROW_FEATURES, wide, (3, 4), stride=(1, 2), padding=(1, 1))
        self.mix = nn.Conv2d(wide, wide, 3, padding=1)
        self.depth = nn.Conv2d(wide, 16, 3, padding=1)
        self.colour = nn.Conv2d(wide, 12, 3, padding=1)

    def forward(self, pose: Tensor) -> Recollection:
        with torch.autocast(pose.device.type, enabled=False):
            seen = self._sample(pose)
            place = (pose[:, :2] - self.low) / (self.high - self.low)
            octaves = torch.cat([place * (math.pi * 2.0**k) for k in range(6)], dim=1)
            cos, sin = heading_vector(pose[:, 2:])
            code = torch.cat([octaves.sin(), octaves.cos(), cos, sin], dim=1)
        hidden = F.silu(self.column(seen) + self.pose(code)[:, :, None])
        rows = self.spread(hidden).unflatten(1, (ROW_FEATURES, self.rows))
        features = F.silu(self.join(rows))
        features = features + F.silu(self.mix(features))
        near = F.pixel_shuffle(self.depth(features), 4).float()
        # Softplus keeps depth positive; 64 map units make the inverse depth of a room about 1.
        return Recollection(
            features, F.softplus(near[:, 0]) / 64.0, F.pixel_shuffle(self.colour(features), 2)
        )

    def _sample(self, pose: Tensor) -> Tensor:
        """[B, map_channels * rays, W/2]: the map along each column's line of sight."""
        cos, sin = heading_vector(pose[:, 2])
        cos, sin = cos[:, None, None], sin[:, None, None]
        distance, across = self.distances[:, None], self.across[None, :]
        x = pose[:, 0, None, None] + distance * (cos + across * sin)
        y = pose[:, 1, None, None] + distance * (sin - across * cos)
        grid = (torch.stack([x, y], dim=-1) - self.low) / (self.high - self.low) * 2.0 - 1.0
        tiles = self.map.expand(len(pose), -1, -1, -1)
        return F.grid_sample(tiles, grid, mode="bilinear", padding_mode="zeros", align_corners=False).flatten(
            1, 2
        )
