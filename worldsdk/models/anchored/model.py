"""The anchored family: a walker's pose is carried as explicit state, and every frame is anchored to it.

A tick goes: *Motion* moves the pose (and feels walls), *Events* says what happens, *Place* recalls what
stands around the new pose and how far it is, the remembered frames are warped to the new view through
that depth, and *Painter* denoises the picture from warped memory, place and surface code. Because the
view is anchored to a pose and a learned map, a place looks the same when one comes back to it, however
long ago that was; because textures are painted in world coordinates, they do not smear.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.events import Events
from worldsdk.models.anchored.motion import Motion
from worldsdk.models.anchored.painter import Canvas, Painter
from worldsdk.models.anchored.recall import recall
from worldsdk.models.blocks import NOISE_LEVELS, to_signed, to_uint8
from worldsdk.models.interface import Condition, Context, ModelSpec, Output, State, WorldModel


class AnchoredModel(WorldModel):
    """State: ``pose`` float32 [B, 3] is where the walker is; ``frames`` uint8 [B, R, H, W, 3] and ``poses``
    float32 [B, R, 3], where they were seen from, are rings over the last R = max(lags) ticks, tick n in slot
    n mod R; ``keyframes`` uint8 [B, N, H, W, 3] and ``keyposes`` float32
    [B, N, 3] a ring of every ``keyframe_every``-th frame; ``velocity`` float32 [B, 2] map units/tick;
    ``meters`` float32 [B, M] in their units; ``clock`` int64 [B], the tick of the newest frame. Tensors that
    a tick leaves alone are passed on as they are, so that keeping many past states costs little.
    """

    low: Tensor
    high: Tensor

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = Motion(config)
        self.events = Events(config)
        self.painter = Painter(config)
        self.register_buffer("low", torch.tensor([m.low for m in config.meters]), persistent=False)
        self.register_buffer("high", torch.tensor([m.high for m in config.meters]), persistent=False)
        self.spec = ModelSpec(
            height=config.height,
            width=config.width,
            controls=config.controls,
            history=max(config.lags),
            noise_shape=(3, config.height, config.width),
            max_steps=config.max_steps,
            variables=config.variables,
            layers=config.layers,
            settable=tuple(variable.name for variable in config.variables),
        )

    def make_ready(self, device: torch.device) -> None:
        if device.type == "cpu":
            # Imported here: compiling costs a second that training and CUDA need not spend.
            from worldsdk.models.anchored.fused import FusedPainter

            self.painter = FusedPainter(self.painter)

    def facts(self, controls: Tensor, meters: Tensor) -> Tensor:
        """[B, controls + meters], meters scaled to [0, 1]."""
        return torch.cat([controls, (meters - self.low) / (self.high - self.low)], dim=1)

    def start(self, context: Context) -> State:
        newest = context.variables[:, -1].float()
        return {
            "pose": newest[:, :3].clone(),
            "frames": context.pixels.clone(),
            "poses": context.variables[:, :, :3].float().clone(),
            "keyframes": context.pixels[:, :1].repeat(1, self.config.keyframes, 1, 1, 1),
            "keyposes": context.variables[:, :1, :3].float().repeat(1, self.config.keyframes, 1),
            "velocity": newest[:, 3:5].clone(),
            "meters": newest[:, 5:].clone(),
            "clock": torch.full((len(newest),), self.spec.history - 1, device=newest.device),
        }

    def _past(self, state: State, pose: Tensor) -> tuple[Tensor, Tensor]:
        """Frames [B, views, 3, H, W] in [-1, 1] and poses [B, views, 3] to paint the next tick from."""
        ring = self.spec.history
        lags = torch.tensor(self.config.lags, device=state["clock"].device)
        slots = (state["clock"][:, None] + 1 - lags) % ring
        rows = torch.arange(len(slots), device=slots.device)[:, None]
        best = recall(pose, state["keyposes"])[:, None]
        frames = torch.cat([state["frames"][rows, slots], state["keyframes"][rows, best]], dim=1)
        poses = torch.cat([state["poses"][rows, slots], state["keyposes"][rows, best]], dim=1)
        return to_signed(frames), poses

    def condition(self, state: State, controls: Tensor) -> Condition:
        with torch.autocast(controls.device.type, enabled=False):
            pose, velocity = self.motion(state["pose"], state["velocity"], controls)
        past, past_poses = self._past(state, pose)
        facts = self.facts(controls, state["meters"])
        canvas = self.painter.prepare(pose, past, past_poses)
        recent = len(self.config.lags)
        happenings = self.events(pose, past[:, :recent], past_poses[:, :recent], facts)
        return {
            "pose": pose,
            "velocity": velocity,
            "facts": facts,
            "happenings": happenings,
            "inputs": canvas.inputs,
            "coarse": canvas.coarse,
            "inverse_depth": canvas.inverse_depth,
            "sketch": canvas.sketch,
            "surface": canvas.surface,
            "warped": canvas.warped,
            "seen": canvas.seen,
        }

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        """Estimates are float32 [B, 4, H, W]: picture and inverse depth."""
        canvas = Canvas(
            condition["inputs"],
            condition["coarse"],
            condition["inverse_depth"],
            condition["sketch"],
            condition["surface"],
            condition["warped"],
            condition["seen"],
        )
        level = noise.new_full((len(noise),), NOISE_LEVELS[step])
        known = None if estimate is None else estimate[:, :3].clamp(-1.0, 1.0)
        picture, inverse = self.painter.paint(canvas, condition["facts"], known, noise, level)
        return torch.cat([picture, inverse[:, None]], dim=1)

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        pixels = to_uint8(estimate[:, :3])
        depth = estimate[:, 3].clamp(min=1.0 / self.config.camera.far).reciprocal()
        return self._append(state, condition, pixels, depth)

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        """The pose moves as the controls say; the depth is that of the standing world there."""
        condition = self.condition(state, controls)
        depth = condition["inverse_depth"].clamp(min=1.0 / self.config.camera.far).reciprocal()
        return self._append(state, condition, pixels, depth)

    def set_variables(self, state: State, variables: Tensor) -> State:
        """What was seen stays where it was seen from: a teleported walker remembers other places."""
        return {
            **state,
            "pose": variables[:, :3].clone(),
            "velocity": variables[:, 3:5].clone(),
            "meters": variables[:, 5:].clone(),
        }

    def _append(
        self, state: State, condition: Condition, pixels: Tensor, depth: Tensor
    ) -> tuple[State, Output]:
        clock = state["clock"] + 1
        rows = torch.arange(len(clock), device=clock.device)
        slots = clock % self.spec.history
        frames, poses = state["frames"].clone(), state["poses"].clone()
        frames[rows, slots] = pixels
        poses[rows, slots] = condition["pose"]
        keyframes, keyposes = self._keep(state, clock, pixels, condition["pose"])
        happenings = condition["happenings"]
        change = happenings[:, 2:] * (self.high - self.low)
        meters = torch.maximum(torch.minimum(state["meters"] + change, self.high), self.low)
        after = {
            "pose": condition["pose"],
            "frames": frames,
            "poses": poses,
            "keyframes": keyframes,
            "keyposes": keyposes,
            "velocity": condition["velocity"],
            "meters": meters,
            "clock": clock,
        }
        variables = torch.cat([condition["pose"], condition["velocity"], meters], dim=1)
        output = Output(pixels, {"depth": depth}, variables, happenings[:, 0], happenings[:, 1].sigmoid())
        return after, output

    def _keep(self, state: State, clock: Tensor, pixels: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
        """The ring of keyframes, with the new frame in it where its tick is one to keep."""
        every = self.config.keyframe_every
        rows = (clock % every == 0).nonzero()[:, 0]
        if len(rows) == 0:
            return state["keyframes"], state["keyposes"]
        slots = clock[rows] // every % self.config.keyframes
        keyframes, keyposes = state["keyframes"].clone(), state["keyposes"].clone()
        keyframes[rows, slots] = pixels[rows]
        keyposes[rows, slots] = pose[rows]
        return keyframes, keyposes


def build(config: Mapping[str, Any]) -> AnchoredModel:
    """The family's entry point: a model with fresh weights from a manifest's ``config``."""
    return AnchoredModel(AnchoredConfig.from_json(config))
