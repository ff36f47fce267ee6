"""What decides about things and happenings: where things are from the walker, and what has been going on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.sprites import ANGLE, KIND, X, Y, Z
from worldsdk.models.camera import heading_vector

THING = 9
"""Columns of a thing as it is remembered: those of ``sprites``, its last step in x, y and z, and STILL."""
STEP = slice(5, 8)
STILL = 8
"""Ticks since it last moved."""
RECENT = 8
"""Ticks whose controls are remembered: weapons fire some ticks after the trigger is pulled."""
LONGEST = 64
"""Ticks that are told apart when counting since when something has not happened."""
STILL_BINS = 16
NUMBERS = 25
"""Features of a thing besides its kind and how long it has stood still."""


def uniform(dice: Tensor) -> Tensor:
    """Standard normal numbers -> numbers spread evenly over 0 to 1."""
    return 0.5 * (1.0 + torch.erf(dice * 0.5**0.5))


class Situation(nn.Module):
    """Embeds the walker's circumstances, and each thing as the walker finds it."""

    def __init__(self, config: AnchoredConfig, width: int) -> None:
        super().__init__()
        self.kinds, self.facets = len(config.things), config.facets
        counters = len(config.meters) + 2
        facts = config.controls + len(config.meters)
        self.around = nn.Linear(facts + RECENT * config.controls + counters * LONGEST, width)
        self.each = nn.Linear(self.kinds + NUMBERS + STILL_BINS + width, width)
        self.mixed = nn.Linear(2 * width, width)

    def forward(
        self, pose: Tensor, things: Tensor, since: Tensor, recent: Tensor, facts: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What is known before the tick's outcome.

        Args:
            pose: [B, 3], after this tick's move.
            things: [B, S, THING], before this tick.
            since: [B, meters + 2], ticks since each meter fell, and since a thing and a
                reward came.
            recent: [B, RECENT, controls], oldest first. facts: [B, controls + meters] of this tick.

        Returns:
            [B, width] of all together and [B, S, width] of each thing.
        """
        counted = F.one_hot(since.long().clamp(0, LONGEST - 1), LONGEST).float().flatten(1)
        around = F.silu(self.around(torch.cat([facts, recent.flatten(1), counted], dim=1)))
        there = things[..., KIND, None] > 0.5
        each = torch.cat(
            [self.features(pose, things), around[:, None].expand(-1, things.shape[1], -1)], dim=2
        )
        hidden = F.silu(self.each(each)) * there
        both = torch.cat([hidden, hidden.amax(1, keepdim=True).expand_as(hidden)], dim=2)
        hidden = F.silu(self.mixed(both)) * there
        return around, hidden

    def features(self, pose: Tensor, things: Tensor) -> Tensor:
        """[B, S, kinds + NUMBERS + STILL_BINS]."""
        cos, sin = heading_vector(pose[:, 2, None])
        dx, dy = things[..., X] - pose[:, 0, None], things[..., Y] - pose[:, 1, None]
        ahead, aside = dx * cos + dy * sin, dx * sin - dy * cos
        distance = (dx.square() + dy.square() + 1.0).sqrt()
        turned_cos, turned_sin = heading_vector(things[..., ANGLE] - pose[:, 2, None])
        step = things[..., STEP] / 8.0
        bearing = aside / distance
        numbers = torch.stack(
            [
                ahead / 256.0,
                aside / 256.0,
                ahead / distance,
                bearing,
                # Aim is a matter of degrees: finer scales of the bearing, in front only.
                (bearing * 8.0).clamp(-2.0, 2.0) * (ahead > 0.0),
                (bearing * 32.0).clamp(-2.0, 2.0) * (ahead > 0.0),
                (aside / 16.0).clamp(-2.0, 2.0) * (ahead > 0.0),
                distance.log() - 5.0,
                # The game's bodies are squares along the map's axes.
                (dx / 32.0).clamp(-2.0, 2.0),
                (dy / 32.0).clamp(-2.0, 2.0),
                (torch.maximum(dx.abs(), dy.abs()) / 32.0).clamp(max=4.0),
                things[..., Z] / 32.0,
                turned_cos,
                turned_sin,
                step[..., 0] * cos + step[..., 1] * sin,
                step[..., 0] * sin - step[..., 1] * cos,
                step[..., 2],
                (ahead > 0.0).float(),
                (distance < 96.0).float(),
                # By the map's axes: what comes for the walker does not care where the walker looks.
                dx / 256.0,
                dy / 256.0,
                step[..., 0],
                step[..., 1],
                *heading_vector(things[..., ANGLE]),
            ],
            dim=-1,
        )
        kind = F.one_hot(things[..., KIND].round().long().clamp(0, self.kinds), self.kinds + 1)[..., 1:]
        still = F.one_hot(things[..., STILL].long().clamp(0, STILL_BINS - 1), STILL_BINS)
        return torch.cat([numbers, kind.float(), still.float()], dim=-1)


def counted(meters: Tensor, things: Tensor) -> Tensor:
    """``since`` [B, M + 2] at the end of recorded meters [B, T, M] and things [B, T, S, 6].

    What did not happen in those ticks is taken to have happened just before them. Rewards are not known.
    """
    # Falls alone: what hurts comes on a beat of its own, whatever is picked up between.
    fell = meters.diff(dim=1) < 0.0
    new = (things[:, 1:, :, KIND] > 0.5) & (things[:, :-1, :, KIND] < 0.5)
    events = torch.cat([fell, new.any(-1)[..., None], new.new_zeros(*new.shape[:2], 1)], dim=-1)
    since = torch.zeros_like(events[:, 0], dtype=torch.float32)
    for tick in range(events.shape[1]):
        since = torch.where(events[:, tick], 0.0, since + 1.0)
    return since
