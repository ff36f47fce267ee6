"""What goes along with the camera and is not ground: the car, whose wheels turn."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.convnet.overhead_config import OverheadConfig

HIDDEN = 32


class Overlay(nn.Module):
    """Ground as it is seen, and facts -> the picture.

    A pixel is part ground and part something else. How much, and what colour that has, are pictures of
    their own: sums of a few, by weights that a network makes of the facts (as faces are in Blanz and Vetter
    1999). Only pixels that the survey found to show more than ground have any.
    """

    alien: Tensor

    def __init__(self, config: OverheadConfig) -> None:
        super().__init__()
        self.register_buffer("alien", torch.ones((config.height, config.width), dtype=torch.bool))
        self.sheets = nn.Parameter(torch.zeros(config.sheets, 4, config.height, config.width))
        self.weigh = nn.Sequential(
            nn.Linear(len(config.variables) - 3, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, config.sheets)
        )
        with torch.no_grad():
            # The first is what is always there.
            cast(Tensor, self.weigh[-1].bias)[0] = 1.0

    def forward(self, ground: Tensor, facts: Tensor) -> Tensor:
        """ground [B, 3, H, W] in [-1, 1], facts [B, F] -> picture [B, 3, H, W].

        Ground may be seen a whole number of times finer than frames were recorded.
        """
        sheets = (self.weigh(facts) @ self.sheets.flatten(1)).view(-1, *self.sheets.shape[1:])
        sheets = sheets * self.alien
        if sheets.shape[2:] != ground.shape[2:]:
            sheets = F.interpolate(sheets, size=ground.shape[2:], mode="bilinear", align_corners=False)
        cover, colour = sheets.split((1, 3), dim=1)
        # Covered ground is as if it were mid-grey, zero: the colour is what comes on top.
        picture: Tensor = ground * (1.0 - cover) + colour
        return picture
