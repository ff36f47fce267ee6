"""The anchored family: a walker's pose is carried as explicit state, and every frame is anchored to it.

A tick goes: *Motion* moves the pose (and feels walls), *Things* and *Outcomes* (or, where nothing is
followed one by one, *Events*) say what happens, *Place* recalls what stands around the new pose and how far
it is, the remembered frames are warped to the new view through that depth, and *Painter* denoises the picture
from warped memory, remembered surfaces and the things that stand before them. Because the
view is anchored to a pose and a learned map, a place looks the same when one comes back to it, however
long ago that was; because textures are painted in world coordinates, they do not smear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.anchored.config import MOTION, AnchoredConfig
from worldsdk.models.anchored.estimate import Estimate
from worldsdk.models.anchored.events import Events
from worldsdk.models.anchored.fine import finely
from worldsdk.models.anchored.motion import Motion
from worldsdk.models.anchored.outcomes import Outcomes
from worldsdk.models.anchored.painter import Canvas, Painter
from worldsdk.models.anchored.recall import recall
from worldsdk.models.anchored.recall_loop import views
from worldsdk.models.anchored.screen_motion import ScreenMotion
from worldsdk.models.anchored.situation import RECENT, THING, counted
from worldsdk.models.anchored.sprites import KIND
from worldsdk.models.anchored.texels import Known
from worldsdk.models.anchored.things import Prospects, Things, remember
from worldsdk.models.blocks import NOISE_LEVELS, to_signed, to_uint8
from worldsdk.models.interface import Condition, Context, ModelSpec, Output, State, WorldModel


class AnchoredModel(WorldModel):
    """State: ``pose`` float32 [B, 3] is where the walker is; ``frames`` uint8 [B, R, H, W, 3], as they were
    painted, and ``poses`` float32 [B, R, 3], where they were seen from, are rings over the last R = max(lags)
    ticks, tick n in slot n mod R; ``keyframes`` uint8 [B, N, H, W, 3] and ``keyposes`` float32 [B, N, 3] a
    ring of every ``keyframe_every``-th frame; ``velocity`` float32 [B, 2] map units/tick;
    ``meters`` float32 [B, M] in their units; ``clock`` int64 [B], the tick of the newest frame. Where things
    are followed: ``things`` float32 [B, S, THING], ``since`` [B, M + 2] and ``recent`` [B, RECENT, controls],
    as ``Situation`` has them. Tensors that a tick leaves alone are passed on as they are, so that keeping
    many past states costs little.
    """

    low: Tensor
    high: Tensor

    # Its operations are so small that a second thread saves a tenth of the time, and on a machine that does
    # anything else besides costs many times that: ticks of 10 ms then take up to 250.
    useful_threads = 1

    def __init__(self, config: AnchoredConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = Motion(config)
        self.things = Things(config) if config.things else None
        self.outcomes = Outcomes(config) if config.things else None
        self.events = None if config.things else Events(config)
        self.painter = Painter(config)
        self.register_buffer("low", torch.tensor([m.low for m in config.meters]), persistent=False)
        self.register_buffer("high", torch.tensor([m.high for m in config.meters]), persistent=False)
        self.screen_motion = ScreenMotion(config)
        self._lags = np.array(config.lags, np.int64)
        self.spec = ModelSpec(
            height=config.height * config.fine,
            width=config.width * config.fine,
            controls=config.controls,
            history=max(config.ring, config.history),
            noise_shape=(3 * config.height * config.width + self.dice,),
            max_steps=config.max_steps,
            variables=config.variables,
            layers=config.layers,
            memory={"things": (config.slots, 6)} if config.things else {},
            settable=tuple(variable.name for variable in config.variables),
            enlarges=config.fine,
        )

    @property
    def dice(self) -> int:
        """Random numbers a tick beyond those of the picture."""
        if self.things is None or self.outcomes is None:
            return 0
        return self.things.dice + self.outcomes.dice

    def make_ready(self, device: torch.device) -> None:
        self.screen_motion.warm_up()
        if device.type == "cpu":
            # Imported here: compiling costs a second that training and CUDA need not spend.
            from worldsdk.models.anchored.fused import FusedPainter

            self.painter = FusedPainter(self.painter)

    def facts(self, controls: Tensor, meters: Tensor) -> Tensor:
        """[B, controls + meters], meters scaled to [0, 1]."""
        return torch.cat([controls, (meters - self.low) / (self.high - self.low)], dim=1)

    def start(self, context: Context) -> State:
        newest = context.variables[:, -1].float()
        pixels = self._painted(context.pixels)
        state = {
            "pose": newest[:, :3].clone(),
            "frames": self._in_ring(pixels),
            "poses": self._in_ring(context.variables[:, :, :3].float()),
            "keyframes": pixels[:, :1].repeat(1, self.config.keyframes, 1, 1, 1),
            "keyposes": context.variables[:, :1, :3].float().repeat(1, self.config.keyframes, 1),
            "velocity": newest[:, 3:5].clone(),
            "meters": newest[:, 5:].clone(),
            "clock": torch.full((len(newest),), self.spec.history - 1, device=newest.device),
        }
        if self.things is not None:
            recorded = context.memory["things"].float()
            state["things"] = remember(recorded)
            state["since"] = counted(context.variables[:, :, 5:], recorded)
            recent = context.controls[:, -RECENT:].float()
            state["recent"] = F.pad(recent, (0, 0, RECENT - recent.shape[1], 0))
        return state

    def enlarge(self, context: Context) -> Context:
        """Of each moment the newest frame, which is shown, is drawn finely; those before it repeat pixels."""
        factor = self.config.fine
        if factor == 1 or context.pixels.shape[2] != self.config.height:
            return context
        pixels = context.pixels.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
        pose = context.variables[:, -1, :3].float()
        things = context.memory["things"][:, -1].float() if self.things is not None else pose[:, None, :0]
        picture = to_signed(context.pixels[:, -1:])[:, 0]
        with torch.no_grad():
            _, depth = self.painter.standing_points(pose)
            inverse = depth.reciprocal()
            known = self.painter.known(pose, inverse)
            figures = self.painter.figures(pose, things, known.inverse, self.painter.shown)
            pixels[:, -1] = finely(known, figures, picture, inverse).pixels
        return replace(context, pixels=pixels)

    def _painted(self, pixels: Tensor) -> Tensor:
        """Frames uint8 [B, T, H, W, 3] of the painter's size, from those or from finer ones."""
        height, width = self.config.height, self.config.width
        finer = pixels.shape[2] // height
        if finer == 1:
            return pixels
        blocks = pixels.view(*pixels.shape[:2], height, finer, width, finer, 3)
        return blocks.float().mean(dim=(3, 5)).round().to(torch.uint8)

    def _in_ring(self, history: Tensor) -> Tensor:
        """The newest ticks of [B, history, ...], tick n in slot n modulo their number."""
        ring = self.config.ring
        return history[:, -ring:].roll(history.shape[1] % ring, dims=1)

    def _past(self, state: State, pose: Tensor) -> tuple[Tensor, Tensor]:
        """Frames [B, views, 3, H, W] in [-1, 1] and poses [B, views, 3] to paint the next tick from."""
        if pose.device.type == "cpu":
            return self._past_by_loop(state, pose)
        ring = self.config.ring
        lags = torch.tensor(self.config.lags, device=state["clock"].device)
        slots = (state["clock"][:, None] + 1 - lags) % ring
        rows = torch.arange(len(slots), device=slots.device)[:, None]
        best = recall(pose, state["keyposes"])[:, None]
        frames = torch.cat([state["frames"][rows, slots], state["keyframes"][rows, best]], dim=1)
        poses = torch.cat([state["poses"][rows, slots], state["keyposes"][rows, best]], dim=1)
        return to_signed(frames), poses

    def _past_by_loop(self, state: State, pose: Tensor) -> tuple[Tensor, Tensor]:
        batch, height, width = len(pose), self.config.height, self.config.width
        past = np.empty((batch, self.config.views, height * width * 3), np.float32)
        poses = np.empty((batch, self.config.views, 3), np.float32)
        views(
            state["frames"].flatten(2).numpy(),
            state["poses"].numpy(),
            state["keyframes"].flatten(2).numpy(),
            state["keyposes"].numpy(),
            state["clock"].numpy(),
            self._lags,
            pose.float().contiguous().numpy(),
            past,
            poses,
        )
        pictures = torch.from_numpy(past).view(batch, -1, height, width, 3)
        return pictures.movedim(-1, 2), torch.from_numpy(poses)

    def condition(self, state: State, controls: Tensor) -> Condition:
        with torch.autocast(controls.device.type, enabled=False):
            pose, velocity = self.motion(state["pose"], state["velocity"], controls)
        past, past_poses = self._past(state, pose)
        facts = self.facts(controls, state["meters"])
        canvas = self.painter.prepare(pose, past, past_poses)
        return {
            **self._prospects(state, pose, past, past_poses, facts),
            "pose": pose,
            "velocity": velocity,
            "facts": facts,
            "inputs": canvas.inputs,
            "coarse": canvas.coarse,
            "inverse_depth": canvas.inverse_depth,
            "sketch": canvas.sketch,
            "surface": canvas.surface,
            "warped": canvas.warped,
            "seen": canvas.seen,
            "texels": canvas.known.colour,
            "texels_inverse": canvas.known.inverse,
            "texels_means": canvas.known.means,
        }

    def _prospects(
        self, state: State, pose: Tensor, past: Tensor, past_poses: Tensor, facts: Tensor
    ) -> dict[str, Tensor]:
        """What may happen: everything about it but the lots, which are drawn with the picture's noise."""
        if self.things is None:
            assert self.events is not None
            recent = len(self.config.lags)
            return {"happenings": self.events(pose, past[:, :recent], past_poses[:, :recent], facts)}
        with torch.autocast(pose.device.type, enabled=False):
            prospects = self.things(pose, state["things"], state["since"], state["recent"], facts)
        return {"things": state["things"], **vars(prospects)}

    def _happen(self, condition: Condition, dice: Tensor) -> tuple[Tensor, Tensor]:
        """Things after the tick [B, S, THING], and happenings [B, 2 + meters]; dice: [B, ``dice``]."""
        pose = condition["pose"]
        if self.things is None or self.outcomes is None:
            return pose.new_zeros(len(pose), 0, THING), condition["happenings"]
        before = condition["things"]
        prospects = Prospects(**{name: condition[name] for name in Prospects.__dataclass_fields__})
        meters = condition["facts"][:, self.config.controls :]
        with torch.autocast(pose.device.type, enabled=False):
            after = self.things.advance(before, prospects, dice[:, : self.things.dice])
            odds = self.outcomes(prospects, before, after, meters)
            return after, self.outcomes.draw(odds, dice[:, self.things.dice :])

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        """Estimates are ``Estimate.packed``."""
        pixels = 3 * self.config.height * self.config.width
        if estimate is None:
            known = None
            things, happenings = self._happen(condition, noise[:, pixels:])
        else:
            last = Estimate.unpacked(estimate, self.config)
            known, things, happenings = last.picture.clamp(-1.0, 1.0), last.things, last.happenings
        canvas = Canvas(
            condition["inputs"],
            condition["coarse"],
            condition["inverse_depth"],
            condition["sketch"],
            condition["surface"],
            condition["warped"],
            condition["seen"],
            self._known(condition),
        )
        level = noise.new_full((len(noise),), NOISE_LEVELS[step])
        lots = noise[:, :pixels].view(-1, 3, self.config.height, self.config.width)
        figures = self.painter.figures(condition["pose"], things, canvas.inverse_depth, self.painter.view)
        picture, inverse = self.painter.paint(canvas, figures, condition["facts"], known, lots, level)
        kinds = torch.zeros_like(inverse) if figures is None else figures[:, 5]
        return Estimate(picture, inverse, kinds, things, happenings).packed()

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        last = Estimate.unpacked(estimate, self.config)
        state, output = self._append(state, condition, to_uint8(last.picture), last)
        return state, output if self.config.fine == 1 else self._finely(output, condition, last)

    def _known(self, condition: Condition) -> Known:
        return Known(condition["texels"], condition["texels_inverse"], condition["texels_means"])

    def _finely(self, output: Output, condition: Condition, last: Estimate) -> Output:
        """``output`` as it is shown."""
        known, view = self._known(condition), self.painter.shown
        figures = self.painter.figures(condition["pose"], last.things, known.inverse, view)
        shown = finely(known, figures, last.picture, last.inverse)
        layers = {**output.layers, "depth": self._depth(shown.inverse)}
        if "entities" in layers:
            layers["entities"] = shown.kinds
        return replace(output, pixels=shown.pixels, layers=layers)

    def _depth(self, inverse: Tensor) -> Tensor:
        return inverse.clamp(min=1.0 / self.config.camera.far).reciprocal()

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        """The pose moves as the controls say and what is likely happens; the depth is what stands there."""
        condition = self.condition(state, controls)
        pose, inverse = condition["pose"], condition["inverse_depth"]
        things, happenings = self._happen(condition, pose.new_zeros(len(pose), self.dice))
        figures = self.painter.figures(pose, things, inverse, self.painter.view)
        kinds = torch.zeros_like(inverse) if figures is None else figures[:, 5]
        inverse = inverse if figures is None else torch.maximum(inverse, figures[:, 4])
        seen = Estimate(condition["warped"], inverse, kinds, things, happenings)
        painted = self._painted(pixels[:, None])[:, 0]
        state, output = self._append(state, condition, painted, seen)
        if self.config.fine > 1:
            output = replace(self._finely(output, condition, seen), pixels=pixels)
        return state, output

    def set_variables(self, state: State, variables: Tensor) -> State:
        """What was seen stays where it was seen from: a teleported walker remembers other places."""
        return {
            **state,
            "pose": variables[:, :3].clone(),
            "velocity": variables[:, 3:5].clone(),
            "meters": variables[:, 5:].clone(),
        }

    def _append(
        self, state: State, condition: Condition, pixels: Tensor, seen: Estimate
    ) -> tuple[State, Output]:
        clock = state["clock"] + 1
        rows = torch.arange(len(clock), device=clock.device)
        slots = clock % self.config.ring
        frames, poses = state["frames"].clone(), state["poses"].clone()
        frames[rows, slots] = pixels
        poses[rows, slots] = condition["pose"]
        keyframes, keyposes = self._keep(state, clock, pixels, condition["pose"])
        happenings = seen.happenings
        change = happenings[:, 2:] * (self.high - self.low)
        if self.things is not None:
            # Games count in whole points. Fractions would add up to health that no recording has.
            change = change.round()
        ended = happenings[:, 1].sigmoid()
        for row, meter in enumerate(self.config.meters):
            if meter.name in self.config.vital:
                ended = torch.where(state["meters"][:, row] + change[:, row] <= 0.0, 1.0, ended)
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
        layers = {"depth": self._depth(seen.inverse)}
        before = state["poses"][rows, state["clock"] % self.config.ring]
        clues = {"before": before, "now": condition["pose"]}
        if self.things is not None:
            layers["entities"] = seen.kinds
            after["things"] = seen.things
            clues["things"] = seen.things
            born = (seen.things[..., KIND] > 0.5) & (state["things"][..., KIND] < 0.5)
            clues["born"] = born
            counted_anew = torch.cat(
                [change < 0.0, born.any(1, keepdim=True), happenings[:, :1] != 0.0], dim=1
            )
            after["since"] = torch.where(counted_anew, 0.0, state["since"] + 1.0)
            controls = condition["facts"][:, None, : self.config.controls]
            after["recent"] = torch.cat([state["recent"][:, 1:], controls], dim=1)
        variables = torch.cat([condition["pose"], condition["velocity"], meters], dim=1)
        output = Output(pixels, layers, variables, happenings[:, 0], ended, clues)
        return after, output

    def derive(
        self, layers: Mapping[str, NDArray[np.float32]], clues: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[np.float32]]:
        """The motion layers, from the frame before that is remembered: after ``set_variables``, too."""
        poses, things = np.stack([clues["before"], clues["now"]]), None
        if self.things is not None:
            things = np.concatenate([clues["things"], clues["born"][:, None]], axis=1, dtype=np.float32)
        found = self.screen_motion.vectors(layers["depth"], poses, layers.get("entities"), things)
        return dict(zip(MOTION, found, strict=True))

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
