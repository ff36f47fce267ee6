"""How what is steered moves over the ground, and what comes of it: variables, reward, end."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.convnet.ground import Ground
from worldsdk.models.convnet.overhead_config import OverheadConfig

SLACK = 0.02
"""Metres and radians a tick that the learnt correction of the kinematics counts in."""
REST = 0.25
"""Part of a tick's usual change below which every velocity must be for what is not driven to be at rest."""
SHUT = 0.05
"""Part of its usual spread below which a drive counts as shut."""
SHARPNESS = 4.0
"""How sure of the end it is, per metre beyond the verge."""


class Motion(nn.Module):
    """(variables [B, V], controls [B, A]) -> next variables, all float32.

    The pose follows from the velocity: its own, turned by the heading, times the tick, and a small learnt
    correction. The velocity and all else change by what a network makes of them, of the controls and of the
    ground under the wheels. What stands and is not driven stands for ever.
    """

    mean: Tensor
    spread: Tensor
    stride: Tensor
    low: Tensor
    high: Tensor
    moves: Tensor
    drives: Tensor
    alike: Tensor

    def __init__(self, config: OverheadConfig) -> None:
        super().__init__()
        own = config.variables[3:]
        self.tick = config.tick
        self.start, self.period = config.variables[2].low, config.variables[2].period
        # Facts of the footage: what is usual, and by how much a tick changes it.
        self.register_buffer("mean", torch.zeros(len(own)))
        self.register_buffer("spread", torch.ones(len(own)))
        self.register_buffer("stride", torch.ones(len(own)))
        self.register_buffer("low", torch.tensor([v.low for v in config.variables]), persistent=False)
        self.register_buffer("high", torch.tensor([v.high for v in config.variables]), persistent=False)
        self.register_buffer(
            "moves", torch.tensor([v.unit.endswith("/second") for v in own]), persistent=False
        )
        drives = torch.tensor([v.name in config.drives for v in own])
        self.register_buffer("drives", drives, persistent=False)
        # What is told in the same unit as the speed: how wheels slip is the difference.
        alike = torch.tensor([i for i, v in enumerate(own) if i and v.unit == own[0].unit], dtype=torch.long)
        self.register_buffer("alike", alike, persistent=False)
        inputs = 2 * len(own) + len(alike) + config.controls + 3 * len(config.ground.under)
        self.decide = nn.Sequential(
            nn.Linear(inputs, config.hidden),
            nn.SiLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.SiLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.SiLU(),
            nn.Linear(config.hidden, 3 + len(own)),
        )
        last = cast(nn.Linear, self.decide[-1])
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        # How much of a tick goes at the new velocity: the half where it changes evenly.
        self.newer = nn.Parameter(torch.tensor(0.5))
        self.pays = nn.Sequential(nn.Linear(3, 16), nn.SiLU(), nn.Linear(16, 1))
        self.costs = nn.Parameter(torch.zeros(1))

    def code(self, variables: Tensor) -> Tensor:
        """All but the pose, each in its own usual spread: [B, V - 3]."""
        return (variables[:, 3:] - self.mean) / self.spread

    def forward(self, variables: Tensor, controls: Tensor, under: Tensor) -> Tensor:
        """under: as ``Ground.under`` gives it, before the tick."""
        own = variables[:, 3:]
        # Small differences decide what great ones no longer change: whether a wheel slips at all.
        slip = (own[:, self.alike] - own[:, :1]) / self.stride[self.alike]
        fine = torch.cat([torch.asinh(own / self.stride), torch.asinh(slip)], dim=1)
        out = self.decide(torch.cat([self.code(variables), fine, controls, under], dim=1))
        change = out[:, 3:] * self.stride
        low, high = self.low[3:], self.high[3:]
        driven = torch.maximum(torch.minimum(own + change, high), low)
        alive = (own / self.stride).abs() * self.moves + (driven / self.spread).abs() * self.drives
        alive = torch.tanh(alive.sum(dim=1, keepdim=True))
        change = torch.where(self.moves, change * alive, change)
        after = self._at_rest(torch.maximum(torch.minimum(own + change, high), low))
        mean = torch.lerp(own[:, :3], after[:, :3], self.newer)
        slack = SLACK * out[:, :3] * alive
        turned = self.tick * mean[:, 2] + slack[:, 2]
        ahead, left = (self.tick * mean[:, :2] + slack[:, :2]).unbind(dim=1)
        # Along the chord of the arc.
        heading = variables[:, 2] + 0.5 * turned
        cos, sin = heading.cos(), heading.sin()
        x = variables[:, 0] + cos * ahead - sin * left
        y = variables[:, 1] + sin * ahead + cos * left
        place = torch.stack([x, y], dim=1)
        place = torch.maximum(torch.minimum(place, self.high[:2]), self.low[:2])
        onward = self.start + torch.remainder(variables[:, 2] + turned - self.start, self.period)
        return torch.cat([place, onward[:, None], after], dim=1)

    def _at_rest(self, own: Tensor) -> Tensor:
        """Velocities of nought where all are next to it, as by static friction: learnt ones only come near,
        and what creeps by a centimetre a second is somewhere else in an hour.
        """
        slow = ((own / self.stride).abs() < REST) | ~self.moves
        shut = ((own / self.spread).abs() < SHUT) | ~self.drives
        resting = (slow & shut).all(dim=1, keepdim=True)
        return torch.where(resting & self.moves, 0.0, own)

    def outcome(self, before: Tensor, after: Tensor, under: Tensor, ground: Ground) -> tuple[Tensor, Tensor]:
        """Reward [B] and the logit of the end [B]; under: after the tick.

        It pays by the metre, by what colour the ground has, and ends so far from where it pays.
        """
        driven = (after[:, :2] - before[:, :2]).norm(dim=1)
        reward = driven * F.softplus(self.pays(under[:, :3])[:, 0]) + self.costs
        beyond = (ground.distance(after) - ground.verge).clamp(min=-10.0)
        return reward, SHARPNESS * beyond
