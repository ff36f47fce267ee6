"""``Walls.standing`` on a CPU: compiled loops over columns and pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]

BEFORE = 1.5
"""What the place sees this many times nearer than a wall stands before that wall."""
DOUBT = 0.002
"""Of the place, 1 / map units: what it sees a thousand map units away may be five hundred away."""
SHOWS = 1.03
"""A wall shows where nothing is nearer than it, or than the floor before it, by more than this."""


@kernel(fastmath=False)
def nearest_wall(x0: float, y0: float, x: float, y: float, planes: Floats) -> tuple[float, int, float]:
    """1 / depth of the nearest wall along a level ray (0: none), its index, and where along it."""
    best, which, place = 0.0, 0, 0.0
    for k in range(len(planes)):
        if planes[k, 5] <= 0.0:
            continue
        nx, ny = planes[k, 0], planes[k, 1]
        away = planes[k, 2] - x0 * nx - y0 * ny
        if abs(away) < 1e-3:
            away = 1e-3
        inverse = (x * nx + y * ny) / away
        if inverse <= best or inverse <= 1e-6 or inverse >= 1.0:
            continue
        depth = 1.0 / inverse
        along = (y0 + depth * y) * nx - (x0 + depth * x) * ny
        if planes[k, 3] <= along <= planes[k, 4]:
            best, which, place = inverse, k, along
    return best, which, place


@kernel(fastmath=False)
def wall_standing(
    poses: Floats, planes: Floats, across: Floats, down: Floats, eye: float, inverse: Floats
) -> None:
    """Puts ``inverse`` [B, H, W] right where it is wall; across: [W], down: [H], of pixel centres."""
    batch, height, width = inverse.shape
    for b in range(batch):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        for u in range(width):
            wall, which, _ = nearest_wall(
                poses[b, 0], poses[b, 1], cos + across[u] * sin, sin - across[u] * cos, planes
            )
            if wall <= 0.0:
                continue
            depth, top = 1.0 / wall, planes[which, 5]
            for v in range(height):
                z = eye - depth * down[v]
                if 0.0 <= z <= top and inverse[b, v, u] <= BEFORE * wall + DOUBT:
                    inverse[b, v, u] = wall
