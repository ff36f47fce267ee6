"""``Floor.image`` on a CPU: one compiled loop over the samples of the pixels that show floor."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]

ON_FLOOR = 1.03
"""What stands is floor where it is nearer than the floor by no more than this."""


@kernel(fastmath=False)
def floor_means(
    poses: Floats,
    bare: NDArray[np.bool_],
    across: Floats,
    down: Floats,
    tile: Floats,
    eye: float,
    out: Floats,
) -> None:
    """Fills ``out`` [B, H, W, 3] with the mean texel where ``bare`` [B, H, W]; tile [side * side, 3]."""
    batch, height, width = bare.shape
    per_side = len(across) // width
    side = np.int64(math.sqrt(len(tile)))
    share = 1.0 / (per_side * per_side)
    for b in range(batch):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        x0, y0 = poses[b, 0], poses[b, 1]
        for v in range(height):
            if down[v * per_side] <= 1e-4:
                continue
            for u in range(width):
                if not bare[b, v, u]:
                    continue
                red = green = blue = 0.0
                for i in range(per_side):
                    depth = eye / down[v * per_side + i]
                    for j in range(per_side):
                        slope = across[u * per_side + j]
                        column = np.int64(math.floor(x0 + depth * (cos + slope * sin))) % side
                        row = np.int64(math.floor(y0 + depth * (sin - slope * cos))) % side
                        texel = column * side + row
                        red += tile[texel, 0]
                        green += tile[texel, 1]
                        blue += tile[texel, 2]
                out[b, v, u, 0] = red * share
                out[b, v, u, 1] = green * share
                out[b, v, u, 2] = blue * share
