"""Objective of the convnet family: the next frames, the variables behind them, reward and end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.errors import RecipeError
from worldsdk.models.blocks import to_signed
from worldsdk.models.convnet import ConvnetModel
from worldsdk.models.interface import WorldModel
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.objective import Objective, noise_levels, read_settings
from worldsdk.training.recipe import Stage


class FrameObjective(Objective):
    """Unrolls the model: true variables to paint by, its own frames to go on from. Not for ``overhead``.

    Settings: ``context_noise`` (largest standard deviation of the noise on past frames), ``refine`` (share
    of draws that start from a noised target), ``change_weight`` (extra weight of pixels that change between
    frames, which are few and matter), ``track_weight``, and ``blind`` (share of frames painted without any
    past: what state variables say of the view is learnt from those, and where a rollout goes on from one, how
    a picture that is off is led back to what they say).
    """

    def __init__(self, model: WorldModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        if not isinstance(model, ConvnetModel):
            raise RecipeError(
                "objective 'frame' is for worlds without [model.ground]",
                where=f"stage {stage.name!r}",
                fix="use the objectives motion and picture",
            )
        self.convnet = model
        self.at = footage.windows(model.spec.history, stage.unroll)
        self.settings = read_settings(
            stage,
            {
                "context_noise": 0.1,
                "refine": 0.3,
                "change_weight": 4.0,
                "track_weight": 0.5,
                "blind": 0.0,
            },
        )

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch * self.stage.unroll

    def parameters(self) -> Iterator[nn.Parameter]:
        return self.convnet.parameters()

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        footage, model, device = self.footage, self.convnet, self.footage.pixels.device
        batch, unroll, history = self.stage.batch, self.stage.unroll, model.spec.history
        at = torch.from_numpy(draw.choice(self.at, batch)).to(device)
        frames = list(
            to_signed(footage.pixels[at[:, None] + torch.arange(-history, 0, device=device)]).unbind(1)
        )
        sums: dict[str, Tensor] = {}
        for tick in range(unroll):
            now = at + tick
            truth, controls = to_signed(footage.pixels[now]), footage.controls[now]
            before, after = footage.variables[now - 1], footage.variables[now]
            past = torch.stack(frames[-history:], dim=1)
            strength = (
                torch.rand((batch, 1, 1, 1, 1), generator=noise, device=device)
                * self.settings["context_noise"]
            )
            past = past + torch.randn(past.shape, generator=noise, device=device) * strength
            change, happenings = model.tracker(past[:, -1], before, controls)
            if self.settings["blind"] > 0.0:
                blind = torch.rand((batch, 1, 1, 1, 1), generator=noise, device=device)
                nothing = torch.randn(past.shape, generator=noise, device=device)
                past = torch.where(blind < self.settings["blind"], nothing, past)
            level = noise_levels(batch, self.settings["refine"], noise, device, last=tick == unroll - 1)
            drawn = torch.randn(truth.shape, generator=noise, device=device)
            picture = model.paint(past, model.facts(controls, before, after), truth, drawn, level)
            # Squared besides: where a move is likely but not sure, the absolute error alone says "stay".
            wrong = ((picture - truth).square() + 0.2 * (picture - truth).abs()).mean(1)
            moving = ((truth - to_signed(footage.pixels[now - 1])).abs().amax(1) > 0.02).float()
            terms = {
                "picture": (wrong * (1.0 + self.settings["change_weight"] * moving)).mean(),
                "variables": self._track(change, before, after),
                "events": F.smooth_l1_loss(happenings[:, 0], footage.reward[now])
                + F.binary_cross_entropy_with_logits(happenings[:, 1], footage.ended[now]),
            }
            for name, term in terms.items():
                sums[name] = sums.get(name, picture.new_zeros(())) + term / unroll
            frames.append(picture.detach().clamp(-1.0, 1.0))
        sums["total"] = sums["picture"] + self.settings["track_weight"] * (sums["variables"] + sums["events"])
        return sums

    def _track(self, change: Tensor, before: Tensor, after: Tensor) -> Tensor:
        tracker = self.convnet.tracker
        if change.shape[1] == 0:
            return change.new_zeros(())
        step = (after - before) / tracker.span
        # The shorter way round, for what wraps.
        step = torch.where(tracker.periodic, torch.remainder(step + 0.5, 1.0) - 0.5, step)
        # Whole variables are told in their own unit: half of one decides which way they are rounded.
        unit = torch.where(tracker.whole, tracker.span, 10.0)
        return F.smooth_l1_loss(change * unit, step * unit, beta=0.25)
