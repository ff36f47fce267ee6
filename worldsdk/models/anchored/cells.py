"""Looking up hashed cells on a CPU: one compiled loop where tensors would walk over memory ten times."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

PRIME_Y, PRIME_Z = 2654435761, 805459861
"""Of Instant-NGP, equation 4; x is taken as it is."""


@kernel(fastmath=False)
def mix_cells(
    x: float, y: float, z: float, cell: float, mask: int, offset: int, table: Floats
) -> tuple[float, float, float, float]:
    """The features around a point, from the eight cells of one level, mixed trilinearly."""
    gx, gy, gz = x / cell, y / cell, z / cell
    lx, ly, lz = math.floor(gx), math.floor(gy), math.floor(gz)
    fx, fy, fz = gx - lx, gy - ly, gz - lz
    ix, iy, iz = int(lx), int(ly), int(lz)
    y0, y1 = iy * PRIME_Y, (iy + 1) * PRIME_Y
    z0, z1 = iz * PRIME_Z, (iz + 1) * PRIME_Z
    a = b = c = d = 0.0
    for corner in range(8):
        cx, cy, cz = corner >> 2, (corner >> 1) & 1, corner & 1
        share = (fx if cx else 1.0 - fx) * (fy if cy else 1.0 - fy) * (fz if cz else 1.0 - fz)
        spot = (ix + cx) ^ (y1 if cy else y0) ^ (z1 if cz else z0)
        slot = (spot & mask) + offset
        a += share * table[slot, 0]
        b += share * table[slot, 1]
        c += share * table[slot, 2]
        d += share * table[slot, 3]
    return a, b, c, d


@kernel(fastmath=False)
def gather(points: Floats, cells: Floats, masks: Ints, offsets: Ints, table: Floats, out: Floats) -> None:
    """points [N, 3] -> out [levels, N, 4]."""
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        for level in range(len(cells)):
            a, b, c, d = mix_cells(x, y, z, cells[level], masks[level], offsets[level], table)
            out[level, n, 0] = a
            out[level, n, 1] = b
            out[level, n, 2] = c
            out[level, n, 3] = d
