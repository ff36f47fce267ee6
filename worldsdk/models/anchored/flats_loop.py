"""``Flats`` on a CPU: compiled loops over pixels and their samples."""

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


@kernel(fastmath=False)
def flat_sum(
    x0: float,
    y0: float,
    cos: float,
    sin: float,
    level: int,
    depths: Floats,
    slopes: Floats,
    block_of: Ints,
    origin: Floats,
    tile: Floats,
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Sums of the texels that one pixel's samples show, and how many of those are known.

    depths, slopes: of the samples' rows and columns, seen from x0, y0.
    """
    red = green = blue = known = np.float32(0.0)
    for i in range(len(depths)):
        depth = depths[i]
        for j in range(len(slopes)):
            slope = slopes[j]
            x, y = x0 + depth * (cos + slope * sin), y0 + depth * (sin - slope * cos)
            block = block_at(block_of, origin, level, x, y)
            if block >= 0:
                texel = (block * BLOCK + np.int64(math.floor(x)) % BLOCK) * BLOCK
                texel += np.int64(math.floor(y)) % BLOCK
                red += tile[texel, 0]
                green += tile[texel, 1]
                blue += tile[texel, 2]
                known += np.float32(1.0)
    return red, green, blue, known


@kernel(fastmath=False)
def flat_means(
    poses: Floats,
    block_of: Ints,
    origin: Floats,
    depths: Floats,
    sample_depths: Floats,
    standing: Floats,
    sample_across: Floats,
    sample_down: Floats,
    tile: Floats,
    out: Floats,
) -> None:
    """Fills ``out`` [B, H, W, 4] with the mean of texels, by their share, and the share that is known.

    depths: [H], of pixel centres; sample_depths: [H * samples]. standing: [B, H, W], 1 / depth.
    tile: [blocks * BLOCK * BLOCK, 3].
    """
    batch, height, width = standing.shape
    per_side = len(sample_across) // width
    share = np.float32(1.0 / (per_side * per_side))
    for b in range(batch):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        x0, y0 = poses[b, 0], poses[b, 1]
        for v in range(height):
            if abs(sample_down[v * per_side]) <= 1e-4:
                continue
            level = 0 if sample_down[v * per_side] > 0.0 else 1
            for u in range(width):
                if standing[b, v, u] * depths[v] > ON_FLAT:
                    continue
                rows = sample_depths[v * per_side : (v + 1) * per_side]
                columns = sample_across[u * per_side : (u + 1) * per_side]
                red, green, blue, known = flat_sum(
                    x0, y0, cos, sin, level, rows, columns, block_of, origin, tile
                )
                out[b, v, u, 0] = red * share
                out[b, v, u, 1] = green * share
                out[b, v, u, 2] = blue * share
                out[b, v, u, 3] = known * share
