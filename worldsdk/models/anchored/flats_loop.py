"""``Flats`` on a CPU: a compiled loop over pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BLOCK = 16
"""Map units along each side of a block."""
ON_FLAT = 1.03
"""What stands is floor or ceiling where it is nearer than them by no more than this."""
SNAP = 1.25
"""What the place sees up to this many times nearer than a known floor or ceiling is that floor or ceiling."""


@kernel(fastmath=False)
def block_at(block_of: Ints, origin: Floats, level: int, x: float, y: float) -> int:
    """The block of floor (level 0) or ceiling (1) at a place; -1 where none is known."""
    column, row = math.floor((x - origin[0]) / BLOCK), math.floor((y - origin[1]) / BLOCK)
    if column < 0 or row < 0 or column >= block_of.shape[1] or row >= block_of.shape[2]:
        return -1
    return int(block_of[level, int(column), int(row)])


@kernel(fastmath=False)
def flat_standing(
    poses: Floats,
    block_of: Ints,
    origin: Floats,
    depths: Floats,
    across: Floats,
    down: Floats,
    inverse: Floats,
) -> None:
    """Puts ``inverse`` [B, H, W] right where it is flat; depths, down: [H], across: [W], of pixel centres."""
    batch, height, width = inverse.shape
    for b in range(batch):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        for v in range(height):
            if abs(down[v]) <= 1e-4:
                continue
            depth, level = depths[v], 0 if down[v] > 0.0 else 1
            flat = np.float32(1.0) / depth
            for u in range(width):
                if inverse[b, v, u] > SNAP * flat:
                    continue
                x = poses[b, 0] + depth * (cos + across[u] * sin)
                y = poses[b, 1] + depth * (sin - across[u] * cos)
                if block_at(block_of, origin, level, x, y) >= 0:
                    inverse[b, v, u] = flat
