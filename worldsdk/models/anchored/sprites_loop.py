"""``Sprites.image`` on a CPU: compiled loops over things and the pixels that their pictures cover."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@kernel(fastmath=False)
def see_things(
    poses: Floats,
    things: Floats,
    facets: int,
    depth: Floats,
    aside: Floats,
    facet: Ints,
    order: Ints,
) -> None:
    """``look_at`` for each thing [B, S, >= 5], and their ``order``, nearest first."""
    for b in range(len(poses)):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        for s in range(things.shape[1]):
            dx, dy = things[b, s, 1] - poses[b, 0], things[b, s, 2] - poses[b, 1]
            depth[b, s], aside[b, s] = dx * cos + dy * sin, dx * sin - dy * cos
            towards = math.atan2(-dy, -dx) * 180.0 / math.pi
            facet[b, s] = np.int64(np.rint((towards - things[b, s, 4]) * (facets / 360.0))) % facets
        order[b] = np.argsort(depth[b])


@kernel(fastmath=False)
def cast_things(
    things: Floats,
    depth: Floats,
    aside: Floats,
    facet: Ints,
    order: Ints,
    gains: Floats,
    inverse: Floats,
    across: Floats,
    down: Floats,
    texels: Floats,
    outlines: Floats,
    facets: int,
    side: int,
    eye: float,
    out: Floats,
) -> None:
    """Fills ``out`` [B, 6, H, W]; see ``Sprites.image``. order: [B, S], nearest first; outlines: [kinds]."""
    batch, height, width = inverse.shape
    per_side = len(across) // width
    share = 1.0 / (per_side * per_side)
    half = side / 2
    for b in range(batch):
        for place in range(order.shape[1]):
            s = order[b, place]
            far = depth[b, s]
            if things[b, s, 0] < 0.5 or far <= 4.0:
                continue
            kind = np.int64(round(things[b, s, 0])) - 1
            picture, outline = kind * facets + facet[b, s], outlines[kind]
            for v in range(height):
                middle = 0.5 * (down[v * per_side] + down[v * per_side + per_side - 1])
                tall = eye - middle * far - things[b, s, 3]
                if tall <= -8.0 or tall >= side - 8.0:
                    continue
                for u in range(width):
                    centre = 0.5 * (across[u * per_side] + across[u * per_side + per_side - 1])
                    if abs(centre * far - aside[b, s]) >= half or far >= 1.0 / inverse[b, v, u] + 24.0:
                        continue
                    left = 1.0 - out[b, 3, v, u]
                    if left < 1e-3:
                        continue
                    red = green = blue = there = 0.0
                    for i in range(per_side):
                        row = np.int64(math.floor(eye - down[v * per_side + i] * far - things[b, s, 3] + 8.0))
                        if row < 0 or row >= side:
                            continue
                        for j in range(per_side):
                            column = np.int64(math.floor(across[u * per_side + j] * far - aside[b, s] + half))
                            if column < 0 or column >= side:
                                continue
                            texel = (picture * side + row) * side + column
                            red += texels[texel, 0]
                            green += texels[texel, 1]
                            blue += texels[texel, 2]
                            there += texels[texel, 3]
                    there *= share
                    weight = left * share
                    out[b, 0, v, u] += weight * red * (1.0 + gains[b, s, 0]) + left * there * gains[b, s, 3]
                    out[b, 1, v, u] += weight * green * (1.0 + gains[b, s, 1]) + left * there * gains[b, s, 4]
                    out[b, 2, v, u] += weight * blue * (1.0 + gains[b, s, 2]) + left * there * gains[b, s, 5]
                    out[b, 3, v, u] = 1.0 - left * (1.0 - there)
                    if there > outline and out[b, 4, v, u] == 0.0:
                        out[b, 4, v, u] = 1.0 / max(far, 1.0)
                        out[b, 5, v, u] = things[b, s, 0]
