"""How the walker moves: from pose, velocity and controls to the next pose and velocity.

Learned, but given the right shape: free movement is linear in the walker's own frame (thrust and
friction), and what the walls do to it is a correction read from a learned map around the walker. The
correction is scaled by the free movement, so that who stands still stays exactly where they are.
"""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.camera import heading_vector

PROBE_RADII = (10.0, 18.0, 26.0, 40.0)
"""Map units from the walker at which the map is felt; a Doom player's radius is 16."""
PROBE_DIRECTIONS = 8
SPEED_UNIT = 8.0
"""Map units a tick that count as 1 inside the network."""


class Motion(nn.Module):
    """(pose [B, 3], velocity [B, 2], controls [B, A]) -> (next pose, next velocity), all float32."""

    probes: Tensor
    low: Tensor
    high: Tensor

    def __init__(
        self, config: AnchoredConfig, cells: int = 96, channels: int = 12, hidden: int = 192
    ) -> None:
        super().__init__()
        self.turn = nn.Linear(config.controls, 1, bias=False)
        self.thrust = nn.Linear(config.controls, 2, bias=False)
        self.friction = nn.Parameter(torch.tensor(0.9))
        self.walls = nn.Parameter(torch.randn(1, channels, cells, cells) * 0.1)
        angles = torch.arange(PROBE_DIRECTIONS) * (2.0 * math.pi / PROBE_DIRECTIONS)
        ring = torch.stack([angles.cos(), angles.sin()], dim=1)
        self.register_buffer("probes", torch.cat([ring * r for r in PROBE_RADII]), persistent=False)
        x, y = config.variables[:2]
        self.register_buffer("low", torch.tensor([x.low, y.low]), persistent=False)
        self.register_buffer("high", torch.tensor([x.high, y.high]), persistent=False)
        inputs = 2 + channels * len(self.probes) + 24
        self.correct = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Linear(hidden, 4),
        )
        last = cast(nn.Linear, self.correct[-1])
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, pose: Tensor, velocity: Tensor, controls: Tensor) -> tuple[Tensor, Tensor]:
        heading = pose[:, 2] + 10.0 * self.turn(controls)[:, 0]
        cos, sin = heading_vector(heading)
        ahead, aside = self.thrust(controls).unbind(dim=1)
        free = velocity + torch.stack([cos * ahead + sin * aside, sin * ahead - cos * aside], dim=1)
        probes = pose[:, None, :2] + self.probes
        grid = (probes - self.low) / (self.high - self.low) * 2.0 - 1.0
        # One sampling of the one map for all walkers: expanding the map would give each its own gradient.
        felt = F.grid_sample(
            self.walls, grid[None], mode="bilinear", padding_mode="border", align_corners=False
        )[0].movedim(0, 1)
        place = (pose[:, :2] - self.low) / (self.high - self.low)
        octaves = torch.cat([place * (math.pi * 2.0**k) for k in range(6)], dim=1)
        features = torch.cat([free / SPEED_UNIT, felt.flatten(1), octaves.sin(), octaves.cos()], dim=1)
        speed = free.norm(dim=1, keepdim=True)
        step, after = (self.correct(features) * speed).split(2, dim=1)
        moved = torch.maximum(torch.minimum(pose[:, :2] + free + step, self.high), self.low)
        turned = torch.remainder(heading, 360.0)
        return torch.cat([moved, turned[:, None]], dim=1), (free + after) * self.friction
