"""Pictures and the ground that they show: compiled loops from texels to pixels and back again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]


@kernel(fastmath=False, vectors=True)
def view_ground(
    poses: Floats,
    texels: NDArray[Any],
    right: Floats,
    ahead: Floats,
    gain: float,
    offset: float,
    out: Floats,
) -> None:
    """Fills ``out`` [B, H, W, 3] with the mean of the texels that each pixel shows, times gain, plus offset.

    Args:
        poses: [B, 3]: column and row of the texels, heading in radians.
        texels: [rows, columns, 3]; beyond the border lies more of the border.
        right: [W * S]: texels to the right of the pose that samples lie at, left to right; ``ahead``: [H * S]
            texels ahead of it, top to bottom.
    """
    batch, height, width, _ = out.shape
    rows, columns, _ = texels.shape
    side = len(right) // width
    share, base = np.float32(gain / (side * side)), np.float32(offset)
    for b in range(batch):
        cos, sin = np.float32(math.cos(poses[b, 2])), np.float32(math.sin(poses[b, 2]))
        x0, y0 = poses[b, 0], poses[b, 1]
        for v in range(height):
            for u in range(width):
                red = green = blue = np.float32(0.0)
                for i in range(v * side, v * side + side):
                    x1, y1 = x0 + ahead[i] * cos, y0 + ahead[i] * sin
                    for j in range(u * side, u * side + side):
                        x, y = x1 + right[j] * sin, y1 - right[j] * cos
                        column = min(max(np.int64(math.floor(x)), 0), columns - 1)
                        row = min(max(np.int64(math.floor(y)), 0), rows - 1)
                        red += np.float32(texels[row, column, 0])
                        green += np.float32(texels[row, column, 1])
                        blue += np.float32(texels[row, column, 2])
                out[b, v, u, 0] = red * share + base
                out[b, v, u, 1] = green * share + base
                out[b, v, u, 2] = blue * share + base


@kernel(fastmath=False, vectors=True)
def throw_back(
    poses: Floats,
    pictures: Floats,
    usable: NDArray[np.bool_],
    right: Floats,
    ahead: Floats,
    sums: Floats,
    counts: Floats,
) -> None:
    """Adds each pixel of ``pictures`` [B, H, W, 3] where ``usable`` [H, W] to ``sums`` [rows, columns, 3] of
    all texels that it shows, once a sample, and one to their ``counts`` [rows, columns]. The rest as above.
    """
    batch, height, width, _ = pictures.shape
    rows, columns = counts.shape
    side = len(right) // width
    for b in range(batch):
        cos, sin = np.float32(math.cos(poses[b, 2])), np.float32(math.sin(poses[b, 2]))
        x0, y0 = poses[b, 0], poses[b, 1]
        for v in range(height):
            for u in range(width):
                if not usable[v, u]:
                    continue
                for i in range(v * side, v * side + side):
                    x1, y1 = x0 + ahead[i] * cos, y0 + ahead[i] * sin
                    for j in range(u * side, u * side + side):
                        x, y = x1 + right[j] * sin, y1 - right[j] * cos
                        column, row = np.int64(math.floor(x)), np.int64(math.floor(y))
                        if 0 <= column < columns and 0 <= row < rows:
                            sums[row, column, 0] += pictures[b, v, u, 0]
                            sums[row, column, 1] += pictures[b, v, u, 1]
                            sums[row, column, 2] += pictures[b, v, u, 2]
                            counts[row, column] += np.float32(1.0)
