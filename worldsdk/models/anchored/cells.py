"""Looking up hashed cells on a CPU: one compiled loop where tensors would walk over memory ten times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Naturals = NDArray[np.uint32]

PRIME_Y, PRIME_Z = 2654435761, 805459861
"""Of Instant-NGP, equation 4; x is taken as it is."""
ONE = np.float32(1.0)


@kernel(fastmath=False, vectors=True)
def mix_cells(
    points: Floats,
    cell: np.float32,
    mask: int,
    offset: int,
    table: Floats,
    rest: Floats,
    spots: Naturals,
    out: Floats,
) -> None:
    """Fills ``out`` [4, N] with the features around points [3, N], from the eight cells of one level.

    Mixed trilinearly. rest: [6, N], spots: [6, N], scratch. A cell at a time for all points, so that the
    compiler makes vectors of it; whole numbers may run over, for only their low bits are looked at.
    """
    for axis in range(3):
        prime = np.uint32(PRIME_Y if axis == 1 else (PRIME_Z if axis == 2 else 1))
        for n in range(points.shape[1]):
            place = points[axis, n] / cell
            low = np.floor(place)
            rest[2 * axis, n], rest[2 * axis + 1, n] = ONE - (place - low), place - low
            spot = np.uint32(np.int32(low)) * prime
            spots[2 * axis, n], spots[2 * axis + 1, n] = spot, spot + prime
    out[:] = np.float32(0.0)
    low_bits, first = np.uint32(mask), np.uint32(offset)
    for corner in range(8):
        x, y, z = corner >> 2, 2 + ((corner >> 1) & 1), 4 + (corner & 1)
        for n in range(points.shape[1]):
            share = rest[x, n] * rest[y, n] * rest[z, n]
            slot = np.uint32(((spots[x, n] ^ spots[y, n] ^ spots[z, n]) & low_bits) + first)
            out[0, n] += share * table[slot, 0]
            out[1, n] += share * table[slot, 1]
            out[2, n] += share * table[slot, 2]
            out[3, n] += share * table[slot, 3]


@kernel(fastmath=False)
def gather(points: Floats, cells: Floats, masks: Ints, offsets: Ints, table: Floats, out: Floats) -> None:
    """points [3, N] -> out [levels, 4, N]."""
    rest, spots = np.empty((6, points.shape[1]), np.float32), np.empty((6, points.shape[1]), np.uint32)
    for level in range(len(cells)):
        mix_cells(points, cells[level], masks[level], offsets[level], table, rest, spots, out[level])
