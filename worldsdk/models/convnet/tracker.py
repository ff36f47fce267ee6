"""What cannot be seen and must be remembered: state variables, reward and end, followed tick by tick."""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.convnet.config import ConvnetConfig


class Tracker(nn.Module):
    """Last frame, variables and controls -> next variables, reward, logit of the end."""

    low: Tensor
    span: Tensor
    least: Tensor
    most: Tensor
    periodic: Tensor
    whole: Tensor

    def __init__(self, config: ConvnetConfig) -> None:
        super().__init__()
        variables = config.variables
        self.register_buffer("low", torch.tensor([v.low for v in variables]), persistent=False)
        self.register_buffer("span", torch.tensor([v.high - v.low for v in variables]), persistent=False)
        least, most = zip(*(config.bound(v) for v in variables), strict=True) if variables else ((), ())
        self.register_buffer("least", torch.tensor(least), persistent=False)
        self.register_buffer("most", torch.tensor(most), persistent=False)
        self.register_buffer(
            "periodic", torch.tensor([v.period > 0 for v in variables]).bool(), persistent=False
        )
        self.register_buffer(
            "whole", torch.tensor([v.name in config.whole for v in variables]).bool(), persistent=False
        )
        self.code_size = 3 * len(variables)
        # The controls enter as planes: what a press does is decided by what is there where one stands.
        self.look = nn.Sequential(
            nn.Conv2d(48 + config.controls, 64, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.SiLU(),
        )
        self.decide = nn.Sequential(
            nn.Linear(2 * 64 + self.code_size + config.controls, 256),
            nn.SiLU(),
            nn.Linear(256, 256),
            nn.SiLU(),
            nn.Linear(256, len(variables) + 2),
        )
        last = cast(nn.Linear, self.decide[-1])
        nn.init.zeros_(last.weight)

    def code(self, variables: Tensor) -> Tensor:
        """[B, V] in their units -> [B, code_size]: share of the range, and its angle of a full turn."""
        share = (variables - self.low) / self.span
        angle = 2.0 * math.pi * share
        return torch.cat([share * ~self.periodic, angle.sin(), angle.cos()], dim=1)

    def forward(self, last: Tensor, variables: Tensor, controls: Tensor) -> tuple[Tensor, Tensor]:
        """last [B, 3, H, W] in [-1, 1] -> change of each variable as a share of its range, [reward, end]."""
        picture = F.pixel_unshuffle(last, 4)
        planes = controls[:, :, None, None].expand(-1, -1, *picture.shape[2:])
        seen = self.look(torch.cat([picture, planes], dim=1))
        pooled = torch.cat([seen.amax(dim=(2, 3)), seen.mean(dim=(2, 3))], dim=1)
        out: Tensor = self.decide(torch.cat([pooled, self.code(variables), controls], dim=1)).float()
        return out[:, 2:], out[:, :2]

    def apply_change(self, variables: Tensor, change: Tensor) -> Tensor:
        """The next variables, kept in bounds, wrapped and rounded as each asks for."""
        moved = variables + change * self.span
        moved = torch.where(self.whole, moved.round(), moved)
        bounded = torch.maximum(torch.minimum(moved, self.most), self.least)
        wrapped = self.low + torch.remainder(moved - self.low, self.span.clamp(min=1e-6))
        return torch.where(self.periodic, wrapped, bounded)
