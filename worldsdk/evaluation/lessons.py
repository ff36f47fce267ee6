"""Teaching the reader: real play that is neither measured on nor, where possible, seen by the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.errors import DatasetError
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.evaluation.poses import Pose
from worldsdk.evaluation.reader import Numbers, Reader, ReaderNet, Scale, prepare

BATCH = 64
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-3
LEAST_FRAMES = 200
"""Below this the reader would learn the frames by heart, and nothing else."""
LEAST_SPREAD = 1e-3
"""Spread below which a number counts as constant; dividing by less would ask for its rounding errors."""
BLUR_SHARE = 0.3
"""Share of the training batches that are softened, since a dream's frames are often a little soft: the reader
is to see through that. How soft they are is measured elsewhere."""
CAST = 0.08
"""Largest change of brightness in training, 1 being half the range, for the same reason."""


def teach(
    lessons: HeldOut,
    steps: int,
    *,
    seed: int = 0,
    progress: Callable[[int], Any] | None = None,
) -> Reader:
    """Trains a reader on ``lessons``; the same play, steps and seed give the same reader.

    Args:
        steps: of ``BATCH`` pairs each. 800 take about a minute on one core at 64 x 48 pixels.
        progress: told of each step, with 1.

    Raises:
        DatasetError: too little play to learn from.
    """
    if lessons.frames < LEAST_FRAMES:
        raise DatasetError(
            f"there are {lessons.frames} frames to teach the reader with",
            where="lessons",
            fix=f"give at least {LEAST_FRAMES} frames of real play, or leave the reader out",
        )
    pose = Pose.find(lessons.variables)
    episodes = [episode for episode in lessons.episodes if len(episode) > 1]
    wanted = [targets(episode, pose) for episode in episodes]
    everything = np.concatenate(wanted)
    spread = everything.std(axis=0)
    scale = Scale(everything.mean(axis=0), np.where(spread < LEAST_SPREAD, 1.0, spread))
    # Of the pair that leads to frame t the number is t - 1 within its episode.
    owner = np.repeat(np.arange(len(episodes)), [len(w) for w in wanted])
    first = np.concatenate([np.arange(len(w)) for w in wanted])
    answers = torch.from_numpy((everything - scale.mean) / scale.spread).float()
    height, width = episodes[0].pixels.shape[1:3]
    picks = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = ReaderNet(height, width, answers.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=max(steps, 2))
    for _ in range(steps):
        rows = picks.integers(0, len(first), BATCH)
        pair = _soften(_pairs(episodes, owner[rows], first[rows]), picks)
        guess, _ = net(pair)
        loss = F.smooth_l1_loss(guess, answers[rows])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(1)
    return Reader(net.eval(), scale, episodes[0].controls.shape[1], pose, len(first))


def targets(episode: Episode, pose: Pose | None) -> Numbers:
    """What the reader should say of each pair of an episode: float64 [T - 1, outputs], as in ``Scale``."""
    parts: list[NDArray[Any]] = [episode.controls[1:].astype(np.float64)]
    if pose is not None:
        variables = np.asarray(episode.variables)
        angle = pose.radians(pose.angle(variables[1:]))
        parts += [
            pose.motion(variables[:-1], variables[1:]),
            pose.place(variables[1:]),
            np.stack([np.cos(angle), np.sin(angle)], axis=-1),
        ]
    return np.concatenate(parts, axis=1)


def _pairs(episodes: list[Episode], owner: NDArray[np.int64], first: NDArray[np.int64]) -> Tensor:
    before = np.stack([episodes[e].pixels[t] for e, t in zip(owner, first, strict=True)])
    after = np.stack([episodes[e].pixels[t + 1] for e, t in zip(owner, first, strict=True)])
    return prepare(before, after)


def _soften(pair: Tensor, generator: np.random.Generator) -> Tensor:
    if generator.uniform() < BLUR_SHARE:
        pair = F.avg_pool2d(F.pad(pair, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    cast = torch.from_numpy(generator.uniform(-CAST, CAST, (len(pair), 1, 1, 1))).float()
    late, change = pair[:, :3] + cast, pair[:, 3:]
    return torch.cat([late, change], dim=1)
