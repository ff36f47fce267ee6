"""How near one form of a world comes to another: the same start, controls and noise, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.errors import SessionError
from worldsdk.runtime.bench import Inputs
from worldsdk.runtime.noise import noise
from worldsdk.runtime.world import World

SEED = 7

SAME_DB = 99.0
"""Said of pictures without any difference."""

Dream = Sequence[tuple[NDArray[np.uint8], Tensor]]
"""Of each tick the frame, uint8 [H, W, 3], and the estimate that it was drawn from, float32 [1, ...]."""


@torch.inference_mode()
def dream(world: World, steps: int, inputs: Inputs, ticks: int) -> Iterator[tuple[NDArray[np.uint8], Tensor]]:
    """Frames uint8 [H, W, 3] of the first ticks of start 0, and the estimate that each was drawn from."""
    model, spec, where = world.model, world.spec, world.device
    state = world.first_moment(world.context(0)).state
    for tick in range(ticks):
        vector = world.controls.to_vector(world.controls.parse(inputs(tick)))
        condition = model.condition(state, torch.from_numpy(np.array(vector)[None]).to(where))
        estimate: Tensor | None = None
        for step in range(steps):
            drawn = torch.from_numpy(noise(SEED, tick + 1, step, spec.noise_shape))[None].to(where)
            estimate = model.denoise(condition, estimate, drawn, step, steps)
        if estimate is None:
            raise SessionError(f"steps is {steps}", fix="give at least 1")
        kept = estimate.float().cpu().clone()
        state, output = model.commit(state, condition, estimate)
        yield np.array(output.pixels[0].cpu().numpy()), kept


def fidelity(found: Dream, exact: Dream) -> tuple[float, float | None]:
    """PSNR of all frames together, and signal to error of all estimates together; decibels.

    Of frames of two sizes the larger ones are shrunk: what the smaller ones could show.
    """
    alike = [_alike(a, b) for (a, _), (b, _) in zip(found, exact, strict=True)]
    errors = [np.square(a - b).mean() for a, b in alike]
    psnr = decibels(255.0**2, float(np.mean(errors)))
    if any(a.shape != b.shape for (_, a), (_, b) in zip(found, exact, strict=True)):
        return psnr, None
    signal = sum(float(b.double().square().sum()) for _, b in exact)
    error = sum(float((a.double() - b).square().sum()) for (_, a), (_, b) in zip(found, exact, strict=True))
    return psnr, decibels(signal, error)


def _alike(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two frames of one size: means over blocks of the larger one."""
    height, width = min(len(a), len(b)), min(a.shape[1], b.shape[1])

    def shrunk(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
        tall, wide = frame.shape[0] // height, frame.shape[1] // width
        blocks = frame[: height * tall, : width * wide].reshape(height, tall, width, wide, 3)
        means: NDArray[np.float64] = blocks.mean(axis=(1, 3), dtype=np.float64)
        return means

    return shrunk(a), shrunk(b)


def decibels(signal: float, error: float) -> float:
    """Ten times the logarithm of their ratio, at most ``SAME_DB``."""
    if error <= 0.0 or signal <= 0.0:
        return SAME_DB if error <= 0.0 else -SAME_DB
    return min(SAME_DB, 10.0 * math.log10(signal / error))
