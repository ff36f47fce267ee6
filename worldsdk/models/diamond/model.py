"""The diamond family: the next picture from the last ones, by diffusion in pixel space.

A tick's denoising steps are first the denoiser's, at its own size, and then, where there is an upsampler,
that one's, which makes the large frame from the small one and the large frame before. After each step there
is a picture: before the upsampler's first, the small one enlarged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from worldsdk.models.blocks import to_uint8
from worldsdk.models.diamond.actions import Actions
from worldsdk.models.diamond.blocks import ResidualBlock
from worldsdk.models.diamond.config import DiamondConfig
from worldsdk.models.diamond.denoiser import Denoiser, signed
from worldsdk.models.diamond.outcome import Outcome
from worldsdk.models.diamond.sampler import churn, churned, euler, noise_levels
from worldsdk.models.interface import Condition, Context, Group, ModelSpec, Output, State, WorldModel

Shapes = dict[str, tuple[int, ...]]


class DiamondModel(WorldModel):
    """State: ``frames`` uint8 [B, n, H, W, 3], a ring, tick t in slot t mod n, what the upsampler sees or,
    without one, the denoiser; with one, ``small`` uint8 [B, history, h, w, 3], oldest first; ``actions``
    float32 [B, history, A], oldest first: what led to each of the last frames; ``hidden`` and ``cell``
    float32 [B, H], of the LSTM, if any; ``clock`` int64 [B], the tick of the newest frame.
    """

    def __init__(self, config: DiamondConfig) -> None:
        super().__init__()
        self.config = config
        self.precision = config.precision
        self.controls = Actions(config.actions)
        self.denoiser = Denoiser(config.denoiser, actions=config.actions.size)
        self.upsampler = None if config.upsampler is None else Denoiser(config.upsampler, extra=1)
        self.outcome = None
        if config.outcome is not None:
            self.outcome = Outcome(config.outcome, config.height, config.width, config.actions.size)
        small = (3, config.height, config.width)
        large = (3, config.height * config.factor, config.width * config.factor)
        past = (3 * config.denoiser.history, *small[1:])
        self.ring = (config.upsampler or config.denoiser).history
        self.estimate: Shapes = {"picture": large, "sample": small}
        self.noise: Shapes = {"sample": small}
        if config.denoiser.sampler.churn > 0.0:
            self.noise["churn"] = small
        if config.denoiser.sampler.context_sigma > 0.0:
            self.noise["context"] = self.estimate["context"] = past
        self.large_noise: Shapes = {}
        if self.upsampler is not None:
            self.estimate |= {"small": small, "large_sample": large}
            self.large_noise = {"sample": large, "churn": large}
        self.spec = ModelSpec(
            height=large[1],
            width=large[2],
            controls=config.actions.controls,
            history=config.denoiser.history,
            noise_shape=(max(_size(self.noise), _size(self.large_noise)),),
            max_steps=config.max_steps,
        )

    def groups(self) -> list[Group]:
        """The blocks of both U-Nets. Reward and end are told by a network that is small."""
        nets = {"denoiser": self.denoiser, "upsampler": self.upsampler}
        return [
            Group(f"{net}.network.unet.{name}")
            for net, part in nets.items()
            if part is not None
            for name, block in part.network.unet.named_modules()
            if isinstance(block, ResidualBlock)
        ]

    def start(self, context: Context) -> State:
        actions = self.controls(context.controls)
        state = {
            "frames": context.pixels[:, -self.ring :].clone(),
            "actions": actions,
            "clock": torch.full((len(actions),), self.ring - 1, device=actions.device),
        }
        small = context.pixels
        if self.upsampler is not None:
            small = torch.stack([self.shrunk(frame) for frame in context.pixels.unbind(1)], dim=1)
            state["small"] = small
        if self.outcome is not None:
            hidden, cell = self.outcome.memory(len(actions))
            frames = _pictures(small)
            for tick in range(1, frames.shape[1]):
                seen = self.outcome.encode(frames[:, tick - 1], frames[:, tick], actions[:, tick])
                *_, hidden, cell = self.outcome(seen, hidden, cell)
            state |= {"hidden": hidden, "cell": cell}
        return state

    def condition(self, state: State, controls: Tensor) -> Condition:
        actions = torch.cat([state["actions"][:, 1:], self.controls(controls)[:, None]], dim=1)
        large = self._recent(state)
        past = state["small"] if self.upsampler is not None else large
        shared = {
            "actions": actions,
            "embedding": self.denoiser.network.embedding(actions),
            "past": _pictures(past).flatten(1, 2),
        }
        if self.upsampler is not None:
            shared["large_past"] = _pictures(large).flatten(1, 2)
        return shared

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        """Estimates are float32 [B, N]: all that the next step needs, the picture first."""
        known = {} if estimate is None else _cut(estimate, self.estimate)
        small_steps, large_steps = self.dealt(steps)
        if step < small_steps:
            known = self._denoise_small(condition, known, _cut(noise, self.noise), step, small_steps)
        else:
            draws = _cut(noise, self.large_noise)
            known = self._denoise_large(condition, known, draws, step - small_steps, large_steps)
        return torch.cat([known[name].flatten(1) for name in self.estimate], dim=1)

    def dealt(self, steps: int) -> tuple[int, int]:
        """How many of a tick's steps are the denoiser's and how many the upsampler's."""
        first, second = self.config.shares
        small = min(steps, math.ceil(steps * first / (first + second)))
        return small, steps - small

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        known = _cut(estimate, self.estimate)
        small = None if self.upsampler is None else to_uint8(known["small"])
        return self._append(state, condition["actions"], to_uint8(known["picture"]), small)

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        actions = torch.cat([state["actions"][:, 1:], self.controls(controls)[:, None]], dim=1)
        small = None if self.upsampler is None else self.shrunk(pixels)
        return self._append(state, actions, pixels, small)

    def shrunk(self, pixels: Tensor) -> Tensor:
        """uint8 [B, H, W, 3] at the denoiser's size, as the training's small frames were made."""
        size = (self.config.height, self.config.width)
        picture = F.interpolate(_pictures(pixels), size, mode="bicubic", antialias=True)
        return to_uint8(picture)

    def _denoise_small(
        self, condition: Condition, known: dict[str, Tensor], draws: dict[str, Tensor], step: int, steps: int
    ) -> dict[str, Tensor]:
        sampler = self.config.denoiser.sampler
        context = condition["past"]
        if "context" in draws:
            context = known.get("context", context) + draws["context"] * sampler.context_sigma
        picture, sample = self._step(
            self.denoiser, known.get("sample", draws["sample"]), draws, step, steps, context, condition
        )
        after = {"picture": picture, "sample": sample, "context": context}
        if self.upsampler is not None:
            wide = F.interpolate(picture, scale_factor=float(self.config.factor), mode="bicubic")
            after |= {"picture": wide, "small": picture, "large_sample": torch.zeros_like(wide)}
        return after

    def _denoise_large(
        self, condition: Condition, known: dict[str, Tensor], draws: dict[str, Tensor], step: int, steps: int
    ) -> dict[str, Tensor]:
        assert self.upsampler is not None
        wide = F.interpolate(known["small"], scale_factor=float(self.config.factor), mode="bicubic")
        context = torch.cat([condition["large_past"], wide], dim=1)
        sample = known["large_sample"] if step else draws["sample"]
        picture, sample = self._step(self.upsampler, sample, draws, step, steps, context, None)
        return {**known, "picture": picture, "large_sample": sample}

    def _step(
        self,
        denoiser: Denoiser,
        sample: Tensor,
        draws: Mapping[str, Tensor],
        step: int,
        steps: int,
        context: Tensor,
        condition: Condition | None,
    ) -> tuple[Tensor, Tensor]:
        """One step of a sampler: the picture that it comes to so far, and the next sample."""
        sampler = denoiser.config.sampler
        sigma, after = noise_levels(sampler, steps)[step : step + 2]
        higher = churned(sampler, sigma, steps)
        if higher > sigma:
            sample = churn(sampler, sample, sigma, higher, draws["churn"])
        embedding = None if condition is None else condition["embedding"]
        # The network is told the level before the churn, as in the original.
        picture = denoiser(sample, sigma, context, embedding, sampler.context_sigma)
        return picture, euler(sample, picture, higher, after)

    def _recent(self, state: State) -> Tensor:
        """The frames of the ring, oldest first: uint8 [B, n, H, W, 3]."""
        clock = state["clock"]
        slots = (clock[:, None] + 1 + torch.arange(self.ring, device=clock.device)) % self.ring
        return state["frames"][torch.arange(len(clock), device=clock.device)[:, None], slots]

    def _append(
        self, state: State, actions: Tensor, pixels: Tensor, small: Tensor | None
    ) -> tuple[State, Output]:
        clock = state["clock"] + 1
        rows = torch.arange(len(clock), device=clock.device)
        frames = state["frames"].clone()
        frames[rows, clock % self.ring] = pixels
        after = {"frames": frames, "actions": actions, "clock": clock}
        if small is not None:
            after["small"] = torch.cat([state["small"][:, 1:], small[:, None]], dim=1)
        reward = ended = torch.zeros(len(clock), device=clock.device)
        if self.outcome is not None:
            before = state["frames"][rows, state["clock"] % self.ring]
            seen = self.outcome.encode(_pictures(before), _pictures(pixels), actions[:, -1])
            told = self.outcome(seen, state["hidden"], state["cell"])
            reward, ended = told.reward, told.ended
            after |= {"hidden": told.hidden, "cell": told.cell}
        variables = torch.zeros(len(clock), 0, device=clock.device)
        return after, Output(pixels, {}, variables, reward, ended)


def _pictures(pixels: Tensor) -> Tensor:
    """uint8 [..., H, W, 3] -> float32 [..., 3, H, W] in [-1, 1]."""
    return signed(pixels.movedim(-1, -3))


def _size(shapes: Shapes) -> int:
    return sum(math.prod(shape) for shape in shapes.values())


def _cut(flat: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    """The tensors that stand one after another in ``flat`` [B, N]; what is left over is not looked at."""
    sizes = [math.prod(shape) for shape in shapes.values()]
    parts = torch.split(flat[:, : sum(sizes)], sizes, dim=1)
    return {
        name: part.view(len(flat), *shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def build(config: Mapping[str, Any]) -> DiamondModel:
    """The family's entry point: a model with fresh weights from a manifest's ``config``."""
    return DiamondModel(DiamondConfig.from_json(config))
