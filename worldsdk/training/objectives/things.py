"""How things fare: one tick at a time, from the game's own list of objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.errors import RecipeError
from worldsdk.models.anchored import AnchoredModel
from worldsdk.models.anchored.outcomes import Odds
from worldsdk.models.anchored.situation import LONGEST, RECENT, STEP, STILL, THING
from worldsdk.models.anchored.sprites import ANGLE, KIND, X
from worldsdk.models.anchored.things import BIRTHS, MOVED, SIDES, STEPS, Prospects
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.objective import Objective
from worldsdk.training.recipe import Stage

EVENTFUL = 0.5
"""Share of draws from ticks in which something happened: they are few, and all that matters is in them."""
IDENTITY = 5
"""Column of a recorded thing: which object it is."""


class ThingsObjective(Objective):
    """Which things stay, move, appear, and what that does to meters, reward and end. No pictures."""

    def __init__(self, model: AnchoredModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        if model.things is None or model.outcomes is None or "things" not in footage.layers:
            raise RecipeError(
                "no things to follow",
                where=f"stage {stage.name!r}",
                fix="name `things` in [model], record them",
            )
        self.anchored, self.things, self.outcomes = model, model.things, model.outcomes
        self.rows = _remembered(footage)
        change = F.pad(footage.variables[:, 5:].diff(dim=0), (0, 0, 1, 0))
        happened = (change != 0.0).any(1) | self.rows.born | self.rows.gone | (footage.reward != 0.0)
        happened |= footage.ended > 0.0
        self.at = footage.windows(1, 1)
        eventful = self.at[happened.cpu().numpy()[self.at]]
        self.eventful = eventful if len(eventful) else self.at
        share = len(self.eventful) / len(self.at)
        # How often each is drawn too much or too little, so that chances come out as they are.
        quiet = 1.0 / (1.0 - EVENTFUL)
        self.weight = torch.where(happened, share / (EVENTFUL + (1.0 - EVENTFUL) * share), quiet)
        self.since = _since(footage, change < 0.0, self.rows.born)
        model.things.births.copy_(_births(footage, self.rows, model.things.births.device))
        model.things.steps.copy_(_steps(footage, self.rows))

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch

    def parameters(self) -> Iterator[nn.Parameter]:
        return chain(self.things.parameters(), self.outcomes.parameters())

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        footage, device = self.footage, self.footage.pixels.device
        several = int(self.stage.batch * EVENTFUL)
        rows: NDArray[np.int64] = np.concatenate(
            [draw.choice(self.eventful, several), draw.choice(self.at, self.stage.batch - several)]
        )
        now = torch.from_numpy(rows).to(device)
        pose = footage.variables[now, :3]
        before, after = self.rows.things[now - 1], footage.layers["things"][now]
        facts = self.anchored.facts(footage.controls[now], footage.variables[now - 1, 5:])
        with torch.autocast(device.type, enabled=False):
            prospects = self.things(pose, before, self.since[now - 1], self._recent(now), facts)
            meters = facts[:, self.anchored.config.controls :]
            odds = self.outcomes(prospects, before, after, meters)
            terms = self._fates(now, before, after, prospects) | self._outcomes(now, odds)
        terms["total"] = torch.stack(list(terms.values())).sum()
        return terms

    def _recent(self, now: Tensor) -> Tensor:
        """Controls [B, RECENT, A] of the ticks before, at rest before the episode."""
        ticks = now[:, None] - torch.arange(RECENT, 0, -1, device=now.device)
        inside = ticks >= self.footage.first[now][:, None]
        return self.footage.controls[ticks.clamp(min=0)] * inside[..., None]

    def _fates(self, now: Tensor, before: Tensor, after: Tensor, prospects: Prospects) -> dict[str, Tensor]:
        # The last tick of an episode is not drawn: what became of things in it is not known.
        weight = self.weight[now] * (self.footage.ended[now] == 0.0)
        there = (before[..., KIND] > 0.5).float()
        stays = ((after[..., KIND] > 0.5) & ~self.rows.new[now]).float() * there
        change = after[..., X:ANGLE] - before[..., X:ANGLE]
        moves = (change.abs().amax(-1) > MOVED).float() * stays
        step = torch.cdist(change, self.things.steps).argmin(-1)
        side = (after[..., ANGLE] * (SIDES / 360.0)).round().long().remainder(SIDES)
        each = weight[:, None] * there
        staying = F.binary_cross_entropy_with_logits(prospects.stays, stays, each, reduction="sum")
        moving = F.binary_cross_entropy_with_logits(prospects.moves, moves, each * stays, reduction="sum")
        moved = weight[:, None] * moves
        stepping = (F.cross_entropy(prospects.step.movedim(-1, 1), step, reduction="none") * moved).sum()
        facing = (F.cross_entropy(prospects.facing.movedim(-1, 1), side, reduction="none") * moved).sum()
        newcomer = F.binary_cross_entropy_with_logits(
            prospects.newcomer, self.rows.born[now].float(), weight, reduction="mean"
        )
        count = float(len(now))
        return {
            "stays": staying / count,
            "moves": moving / count,
            "step": stepping / count,
            "facing": facing / count,
            "newcomer": newcomer,
        }

    def _outcomes(self, now: Tensor, odds: Odds) -> dict[str, Tensor]:
        model, footage = self.anchored, self.footage
        weight = self.weight[now]
        going_on = weight * (footage.ended[now] == 0.0)
        change = (footage.variables[now, 5:] - footage.variables[now - 1, 5:]) / (model.high - model.low)
        both = torch.cat([change, footage.reward[now, None]], dim=1)
        happens = (both != 0.0).float()
        chance = F.binary_cross_entropy_with_logits(odds.happens, happens, reduction="none")
        amount = (odds.amount - both).abs() * happens
        ended = F.binary_cross_entropy_with_logits(odds.end, footage.ended[now], reduction="none")
        # Meters are not recorded once more when an episode ends; what it pays for that is.
        told = torch.cat([going_on[:, None].expand_as(change), weight[:, None]], dim=1)
        return {
            "happens": (chance * told).sum(1).mean(),
            "amount": 4.0 * (amount * told).sum(1).mean(),
            "end": (ended * weight).mean(),
        }


@dataclass(frozen=True)
class _Rows:
    """What the recorded things come to, row by row.

    Attributes:
        things: [N, S, THING], as the model remembers them.
        new: bool [N, S], things that were not there a tick before.
        gone: bool [N], whether any left.
    """

    things: Tensor
    new: Tensor
    gone: Tensor

    @property
    def born(self) -> Tensor:
        """bool [N], whether any is new."""
        return self.new.any(1)


def _remembered(footage: Footage) -> _Rows:
    recorded = footage.layers["things"]
    count, slots = recorded.shape[:2]
    inside = (torch.arange(count, device=recorded.device) > footage.first)[:, None]
    there = recorded[..., KIND] > 0.5
    last = recorded.roll(1, dims=0)
    same = there & (last[..., KIND] > 0.5) & (last[..., IDENTITY] == recorded[..., IDENTITY]) & inside
    change = (recorded[..., X:ANGLE] - last[..., X:ANGLE]) * same[..., None]
    moved = (change.abs().amax(-1) > MOVED) & same
    things = torch.zeros(count, slots, THING, device=recorded.device)
    things[..., :5] = recorded[..., :5] * there[..., None]
    step = torch.zeros(slots, 3, device=recorded.device)
    still = torch.zeros(slots, device=recorded.device)
    for row in range(count):
        step = torch.where(moved[row, :, None], change[row], step * same[row, :, None])
        still = torch.where(moved[row], 0.0, (still + 1.0) * same[row])
        things[row, :, 5:STILL], things[row, :, STILL] = step, still
    new = there & ~same & inside
    gone = ((last[..., KIND] > 0.5) & ~same & inside).any(1)
    return _Rows(things * there[..., None], new, gone)


def _since(footage: Footage, fell: Tensor, born: Tensor) -> Tensor:
    """``since`` [N, M + 2] after each row."""
    events = torch.cat([fell, born[:, None], (footage.reward != 0.0)[:, None]], dim=1)
    count = len(events)
    ticks = torch.arange(count, device=events.device)[:, None]
    begun = torch.where(events | (ticks == footage.first[:, None]), ticks, 0).cummax(0).values
    return (ticks - torch.maximum(begun, footage.first[:, None])).float().clamp(max=LONGEST)


def _births(footage: Footage, rows: _Rows, device: torch.device) -> Tensor:
    """Newcomers [BIRTHS, 5] spread over the training episodes; repeated where there were fewer."""
    frames = torch.from_numpy(footage.train).to(device)
    found = footage.layers["things"][frames][rows.new[frames]][:, :5]
    if len(found) == 0:
        return torch.zeros(BIRTHS, 5, device=device)
    picks = torch.linspace(0, len(found) - 1, BIRTHS, device=device).long()
    return found[picks]


def _steps(footage: Footage, rows: _Rows) -> Tensor:
    """The most frequent steps [STEPS, 3] of the training episodes; none where there are fewer."""
    things = rows.things[torch.from_numpy(footage.train).to(rows.things.device)]
    moved = things[(things[..., KIND] > 0.5) & (things[..., STILL] == 0.0)][:, STEP]
    moved = moved[moved.abs().amax(-1) > MOVED]
    rounded = (moved * 2.0).round().cpu().numpy()
    _, which, counts = np.unique(rounded, axis=0, return_inverse=True, return_counts=True)
    steps = things.new_zeros(STEPS, 3)
    for row, kind in enumerate(np.argsort(-counts)[:STEPS]):
        # As recorded: told apart by half a map unit, the mean of those that are told to be one.
        steps[row] = moved[torch.from_numpy(which.ravel() == kind).to(moved.device)].mean(0)
    return steps
