"""Things: objects followed one by one, with a place in the world of their own.

Each slot holds one thing or none. A tick decides for each whether it stays, whether it moves and where to,
and whether something new appears; what chance decides in the game is drawn here too, from the tick's own
noise. Newcomers and steps are drawn from among those seen in the recordings: how far a monster strides and
where things appear is known exactly, only when and which way is learnt. A mean of ways to go would not do:
who turns now and then would walk straight on for ever. What is not seen goes on existing, which no memory of
pictures alone can promise (compare SlotFormer, Wu et al. 2023; here the slots are supervised by the game's
own list of objects).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.situation import STILL, THING, Situation, uniform
from worldsdk.models.anchored.sprites import ANGLE, KIND, X, Y

WIDTH = 96
MOVED = 0.05
"""Map units that count as a move."""
BIRTHS = 512
"""Recorded newcomers that are kept: kind, x, y, z and angle of each."""
STEPS = 24
"""Recorded steps that are kept, in map units: the most frequent."""
SIDES = 8
"""Headings that are told apart, evenly all around: what moves in games of its time knows no more."""


@dataclass(frozen=True)
class Prospects:
    """What may become of things in a tick.

    Attributes:
        stays, moves: logits [B, S].
        step: logits [B, S, STEPS] of the steps of one that moves.
        facing: logits [B, S, SIDES] of its heading after a step.
        newcomer: logit [B].
        around: [B, WIDTH]. hidden: [B, S, WIDTH].
    """

    stays: Tensor
    moves: Tensor
    step: Tensor
    facing: Tensor
    newcomer: Tensor
    around: Tensor
    hidden: Tensor


class Things(nn.Module):
    """(pose, things, circumstances) -> what becomes of them."""

    births: Tensor
    steps: Tensor

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.slots = config.slots
        self.situation = Situation(config, WIDTH)
        self.fate = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 2 + STEPS + SIDES))
        self.newcomer = nn.Sequential(nn.Linear(2 * WIDTH + 1, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 1))
        self.register_buffer("births", torch.zeros(BIRTHS, 5))
        self.register_buffer("steps", torch.zeros(STEPS, 3))

    @property
    def dice(self) -> int:
        """Random numbers that ``advance`` takes."""
        return 4 * self.slots + 2

    def forward(
        self, pose: Tensor, things: Tensor, since: Tensor, recent: Tensor, facts: Tensor
    ) -> Prospects:
        """Arguments as for ``Situation``."""
        around, hidden = self.situation(pose, things, since, recent, facts)
        out = self.fate(hidden)
        count = (things[..., KIND] > 0.5).float().sum(1, keepdim=True) / self.slots
        newcomer = self.newcomer(torch.cat([around, hidden.amax(1), count], dim=1))
        step, facing = out[..., 2 : 2 + STEPS], out[..., 2 + STEPS :]
        return Prospects(out[..., 0], out[..., 1], step, facing, newcomer[:, 0], around, hidden)

    def advance(self, things: Tensor, prospects: Prospects, dice: Tensor) -> Tensor:
        """Things [B, S, THING] after the tick; dice: standard normal [B, ``dice``]."""
        chance = uniform(dice)
        stay, move, way, side = chance[:, : 4 * self.slots].view(-1, 4, self.slots).unbind(1)
        there = things[..., KIND] > 0.5
        stays = there & (stay < prospects.stays.sigmoid())
        moves = stays & (move < prospects.moves.sigmoid())
        step = self.steps[_drawn(prospects.step, way)]
        heading = _drawn(prospects.facing, side) * (360.0 / SIDES)
        moved = torch.cat(
            [
                things[..., KIND : KIND + 1],
                things[..., X : Y + 2] + step,
                heading[..., None],
                step,
                torch.zeros_like(step[..., :1]),
            ],
            dim=-1,
        )
        waiting = torch.cat([things[..., :STILL], things[..., STILL:] + 1.0], dim=-1)
        after = torch.where(moves[..., None], moved, waiting) * stays[..., None]
        born = chance[:, -2] < prospects.newcomer.sigmoid()
        row = (chance[:, -1] * len(self.births)).long().clamp(max=len(self.births) - 1)
        newcomer = F.pad(self.births[row], (0, THING - 5))
        # A slot that was free before: what left this tick is not replaced on the spot.
        free = ~there
        slot = free.float().argmax(1)
        appears = born & free.any(1) & (newcomer[:, KIND] > 0.5)
        chosen = F.one_hot(slot, things.shape[1]).bool() & appears[:, None]
        return torch.where(chosen[..., None], newcomer[:, None], after)


def _drawn(logits: Tensor, chance: Tensor) -> Tensor:
    """Index [B, S] drawn from logits [B, S, N] by numbers spread evenly over 0 to 1, [B, S]."""
    below = logits.softmax(-1).cumsum(-1) < chance[..., None]
    return below.sum(-1).clamp(max=logits.shape[-1] - 1)


def remember(recorded: Tensor) -> Tensor:
    """Things [B, S, THING] at the end of recorded ones [B, T, S, 6]: kind, x, y, z, angle, identity."""
    now = recorded[:, -1]
    step = torch.zeros_like(now[..., :3])
    still = torch.zeros_like(now[..., :1])
    for tick in range(1, recorded.shape[1]):
        before, after = recorded[:, tick - 1], recorded[:, tick]
        same = (before[..., KIND] > 0.5) & (before[..., 5] == after[..., 5]) & (after[..., KIND] > 0.5)
        change = (after[..., X:ANGLE] - before[..., X:ANGLE]) * same[..., None]
        moved = (change.abs().amax(-1, keepdim=True) > MOVED) & same[..., None]
        step = torch.where(moved, change, step * same[..., None])
        still = torch.where(moved, 0.0, (still + 1.0) * same[..., None])
    out = torch.cat([now[..., :5], step, still], dim=-1)
    return out * (now[..., KIND, None] > 0.5)
