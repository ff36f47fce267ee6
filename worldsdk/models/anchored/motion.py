"""How the walker moves: from pose, velocity and controls to the next pose and velocity.

Learned, but given the right shape: free movement is linear in the walker's own frame (thrust and
friction), and what the walls do to it is a correction read from a learned map around the walker. The
correction is scaled by the free movement, so that who stands still stays exactly where they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.camera import heading_vector

PROBE_RADII = (10.0, 18.0, 26.0, 40.0)
"""Map units from the walker at which the map is felt; a Doom player's radius is 16."""
PROBE_DIRECTIONS = 8
SPEED_UNIT = 8.0
"""Map units a tick that count as 1 inside the network."""


GROUND_CELLS = 128
"""Side of the square survey of walked ground."""


class Motion(nn.Module):
    """(pose [B, 3], velocity [B, 2], controls [B, A]) -> (next pose, next velocity), all float32."""

    probes: Tensor
    low: Tensor
    high: Tensor
    fastest: Tensor
    ground: Tensor

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
        vx, vy = config.variables[3:5]
        fastest = torch.tensor([max(-vx.low, vx.high), max(-vy.low, vy.high)])
        self.register_buffer("fastest", fastest, persistent=False)
        row, column = np.indices((GROUND_CELLS, GROUND_CELLS))
        self.register_buffer("ground", _middle(row, column, (x.low, y.low), (x.high, y.high)))
        inputs = 2 + (channels + 1) * len(self.probes) + 24
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
        # What is felt is cut off from the gradient: through sixteen ticks of walls it would explode. Errors
        # of earlier ticks are still answered for along the free movement, whose gradient cannot grow.
        position, moving = pose[:, :2].detach(), free.detach()
        probes = position[:, None] + self.probes
        grid = (probes - self.low) / (self.high - self.low) * 2.0 - 1.0
        # One sampling of the one map for all walkers: expanding the map would give each its own gradient.
        felt = F.grid_sample(
            self.walls, grid[None], mode="bilinear", padding_mode="border", align_corners=False
        )[0].movedim(0, 1)
        nearest = F.grid_sample(
            self.ground[None], grid[None], mode="nearest", padding_mode="border", align_corners=False
        )[0].movedim(0, -1)
        solid = ((nearest - probes).abs() / (self.high - self.low) * GROUND_CELLS).amax(-1).clamp(max=2.0)
        place = (position - self.low) / (self.high - self.low)
        octaves = torch.cat([place * (math.pi * 2.0**k) for k in range(6)], dim=1)
        features = torch.cat(
            [moving / SPEED_UNIT, felt.flatten(1), solid, octaves.sin(), octaves.cos()], dim=1
        )
        speed = moving.norm(dim=1, keepdim=True)
        step, after = (self.correct(features) * speed).split(2, dim=1)
        moved = torch.maximum(torch.minimum(pose[:, :2] + free + step, self.high), self.low)
        moved = self._back_to_ground(moved)
        turned = torch.remainder(heading, 360.0)
        # A velocity that nobody ever had is a mistake that would feed on itself from tick to tick.
        onward = torch.maximum(torch.minimum((free + after) * self.friction, self.fastest), -self.fastest)
        return torch.cat([moved, turned[:, None]], dim=1), onward

    def _back_to_ground(self, position: Tensor) -> Tensor:
        """[B, 2]: off the walked ground, the nearest point of the nearest walked cell; else as it is."""
        half = (self.high - self.low) / (2 * GROUND_CELLS)
        cell = (position.detach() - self.low) / (self.high - self.low) * GROUND_CELLS
        column, row = cell.long().clamp(0, GROUND_CELLS - 1).unbind(1)
        middle = self.ground[:, row, column].T
        back = torch.maximum(torch.minimum(position, middle + half), middle - half)
        # Straight through for the gradient: who is held back here should still learn to stop by themselves.
        return position + (back - position).detach()


def survey(positions: NDArray[np.float32], low: Sequence[float], high: Sequence[float]) -> Tensor:
    """Where the walked ground is: for every cell of the map the middle of the nearest cell walked on.

    Learned walls hold almost always; a walker who plays for an hour meets the exceptions, and inside a wall
    there is nothing to see and no way to learn. So where nobody stood in all the recordings, nobody stands.

    Args:
        positions: [N, 2], x and y of everywhere the walker was, map units.
        low, high: range of x and y.

    Returns:
        float32 [2, GROUND_CELLS, GROUND_CELLS]: x and y, map units.
    """
    walked, _, _ = np.histogram2d(
        positions[:, 1],
        positions[:, 0],
        bins=GROUND_CELLS,
        range=[[low[1], high[1]], [low[0], high[0]]],
    )
    # Cells that chance left out between walked ones; the thinnest walls keep walkers further apart.
    ground = ndimage.binary_closing(np.pad(walked > 0, 2), np.ones((3, 3)))[2:-2, 2:-2]
    row, column = ndimage.distance_transform_edt(~ground, return_distances=False, return_indices=True)
    return _middle(row, column, low, high)


def _middle(
    row: NDArray[np.int64], column: NDArray[np.int64], low: Sequence[float], high: Sequence[float]
) -> Tensor:
    cell = [(top - bottom) / GROUND_CELLS for bottom, top in zip(low, high, strict=True)]
    x, y = low[0] + (column + 0.5) * cell[0], low[1] + (row + 0.5) * cell[1]
    return torch.from_numpy(np.stack([x, y]).astype(np.float32))
