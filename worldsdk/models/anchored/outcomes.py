"""What happens where things are followed: reward, end, and the meters, from who was there and who is gone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.situation import uniform
from worldsdk.models.anchored.sprites import KIND
from worldsdk.models.anchored.things import WIDTH, Prospects


@dataclass(frozen=True)
class Odds:
    """Attributes:
    happens: logits [B, meters + 1] of each meter and the reward changing.
    amount: [B, meters + 1] of a change, as a share of the meter's range; the reward in its own unit.
    end: logit [B].
    """

    happens: Tensor
    amount: Tensor
    end: Tensor


class Outcomes(nn.Module):
    """(Prospects, things before and after) -> Odds."""

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.meters = len(config.meters)
        kinds = len(config.things)
        self.kinds = kinds
        self.decide = nn.Sequential(
            nn.Linear(3 * WIDTH + 2 * kinds + self.meters, 128),
            nn.SiLU(),
            nn.Linear(128, 2 * (self.meters + 1) + 1),
        )

    @property
    def dice(self) -> int:
        """Random numbers that ``draw`` takes."""
        return self.meters + 1

    def forward(self, prospects: Prospects, before: Tensor, after: Tensor, meters: Tensor) -> Odds:
        """before, after: things [B, S, >= 5]; meters: [B, meters] in [0, 1], before this tick."""
        there, here = before[..., KIND] > 0.5, after[..., KIND] > 0.5
        gone, new = there & ~here, here & ~there
        counts = [
            torch.stack([(flags & (kind.round() == k + 1)).sum(1) for k in range(self.kinds)], dim=1).float()
            for flags, kind in ((gone, before[..., KIND]), (new, after[..., KIND]))
        ]
        left = (prospects.hidden * gone[..., None]).amax(1)
        seen = torch.cat([prospects.around, prospects.hidden.amax(1), left, *counts, meters], dim=1)
        out = self.decide(seen)
        both = self.meters + 1
        return Odds(out[:, :both], out[:, both : 2 * both], out[:, -1])

    def draw(self, odds: Odds, dice: Tensor) -> Tensor:
        """[B, 2 + meters] as ``Events`` gives them; dice: standard normal [B, ``dice``]."""
        change = odds.amount * (uniform(dice) < odds.happens.sigmoid())
        return torch.cat([change[:, -1:], odds.end[:, None], change[:, :-1]], dim=1)
