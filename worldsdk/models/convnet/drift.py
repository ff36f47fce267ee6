"""How the whole picture moves when the camera follows what is steered: shifted and turned as one piece."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHIFT = 0.25
"""Half-widths of the picture, and radians, that an output of one stands for."""


class Drift(nn.Module):
    """Last frame and facts -> the last frame as it lies a tick later.

    A spatial transformer (Jaderberg et al. 2015) that may shift and turn, nothing else: seen from above, a
    road does not bend because one drives on it. What lay beyond the edge takes the edge's colour, for others
    to paint over.
    """

    def __init__(self, facts: int) -> None:
        super().__init__()
        self.rigid = nn.Sequential(nn.Linear(facts, 64), nn.SiLU(), nn.Linear(64, 3))
        # Beside it, since shift and turn are nearly proportional to speed and yaw rate.
        self.straight = nn.Linear(facts, 3, bias=False)
        nn.init.zeros_(cast(nn.Linear, self.rigid[-1]).weight)
        nn.init.zeros_(self.straight.weight)
        self.pivot = nn.Parameter(torch.zeros(2))

    def forward(self, last: Tensor, facts: Tensor) -> Tensor:
        """last [B, 3, H, W], facts [B, F] -> float32 [B, 3, H, W]."""
        across, down, turn = (SHIFT * (self.rigid(facts) + self.straight(facts)).float())[
            ..., None, None
        ].unbind(1)
        height, width = last.shape[2:]
        y, x = (
            (torch.arange(size, device=last.device) * 2.0 + 1.0) / size - 1.0 - pivot
            for size, pivot in zip((height, width), self.pivot.flip(0), strict=True)
        )
        cos, sin = turn.cos(), turn.sin()
        # Where each pixel looks in the last frame: turned about the pivot, then shifted. Pixels are square.
        grid = torch.stack(
            [
                cos * x - sin * y[:, None] + self.pivot[0] + across,
                sin * x + cos * y[:, None] + self.pivot[1] + down,
            ],
            dim=-1,
        )
        return F.grid_sample(last.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
