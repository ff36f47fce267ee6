"""A world seen from straight above: ground that is remembered, and what moves over it.

A tick goes: *Motion* moves the state variables, pose included; *Ground* is looked at from the new pose;
*Overlay* adds what is not ground. Nothing that lasts passes through dreamt frames, so nothing can fade or
drift away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from worldsdk.models.blocks import to_uint8
from worldsdk.models.convnet.ground import Ground
from worldsdk.models.convnet.motion import Motion
from worldsdk.models.convnet.overhead_config import OverheadConfig
from worldsdk.models.convnet.overlay import Overlay
from worldsdk.models.interface import Condition, Context, ModelSpec, Output, State, WorldModel


class OverheadModel(WorldModel):
    """State: ``variables`` float32 [B, V] in their units. All that is seen follows from them."""

    useful_threads = 1

    def __init__(self, config: OverheadConfig) -> None:
        super().__init__()
        self.config = config
        self.ground = Ground(config)
        self.motion = Motion(config)
        self.overlay = Overlay(config)
        self.spec = ModelSpec(
            height=config.height * config.fine,
            width=config.width * config.fine,
            controls=config.controls,
            history=1,
            # Nothing is left to chance: where everything is is known, and so is what it looks like.
            noise_shape=(1,),
            max_steps=1,
            variables=config.variables,
            settable=tuple(variable.name for variable in config.variables),
            enlarges=config.fine,
        )

    def paint(self, variables: Tensor, fine: int = 1) -> Tensor:
        """What is seen in that state [B, V]: float32 [B, 3, H, W], within [-1, 1] but for small errors.

        fine: times the size that recorded frames have.
        """
        ground = self.ground.view(variables[:, :3], fine)
        return cast(Tensor, self.overlay(ground, self.motion.code(variables)))

    def start(self, context: Context) -> State:
        return {"variables": context.variables[:, -1].float().clone()}

    def enlarge(self, context: Context) -> Context:
        """Frames are drawn anew, as they look from where they were recorded."""
        if context.pixels.shape[2] == self.spec.height:
            return context
        states = context.variables.flatten(0, 1).float()
        with torch.no_grad():
            pixels = to_uint8(self.paint(states, self.config.fine))
        return replace(context, pixels=pixels.view(*context.variables.shape[:2], *pixels.shape[1:]))

    def condition(self, state: State, controls: Tensor) -> Condition:
        before = state["variables"]
        after = self.motion(before, controls, self.ground.under(before))
        reward, ended = self.motion.outcome(before, after, self.ground.under(after), self.ground)
        return {"variables": after, "reward": reward, "ended": ended.sigmoid()}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        """Estimates are float32 [B, 3, H, W], pictures; the first is as good as any."""
        return self.paint(condition["variables"], self.config.fine) if estimate is None else estimate

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        return self._shown(condition, to_uint8(estimate))

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        return self._shown(self.condition(state, controls), pixels)

    def set_variables(self, state: State, variables: Tensor) -> State:
        """The next frame is seen from there."""
        return {**state, "variables": variables.clone()}

    def _shown(self, condition: Condition, pixels: Tensor) -> tuple[State, Output]:
        variables = condition["variables"]
        return {"variables": variables}, Output(
            pixels, {}, variables, condition["reward"], condition["ended"]
        )
