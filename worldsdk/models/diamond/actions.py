"""From the control vector to the action vector that the networks' tables are multiplied with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.diamond.config import ActionsConfig


class Actions(nn.Module):
    """Control vectors [..., controls] in [-1, 1] -> action vectors [..., actions] of zeros and ones."""

    needs: Tensor
    rank: Tensor

    def __init__(self, config: ActionsConfig) -> None:
        super().__init__()
        self.config = config
        needs = torch.zeros(max(1, len(config.choices)), config.controls)
        for row, choice in enumerate(config.choices):
            needs[row, list(choice)] = 1.0
        # Among actions whose buttons are all held, the one with the most; of equals, the first.
        rank = needs.sum(1) * len(needs) - torch.arange(len(needs))
        self.register_buffer("needs", needs, persistent=False)
        self.register_buffer("rank", rank, persistent=False)
        for number, bins in enumerate(config.axes):
            scale = max(abs(value) for value in bins)
            self.register_buffer(f"bins{number}", torch.tensor(bins) / scale, persistent=False)

    def forward(self, controls: Tensor) -> Tensor:
        return self._choice(controls) if self.config.choices else self._levels(controls)

    def _choice(self, controls: Tensor) -> Tensor:
        released = (controls <= 0.5).float()
        lacking = released @ self.needs.T
        best = torch.where(lacking > 0.0, self.rank.amin() - 1.0, self.rank).argmax(-1)
        return F.one_hot(best, len(self.needs)).float()

    def _levels(self, controls: Tensor) -> Tensor:
        held = (controls[..., : self.config.buttons] > 0.5).float()
        for first, second in self.config.exclusive:
            held[..., second] = held[..., second] * (1.0 - held[..., first])
        parts = [held]
        for number in range(len(self.config.axes)):
            bins = self.get_buffer(f"bins{number}")
            value = controls[..., self.config.buttons + number, None]
            nearest = (value - bins).abs().argmin(-1)
            parts.append(F.one_hot(nearest, len(bins)).float())
        return torch.cat(parts, dim=-1)
