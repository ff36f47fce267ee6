"""What a tick is painted from, on a CPU: remembered frames as numbers, in one compiled loop."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.anchored.recall import AHEAD, CLOSE
from worldsdk.pixels.kernels import kernel

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

EIGHTH = 1.0 - 0.5**0.5


@kernel(fastmath=False, vectors=True)
def best_view(pose: Floats, keyposes: Floats) -> int:
    """``recall`` of one pose [3] among [N, 3]."""
    turn = pose[2] * (math.pi / 180.0)
    cos, sin = math.cos(turn), math.sin(turn)
    best, least = 0, np.inf
    for n in range(len(keyposes)):
        turn = keyposes[n, 2] * (math.pi / 180.0)
        other_cos, other_sin = math.cos(turn), math.sin(turn)
        dx = keyposes[n, 0] - pose[0] + AHEAD * (other_cos - cos)
        dy = keyposes[n, 1] - pose[1] + AHEAD * (other_sin - sin)
        apart = math.sqrt(dx * dx + dy * dy) / CLOSE + (1.0 - cos * other_cos - sin * other_sin) / EIGHTH
        if apart < least:
            best, least = n, apart
    return best


@kernel(fastmath=False, vectors=True)
def _to_signed(frame: Bytes, out: Floats) -> None:
    """uint8 [N] -> [-1, 1]."""
    scale, one = np.float32(2.0 / 255.0), np.float32(1.0)
    for n in range(len(frame)):
        out[n] = np.float32(frame[n]) * scale - one


@kernel(fastmath=False, vectors=True)
def views(
    frames: Bytes,
    poses: Floats,
    keyframes: Bytes,
    keyposes: Floats,
    clock: Ints,
    lags: Ints,
    pose: Floats,
    past: Floats,
    past_poses: Floats,
) -> None:
    """Fills ``past`` [B, lags + 1, H * W * 3] and ``past_poses``: the frames at the lags, then the recalled.

    frames: [B, R, H * W * 3], poses: [B, R, 3], rings; keyframes, keyposes: [B, N, ...]; pose: [B, 3].
    """
    ring, last = frames.shape[1], len(lags)
    for b in range(len(pose)):
        for view in range(last):
            slot = (clock[b] + 1 - lags[view]) % ring
            _to_signed(frames[b, slot], past[b, view])
            past_poses[b, view] = poses[b, slot]
        best = best_view(pose[b], keyposes[b])
        _to_signed(keyframes[b, best], past[b, last])
        past_poses[b, last] = keyposes[b, best]
