"""The convnet family: the next picture from the last ones, in pixel space.

A tick goes: *Tracker* moves the state variables, then a U-Net denoises the picture from the last frames,
controls and variables, whole. Where the configuration tells how pictures lie on the ground, the family's
other model is built: ``overhead``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.blocks import NOISE_LEVELS, LevelEmbedding, UNet, mix_noise, to_signed, to_uint8
from worldsdk.models.convnet.config import ConvnetConfig
from worldsdk.models.convnet.overhead import OverheadModel
from worldsdk.models.convnet.overhead_config import OverheadConfig
from worldsdk.models.convnet.tracker import Tracker
from worldsdk.models.interface import Condition, Context, ModelSpec, Output, State, WorldModel

LEVEL_CHANNELS = 16


class ConvnetModel(WorldModel):
    """State: ``frames`` uint8 [B, history, H, W, 3], a ring, tick n in slot n mod history; ``variables``
    float32 [B, V] in their units; ``clock`` int64 [B], the tick of the newest frame.
    """

    position: Tensor

    # As for the anchored family: another thread saves a tenth, and waits for whatever else runs.
    useful_threads = 1

    def __init__(self, config: ConvnetConfig) -> None:
        super().__init__()
        self.config = config
        self.tracker = Tracker(config)
        self.level = LevelEmbedding(LEVEL_CHANNELS)
        facts = config.controls + 2 * self.tracker.code_size
        self.embed = nn.Sequential(
            nn.Linear(LEVEL_CHANNELS + facts, config.condition),
            nn.SiLU(),
            nn.Linear(config.condition, config.condition),
        )
        self.unet = UNet(
            inputs=12 * (config.history + 1) + facts + 2,
            outputs=12,
            channels=config.channels,
            condition=config.condition,
        )
        # Where a pixel lies, so that state variables can say what to draw there (CoordConv, Liu et al. 2018).
        rows, columns = torch.linspace(-1, 1, config.height // 2), torch.linspace(-1, 1, config.width // 2)
        position = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))[None]
        self.register_buffer("position", position, persistent=False)
        self.spec = ModelSpec(
            height=config.height,
            width=config.width,
            controls=config.controls,
            history=config.history,
            noise_shape=(3, config.height, config.width),
            max_steps=config.max_steps,
            variables=config.variables,
        )

    def paint(
        self, past: Tensor, facts: Tensor, estimate: Tensor | None, noise: Tensor, level: Tensor
    ) -> Tensor:
        """One denoising step.

        Args:
            past: [B, history, 3, H, W] in [-1, 1], newest last.
            facts: [B, controls + codes of the variables before and after].
            estimate: [B, 3, H, W], or ``None``.
            noise: [B, 3, H, W].
            level: [B].

        Returns:
            Picture [B, 3, H, W].
        """
        noisy = mix_noise(estimate, noise, level[:, None, None, None])
        condition = self.embed(torch.cat([self.level(level), facts], dim=1))
        features = F.pixel_unshuffle(torch.cat([past.flatten(1, 2), noisy], dim=1), 2)
        planes = facts[:, :, None, None].expand(-1, -1, *features.shape[2:])
        features = torch.cat([features, planes, self.position.expand(len(features), -1, -1, -1)], dim=1)
        features = features.contiguous(memory_format=torch.channels_last)
        out = F.pixel_shuffle(self.unet(features, condition), 2).float()
        # The whole picture, not a change to the last one: whatever is drawn afresh cannot drift.
        return out

    def facts(self, controls: Tensor, before: Tensor, after: Tensor) -> Tensor:
        return torch.cat([controls, self.tracker.code(before), self.tracker.code(after)], dim=1)

    def start(self, context: Context) -> State:
        newest = context.variables[:, -1].float().clone()
        return {
            "frames": context.pixels.clone(),
            "variables": newest,
            "clock": torch.full((len(newest),), self.spec.history - 1, device=newest.device),
        }

    def condition(self, state: State, controls: Tensor) -> Condition:
        ring = self.spec.history
        slots = (state["clock"][:, None] + 1 + torch.arange(ring, device=controls.device)) % ring
        rows = torch.arange(len(slots), device=controls.device)[:, None]
        past = to_signed(state["frames"][rows, slots])
        change, happenings = self.tracker(past[:, -1], state["variables"], controls)
        after = self.tracker.apply_change(state["variables"], change)
        facts = self.facts(controls, state["variables"], after)
        return {"past": past, "facts": facts, "variables": after, "happenings": happenings}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        """Estimates are float32 [B, 3, H, W], pictures."""
        level = noise.new_full((len(noise),), NOISE_LEVELS[step])
        known = None if estimate is None else estimate.clamp(-1.0, 1.0)
        return self.paint(condition["past"], condition["facts"], known, noise, level)

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        return self._append(state, condition, to_uint8(estimate))

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        return self._append(state, self.condition(state, controls), pixels)

    def _append(self, state: State, condition: Condition, pixels: Tensor) -> tuple[State, Output]:
        clock = state["clock"] + 1
        frames = state["frames"].clone()
        frames[torch.arange(len(clock), device=clock.device), clock % self.spec.history] = pixels
        happenings, variables = condition["happenings"], condition["variables"]
        after = {"frames": frames, "variables": variables, "clock": clock}
        return after, Output(pixels, {}, variables, happenings[:, 0], happenings[:, 1].sigmoid())


def build(config: Mapping[str, Any]) -> ConvnetModel | OverheadModel:
    """The family's entry point: a model with fresh weights from a manifest's ``config``."""
    if "ground" in config:
        return OverheadModel(OverheadConfig.from_json(config))
    return ConvnetModel(ConvnetConfig.from_json(config))
