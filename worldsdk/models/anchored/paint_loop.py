"""Into the U-Net and out of it on a CPU: between planes of pixels and its own order, each in one walk.

The U-Net works on groups of 2x2 pixels, channels last, in bfloat16, whose bits are handed over as int16.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.inference.activations import exponential, narrow, widen
from worldsdk.pixels.kernels import kernel

Bits = NDArray[np.int16]
Floats = NDArray[np.float32]

NONE, ONE = np.float32(0.0), np.float32(1.0)


@kernel(fastmath=False, vectors=True)
def group(planes: Floats, out: Bits, first: int) -> None:
    """``pixel_unshuffle`` by 2: planes [B, C, H, W] -> 4 C channels of out [B, h, w, D], from first on."""
    batch, channels, height, width = planes.shape
    for b in range(batch):
        for v in range(height):
            for c in range(channels):
                row, place = planes[b, c, v], first + 4 * c + 2 * (v & 1)
                for x in range(width // 2):
                    out[b, v >> 1, x, place] = narrow(row[2 * x])
                    out[b, v >> 1, x, place + 1] = narrow(row[2 * x + 1])


@kernel(fastmath=False, vectors=True)
def put(planes: Floats, out: Bits, first: int) -> None:
    """planes [B, C, h, w] -> channels ``first`` to first + C of out [B, h, w, D]."""
    batch, channels, height, width = planes.shape
    for b in range(batch):
        for y in range(height):
            for c in range(channels):
                for x in range(width):
                    out[b, y, x, first + c] = narrow(planes[b, c, y, x])


@kernel(fastmath=False, vectors=True)
def compose(
    painted: Bits,
    warped: Floats,
    seen: Floats,
    surface: Floats,
    standing: Floats,
    picture: Floats,
    inverse: Floats,
) -> None:
    """``Painter.composed``: painted [B, h, w, 20], grouped; the rest [B, C, H, W] and [B, H, W]."""
    batch, height, width = inverse.shape
    row = np.empty((5, width), np.float32)
    for b in range(batch):
        for v in range(height):
            for c in range(5):
                place = 4 * c + 2 * (v & 1)
                for x in range(width // 2):
                    row[c, 2 * x] = widen(painted[b, v >> 1, x, place])
                    row[c, 2 * x + 1] = widen(painted[b, v >> 1, x, place + 1])
            for u in range(width):
                row[3, u] = seen[b, 0, v, u] / (ONE + exponential(-row[3, u]))
            for c in range(3):
                for u in range(width):
                    keep = row[3, u]
                    fresh = (ONE - keep) * (surface[b, c, v, u] + row[c, u])
                    picture[b, c, v, u] = keep * warped[b, c, v, u] + fresh
            for u in range(width):
                inverse[b, v, u] = max(standing[b, v, u] + row[4, u] / np.float32(64.0), NONE)
