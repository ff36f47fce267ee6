"""Objectives of the anchored family: how the walker moves, and what the walker sees."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.errors import RecipeError
from worldsdk.models.anchored import AnchoredModel
from worldsdk.models.anchored.floor import ON_FLOOR
from worldsdk.models.anchored.motion import survey
from worldsdk.models.anchored.painter import Canvas
from worldsdk.models.anchored.recall import recall
from worldsdk.models.blocks import to_signed
from worldsdk.models.camera import footprint
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.blocks import find_blocks
from worldsdk.training.objectives.objective import Objective, noise_levels, read_settings
from worldsdk.training.objectives.planes import FARTHEST, find_walls
from worldsdk.training.objectives.spots import Spots
from worldsdk.training.recipe import Stage

FLOOR_TOLERANCE = 0.12
"""Share of its depth by which a recorded floor pixel may miss the floor plane: depth buffers are coarse."""


class MotionObjective(Objective):
    """Unrolls the walker alone, without pictures, and compares pose and velocity at every tick."""

    def __init__(self, model: AnchoredModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        self.motion = model.motion
        self.at = footage.windows(1, stage.unroll)
        x, y = model.config.variables[:2]
        walked = footage.variables[torch.from_numpy(footage.train), :2].cpu().numpy()
        model.motion.ground.copy_(survey(walked, (x.low, y.low), (x.high, y.high)))

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch * self.stage.unroll

    def parameters(self) -> Iterator[nn.Parameter]:
        return self.motion.parameters()

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        footage, device = self.footage, self.footage.pixels.device
        at = torch.from_numpy(draw.choice(self.at, self.stage.batch)).to(device)
        pose, velocity = footage.variables[at - 1, :3], footage.variables[at - 1, 3:5]
        place = pose.new_zeros(())
        turn, speed = place.clone(), place.clone()
        for tick in range(self.stage.unroll):
            pose, velocity = self.motion(pose, velocity, footage.controls[at + tick])
            truth = footage.variables[at + tick]
            place = place + F.smooth_l1_loss(pose[:, :2], truth[:, :2], beta=0.25)
            turn = turn + (torch.remainder(pose[:, 2] - truth[:, 2] + 180.0, 360.0) - 180.0).abs().mean()
            speed = speed + F.smooth_l1_loss(velocity, truth[:, 3:5], beta=0.25)
        count = self.stage.unroll
        return {
            "total": (place + turn + speed) / count,
            "place": place / count,
            "turn": turn / count,
            "speed": speed / count,
        }


class PlaceObjective(Objective):
    """Learns the place alone: from a pose to a coarse picture and to how far away things are.

    No memory, no U-Net: ten times as many frames a second as ``PictureObjective``, which then finds the
    place already known. Things that move average out. Settings:

    - ``depth_weight``: of the error of depth.
    - ``walls_within``: map units up to which recorded depth is good enough to find walls in.
    """

    def __init__(self, model: AnchoredModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        self.anchored = model
        self.at = footage.windows(0, 1)
        self.settings = read_settings(stage, {"depth_weight": 1.0, "walls_within": FARTHEST})
        self.farthest = farthest_depth(footage)
        walls = model.painter.walls
        if walls is not None:
            camera, within = model.painter.camera, self.settings["walls_within"]
            walls.planes.copy_(find_walls(footage, camera, len(walls.planes), within=within))
        if model.painter.flats is not None:
            # Rooms are as high as most of their walls.
            tops = [] if walls is None else walls.planes[walls.planes[:, 5] > 0.0, 5].tolist()
            ceiling = max(set(tops), key=tops.count) if tops else None
            find_blocks(model.painter.flats, footage, model.painter.camera, ceiling)

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch

    def parameters(self) -> Iterator[nn.Parameter]:
        return self.anchored.painter.place.parameters()

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        at = torch.from_numpy(draw.choice(self.at, self.stage.batch)).to(self.footage.pixels.device)
        place = self.anchored.painter.place(self.footage.variables[at, :3])
        target = inverse_depth_target(self.anchored, self.footage, at)
        standing = torch.maximum(place.inverse_depth, self.anchored.painter.camera.floor_inverse_depth())
        depth = _depth_error(standing, target, 1.0 / self.farthest)
        truth = F.avg_pool2d(to_signed(self.footage.pixels[at]), 2)
        sketch = (place.sketch.float() - truth).abs().mean()
        return {"total": sketch + self.settings["depth_weight"] * depth, "sketch": sketch, "depth": depth}


class SurfaceObjective(Objective):
    """Learns what every surface looks like, where the place says it stands. Settings:

    - ``pixels``: drawn per picture. Surfaces are learnt a pixel at a time, and pixels of many pictures
      teach more than as many of one.

    Floors that repeat and the pictures of things are learnt with them, from the same pixels; ``Spots``
    sees to it that there are things among them.
    """

    def __init__(self, model: AnchoredModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        self.painter = model.painter
        self.spots = Spots(footage, footage.windows(0, 1), model.painter)
        self.settings = read_settings(stage, {"pixels": 512.0})

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch

    def parameters(self) -> Iterator[nn.Parameter]:
        painter = self.painter
        parts = (painter.texture, painter.floor, painter.flats, painter.walls, painter.sprites)
        return chain.from_iterable(part.parameters() for part in parts if part is not None)

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        painter, footage = self.painter, self.footage
        frames = self.spots.frames(draw, self.stage.batch)
        at = torch.from_numpy(frames).to(footage.pixels.device)
        with torch.no_grad():
            points, depth = painter.standing_points(footage.variables[at, :3])
            size = footprint(points).amax(1)
        height, width = depth.shape[1:]
        count = min(height * width, int(self.settings["pixels"]))
        row, column = self.spots.pixels(draw, frames, count, height, width)
        whole = (
            row * width + column + height * width * torch.arange(len(at), device=at.device)[:, None]
        ).flatten()
        far = depth.flatten()[whole]
        with torch.autocast(at.device.type, enabled=False):
            flat = points.movedim(1, -1).reshape(-1, 3)[whole]
            seen = painter.texture(flat, size.flatten()[whole], far)[:, :3]
            seen = seen + self._tiles(footage.variables[at, :3], row, column, far.reciprocal())
            truth = footage.pixels[at].reshape(-1, 3)[whole].float().mul(2.0 / 255.0).sub(1.0)
            if painter.sprites is None:
                surface = (seen - truth).abs().mean()
                return {"total": surface, "surface": surface}
            seen, clear = self._with_things(at, seen, row, column, far)
            surface = ((seen - truth).abs().mean(1) * clear).mean()
        return {"total": surface, "surface": surface}

    def _tiles(self, poses: Tensor, row: Tensor, column: Tensor, inverse: Tensor) -> Tensor | float:
        """What the tiles of floor and walls add to the colours [N, 3]; row, column: [B, N / B]."""
        painter = self.painter
        added: Tensor | float = 0.0
        uncovered: Tensor | float = 1.0
        if painter.walls is not None:
            colour, share = painter.walls(poses, row, column, inverse.view_as(row), painter.view)
            added, uncovered = colour.flatten(0, 1), 1.0 - share.flatten(0, 1)
        if painter.flats is not None:
            colour, _ = painter.flats(poses, row, column, inverse.view_as(row), painter.view)
            added = added + colour.flatten(0, 1) * uncovered
        if painter.floor is not None:
            pose = poses.repeat_interleave(row.shape[1], dim=0)
            row, column = row.flatten(), column.flatten()
            bare = inverse <= painter.camera.floor_inverse_depth()[row, column] * ON_FLOOR
            added = added + painter.floor(pose, row, column, painter.view) * bare[:, None] * uncovered
        return added

    def _with_things(
        self, at: Tensor, seen: Tensor, row: Tensor, column: Tensor, far: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Colours [N, 3] with the things before them, and 0 [N] where several things overlap, else 1."""
        sprites, view, poses = self.painter.sprites, self.painter.view, self.footage.variables[at, :3]
        assert sprites is not None
        things = self.footage.layers["things"][at]
        index, many = sprites.front(poses, things, row, column, far.view_as(row), view)
        hit = (index.flatten() >= 0).nonzero()[:, 0]
        picture = hit // row.shape[1]
        thing = things[picture, index.flatten()[hit]]
        figure = sprites(poses[picture], thing, row.flatten()[hit], column.flatten()[hit], view)
        over = seen[hit] * (1.0 - figure[:, 3:]) + figure[:, :3]
        return seen.index_copy(0, hit, over), (many.flatten() < 2).float()


class PictureObjective(Objective):
    """Paints the next frames from true poses, on noised memory, then on the model's own frames.

    From the second frame of the unroll on, remembered frames are the model's own, cut off from the
    gradient (the pushforward trick, Brandstetter et al. 2022, 3.1): it learns to go on from its own
    mistakes. Settings:

    - ``context_noise``: largest standard deviation of the noise on remembered frames (GameNGen 3.2.1).
    - ``blind``: share of draws that remember nothing and paint from pose and place alone. Without them
      the warped memory is so good a guess that the place is never learnt.
    - ``forget``: share of single memories that are lost besides.
    - ``refine``: share of draws that start from a noised target rather than from noise alone.
    - ``object_weight``: extra weight of labelled pixels; the other weights are those of the loss's terms.
    """

    def __init__(self, model: AnchoredModel, footage: Footage, stage: Stage) -> None:
        super().__init__(model, footage, stage)
        self.anchored = model
        self.history = model.config.ring
        self.at = footage.windows(self.history, stage.unroll)
        self.settings = read_settings(
            stage,
            {
                "context_noise": 0.15,
                "blind": 0.3,
                "forget": 0.15,
                "refine": 0.3,
                "object_weight": 3.0,
                "edge_weight": 0.5,
                "depth_weight": 0.3,
                "sketch_weight": 0.3,
                "surface_weight": 0.3,
                "event_weight": 0.1,
            },
        )
        self.farthest = farthest_depth(footage)

    @property
    def frames_per_step(self) -> int:
        return self.stage.batch * self.stage.unroll

    def parameters(self) -> Iterator[nn.Parameter]:
        events = self.anchored.events
        return chain(self.anchored.painter.parameters(), () if events is None else events.parameters())

    def losses(self, draw: np.random.Generator, noise: torch.Generator) -> dict[str, Tensor]:
        footage, model, device = self.footage, self.anchored, self.footage.pixels.device
        at = torch.from_numpy(draw.choice(self.at, self.stage.batch)).to(device)
        batch, unroll = self.stage.batch, self.stage.unroll
        window = at[:, None] + torch.arange(-self.history, 0, device=device)
        frames = list(to_signed(footage.pixels[window]).unbind(1))
        poses = list(footage.variables[window, :3].unbind(1))
        keyframes = self._keyframes(at, draw)
        recent = len(model.config.lags)
        sums: dict[str, Tensor] = {}
        for tick in range(unroll):
            now = at + tick
            truth, pose = to_signed(footage.pixels[now]), footage.variables[now, :3]
            key = keyframes[
                torch.arange(batch, device=device), recall(pose, footage.variables[keyframes, :3])
            ]
            past = torch.stack(
                [frames[-lag] for lag in model.config.lags] + [to_signed(footage.pixels[key])], dim=1
            )
            past_poses = torch.stack(
                [poses[-lag] for lag in model.config.lags] + [footage.variables[key, :3]], dim=1
            )
            lost = self._lost(past_poses.shape[:2], noise, device)
            # A memory that looks the other way shows nothing of what lies ahead.
            view_poses = torch.where(lost[..., None], _turned(pose)[:, None], past_poses)
            strength = (
                torch.rand((batch, 1, 1, 1, 1), generator=noise, device=device)
                * self.settings["context_noise"]
            )
            past = past + torch.randn(past.shape, generator=noise, device=device) * strength
            facts = model.facts(footage.controls[now], footage.variables[now - 1, 5:])
            canvas = model.painter.prepare(pose, past, view_poses)
            drawn = torch.randn(truth.shape, generator=noise, device=device)
            level = noise_levels(batch, self.settings["refine"], noise, device, last=tick == unroll - 1)
            figures = self._figures(now, pose, canvas)
            picture, inverse = model.painter.paint(canvas, figures, facts, truth, drawn, level)
            terms = self._compare(now, truth, picture, inverse, canvas)
            if model.events is not None:
                happenings = model.events(pose, past[:, :recent], past_poses[:, :recent], facts)
                terms["events"] = self._events(now, happenings)
            for name, term in terms.items():
                sums[name] = sums.get(name, picture.new_zeros(())) + term / unroll
            frames.append(picture.detach().clamp(-1.0, 1.0))
            poses.append(pose)
        sums["total"] = (
            sums["picture"]
            + self.settings["edge_weight"] * sums["edges"]
            + self.settings["depth_weight"] * (sums["depth"] + sums["place"])
            + self.settings["sketch_weight"] * sums["sketch"]
            + self.settings["surface_weight"] * sums["surface"]
        )
        if "events" in sums:
            sums["total"] = sums["total"] + self.settings["event_weight"] * sums["events"]
        return sums

    def _keyframes(self, at: Tensor, draw: np.random.Generator) -> Tensor:
        """Frames [B, keyframes] that a session would have kept when it came to ``at``, youngest first.

        A session remembers its own past only: each window is given a random age, and what is older than
        the session is filled with its first frame, as ``AnchoredModel.start`` does.
        """
        config = self.anchored.config
        every, device = config.keyframe_every, at.device
        newest = (
            at[:, None] - self.history - torch.from_numpy(draw.integers(0, every, (len(at), 1))).to(device)
        )
        frames = newest - every * torch.arange(config.keyframes, device=device)
        age = torch.from_numpy(draw.integers(0, config.keyframes * every, (len(at), 1))).to(device)
        born = torch.maximum(self.footage.first[at][:, None], at[:, None] - self.history - age)
        return torch.maximum(frames, born)

    def _figures(self, now: Tensor, pose: Tensor, canvas: Canvas) -> Tensor | None:
        """The things that were really there."""
        if self.anchored.things is None:
            return None
        painter, things = self.anchored.painter, self.footage.layers["things"][now]
        return painter.figures(pose, things, canvas.inverse_depth, painter.view)

    def _lost(self, shape: torch.Size, noise: torch.Generator, device: torch.device) -> Tensor:
        """Which memories [B, views] are not to be had."""
        blind = torch.rand((shape[0], 1), generator=noise, device=device) < self.settings["blind"]
        single = torch.rand(shape, generator=noise, device=device) < self.settings["forget"]
        return blind | single

    def _compare(
        self, now: Tensor, truth: Tensor, picture: Tensor, inverse: Tensor, canvas: Canvas
    ) -> dict[str, Tensor]:
        wrong = (picture - truth).abs().mean(1)
        thing = torch.zeros_like(wrong)
        if "labels" in self.footage.layers:
            thing = (self.footage.layers["labels"][now] > 0).float()
        weight = 1.0 + self.settings["object_weight"] * thing
        edges = _slope_error(picture, truth, 2) + _slope_error(picture, truth, 3)
        target, far = inverse_depth_target(self.anchored, self.footage, now), 1.0 / self.farthest
        return {
            "picture": (wrong * weight).mean(),
            "edges": edges,
            "depth": _depth_error(inverse, target, far),
            "place": _depth_error(canvas.inverse_depth, target, far),
            "surface": ((canvas.surface - truth).abs().mean(1) * (1.0 - thing)).mean(),
            "sketch": (canvas.sketch.float() - F.avg_pool2d(truth, 2)).abs().mean(),
        }

    def _events(self, now: Tensor, happenings: Tensor) -> Tensor:
        model, footage = self.anchored, self.footage
        reward = F.smooth_l1_loss(happenings[:, 0], footage.reward[now])
        ended = F.binary_cross_entropy_with_logits(happenings[:, 1], footage.ended[now])
        change = (footage.variables[now, 5:] - footage.variables[now - 1, 5:]) / (model.high - model.low)
        # Squared, since meters change seldom: the mean of rare steps is wanted, not their median.
        meters = (happenings[:, 2:] - change).square().mean() if change.shape[1] else reward.new_zeros(())
        return reward + ended + 100.0 * meters


def _turned(pose: Tensor) -> Tensor:
    """The same places, looked at backwards."""
    x, y, heading = pose.unbind(1)
    return torch.stack([x, y, torch.remainder(heading + 180.0, 360.0)], dim=1)


def farthest_depth(footage: Footage) -> float:
    """Where the recorded depth saturates, map units: beyond it nothing is known.

    Raises:
        RecipeError: no depth was recorded.
    """
    if "depth" not in footage.layers:
        raise RecipeError(
            "the footage has no depth",
            where="family 'anchored'",
            fix="record with depth, or use 'convnet'",
        )
    return float(footage.layers["depth"].max())


def inverse_depth_target(model: AnchoredModel, footage: Footage, now: Tensor) -> Tensor:
    """Recorded depth [B, H, W] as its inverse, put exactly on the floor where it lies about there."""
    floor = model.painter.camera.floor_inverse_depth()
    depth = footage.layers["depth"][now].float().clamp(min=1.0)
    on_floor = (depth * floor - 1.0).abs() < FLOOR_TOLERANCE
    return torch.where(on_floor, floor.expand_as(depth), depth.reciprocal())


def _slope_error(picture: Tensor, truth: Tensor, dim: int) -> Tensor:
    """L1 between the differences of neighbouring pixels: keeps edges where a plain L1 would soften them."""
    return (picture.diff(dim=dim) - truth.diff(dim=dim)).abs().mean()


def _depth_error(inverse: Tensor, target: Tensor, far: float) -> Tensor:
    """L1 of inverse depth in units of 1 / 64 map units, which rules near things, and of its logarithm, which
    puts far walls where their texture belongs. Saturated targets only ask to be far enough.
    """
    inverse = inverse.clamp(min=0.25 * far)
    target = torch.where(target > far, target, torch.minimum(inverse.detach(), target))
    return 64.0 * (inverse - target).abs().mean() + (inverse.log() - target.log()).abs().mean()
