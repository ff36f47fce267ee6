"""The Oasis family: the next picture of a game from the last 31 and the keys, by latent diffusion.

The published model is Oasis 500M (Decart and Etched, 2024), of Minecraft. A tick denoises the new frame's
latent while the past is held clean, labelled with a low noise level; then the autoencoder draws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from worldsdk.models.interface import Condition, Context, Group, ModelSpec, Output, State, WorldModel
from worldsdk.models.oasis import memory
from worldsdk.models.oasis.autoencoder import Autoencoder
from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.oasis.diffusion import NOISE_LIMIT, ddim, schedule, signal_shares
from worldsdk.models.oasis.reuse import reuse_of
from worldsdk.models.oasis.transformer import Transformer


class OasisModel(WorldModel):
    """State: see ``memory``. Estimates are float32 [B, 2, C, H, W]: the clean latent that the model believes
    in, and the noisy one that the next step starts from.
    """

    def __init__(self, config: OasisConfig) -> None:
        super().__init__()
        self.config = config
        self.transformer = Transformer(config)
        self.autoencoder = Autoencoder(config)
        self.reuse = reuse_of(config)
        # What models.optimise asks for.
        self.precision = config.precision
        # Numbers, not a tensor: they are part of the method, whatever device or type the weights have.
        self.shares = signal_shares()
        self.settles_after = config.window - 1
        self.spec = ModelSpec(
            height=config.height,
            width=config.width,
            controls=config.controls,
            history=config.history,
            noise_shape=config.latent_shape,
            max_steps=config.max_steps,
        )

    def groups(self) -> list[Group]:
        """Of every block the modulations, which all are made of at once, and each half."""
        modulation = ("s_adaLN_modulation", "t_adaLN_modulation")
        space, time = ("s_attn", "s_mlp"), ("t_attn", "t_mlp")
        calls = {"modulation": modulation, "space": space, "time": time, "memory": time}
        config = self.config
        return [
            *(Group(f"transformer.blocks.{n}", calls) for n in range(config.depth)),
            *(Group(f"autoencoder.decoder.{n}") for n in range(config.decoder_depth)),
            *(Group(f"autoencoder.encoder.{n}") for n in range(config.encoder_depth)),
        ]

    def start(self, context: Context) -> State:
        pixels, actions = context.pixels, context.controls.float().clone()
        # Nothing led to the first frame: as published, an action of zeros stands before the recorded ones.
        actions[:, 0] = 0.0
        past, shape = self.config.window - 1, self.config.latent_shape
        state = memory.empty(len(pixels), past, shape, self.config.controls, pixels.device)
        for frame in range(pixels.shape[1]):
            state = self._remember(state, self._encode(pixels[:, frame]), actions[:, frame])
        return state

    def condition(self, state: State, controls: Tensor) -> Condition:
        return self.reuse.condition(self.transformer, state, controls) | {"controls": controls}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        levels = schedule(steps)
        noisy = noise.clamp(-NOISE_LIMIT, NOISE_LIMIT) if estimate is None else estimate[:, 1]
        velocity = self.reuse.velocity(self.transformer, condition, noisy, levels[step])
        following = float(self.shares[levels[step + 1]]) if levels[step + 1] >= 0 else 1.0
        return torch.stack(ddim(noisy, velocity, float(self.shares[levels[step]]), following), dim=1)

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        latent = estimate[:, 0].clone()
        picture = self.autoencoder.decode(latent)
        # Cut, not rounded, as published.
        pixels = (((picture + 1.0) / 2.0).clamp(0.0, 1.0) * 255.0).to(torch.uint8).permute(0, 2, 3, 1)
        after = self._remember(state, latent, condition["controls"], condition)
        return after, self._output(pixels.contiguous())

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        return self._remember(state, self._encode(pixels), controls), self._output(pixels)

    def _encode(self, pixels: Tensor) -> Tensor:
        """uint8 [B, H, W, 3] -> latent [B, C, h, w]."""
        return self.autoencoder.encode(pixels.permute(0, 3, 1, 2).float() / 255.0 * 2.0 - 1.0).contiguous()

    def _remember(
        self, state: State, latent: Tensor, action: Tensor, condition: Condition | None = None
    ) -> State:
        kept = self.reuse.keep(self.transformer, state, latent, action, condition)
        return memory.push(state, latent, action, kept, self.config.sink)

    def _output(self, pixels: Tensor) -> Output:
        nothing = torch.zeros(len(pixels), device=pixels.device)
        return Output(pixels, {}, nothing[:, None][:, :0], nothing, nothing)


def build(config: Mapping[str, Any]) -> OasisModel:
    """The family's entry point: a model with fresh weights from a manifest's ``config``."""
    return OasisModel(OasisConfig.from_json(config))
