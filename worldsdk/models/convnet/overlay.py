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
        rows, columns = self._box()
        part = self.sheets[:, :, rows, columns]
        sheets = (self.weigh(facts) @ part.flatten(1)).view(-1, *part.shape[1:]) * self.alien[rows, columns]
        fine = ground.shape[2] // len(self.alien)
        if fine > 1:
            sheets = F.interpolate(sheets, scale_factor=float(fine), mode="bilinear", align_corners=False)
        cover, colour = sheets.split((1, 3), dim=1)
        rows, columns = (slice(side.start * fine, side.stop * fine) for side in (rows, columns))
        picture = ground.clone()
        # Covered ground is as if it were mid-grey, zero: the colour is what comes on top.
        picture[:, :, rows, columns] = ground[:, :, rows, columns] * (1.0 - cover) + colour
        return picture

    def _box(self) -> tuple[slice, slice]:
        """Rows and columns outside of which there is nothing but ground, one more to each side."""
        sides = []
        for axis, size in ((1, self.alien.shape[0]), (0, self.alien.shape[1])):
            found = self.alien.any(dim=axis).nonzero()
            first, last = (int(found[0]), int(found[-1])) if len(found) else (0, 0)
            sides.append(slice(max(first - 1, 0), min(last + 2, size)))
        return sides[0], sides[1]
