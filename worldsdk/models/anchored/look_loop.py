"""``FusedPainter`` on a CPU: from depth to all that is known of each pixel.

What has no table to look into goes row by row in plain arithmetic, with polynomials for sines and powers, so
that the compiler makes vectors of it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.anchored.cells import mix_cells
from worldsdk.models.anchored.texture import CELL_FEATURES
from worldsdk.models.inference.activations import exponential
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

NONE, HALF, ONE, TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_PI = np.float32(math.pi)
FADED = np.float32(1e-4)
"""A row in which a level has faded to this is not worth its cache misses."""


@kernel(fastmath=False, vectors=True)
def points_seen(
    pose: Floats, inverse: Floats, across: Floats, down: Floats, eye: float, far: float, points: Floats
) -> None:
    """Fills ``points`` [3, H, W] from ``inverse`` [H, W], 1 / depth."""
    turn = pose[2] * np.float32(math.pi / 180.0)
    cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
    least, high = ONE / np.float32(far), np.float32(eye)
    for v in range(inverse.shape[0]):
        for u in range(inverse.shape[1]):
            depth = ONE / max(inverse[v, u], least)
            points[0, v, u] = pose[0] + depth * (cos + across[u] * sin)
            points[1, v, u] = pose[1] + depth * (sin - across[u] * cos)
            points[2, v, u] = high - depth * down[v]


@kernel(fastmath=False, vectors=True)
def warp(
    points: Floats,
    frame: Floats,
    pose: Floats,
    eye: float,
    focal_x: float,
    focal_y: float,
    out: Floats,
) -> None:
    """Fills ``out`` [4, H, W]: ``frame`` [H, W, 3], seen from ``pose``, at points [3, H, W]; where it is."""
    height, width = points.shape[1:]
    turn = pose[2] * np.float32(math.pi / 180.0)
    cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
    wide, tall, high = np.float32(focal_x), np.float32(focal_y), np.float32(eye)
    xs, ys = np.empty(width, np.float32), np.empty(width, np.float32)
    last_x, last_y = np.float32(width - 1), np.float32(height - 1)
    for v in range(height):
        for u in range(width):
            dx, dy = points[0, v, u] - pose[0], points[1, v, u] - pose[1]
            forward = dx * cos + dy * sin
            safe = max(forward, ONE)
            column = (dx * sin - dy * cos) / safe * wide
            row = (high - points[2, v, u]) / safe * tall
            seen = (forward > ONE) & (abs(column) <= ONE) & (abs(row) <= ONE)
            out[3, v, u] = ONE if seen else NONE
            xs[u] = min(max((column + ONE) * HALF * np.float32(width) - HALF, NONE), last_x)
            ys[u] = min(max((row + ONE) * HALF * np.float32(height) - HALF, NONE), last_y)
        for u in range(width):
            if out[3, v, u] == NONE:
                for c in range(3):
                    out[c, v, u] = NONE
                continue
            left, top = np.int64(xs[u]), np.int64(ys[u])
            right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
            fx, fy = xs[u] - np.float32(left), ys[u] - np.float32(top)
            for c in range(3):
                above = (ONE - fx) * frame[top, left, c] + fx * frame[top, right, c]
                below = (ONE - fx) * frame[bottom, left, c] + fx * frame[bottom, right, c]
                out[c, v, u] = (ONE - fy) * above + fy * below


@kernel(fastmath=False, vectors=True)
def footprints(values: Floats, out: Floats) -> None:
    """``camera.footprint`` of one axis: values [H, W] -> out [H, W]."""
    height, width = values.shape
    for v in range(height):
        # At the border there is one neighbour only.
        here, above = values[v], values[v - 1] if v else values[1]
        below = values[v + 1] if v + 1 < height else above
        for u in range(width):
            out[v, u] = min(abs(here[u] - above[u]), abs(here[u] - below[u]))
        out[v, 0] += abs(here[1] - here[0])
        for u in range(1, width - 1):
            out[v, u] += min(abs(here[u] - here[u - 1]), abs(here[u + 1] - here[u]))
        out[v, width - 1] += abs(here[width - 1] - here[width - 2])


@kernel(fastmath=False, vectors=True)
def code_axis(values: Floats, size: Floats, period: float, axis: int, out: Floats) -> None:
    """``camera.surface_code`` of one axis: fills its rows of ``out`` [6 * octaves, H, W]."""
    height, width = values.shape
    octaves = len(out) // 6
    turns, narrow = ONE / np.float32(period), np.float32(math.pi / period)
    sines, cosines = np.empty(width, np.float32), np.empty(width, np.float32)
    fades = np.empty(width, np.float32)
    for v in range(height):
        for u in range(width):
            turn = values[v, u] * turns
            half = (turn - np.floor(turn + HALF)) * _PI
            square = half * half
            # Taylor's series of sine and cosine up to a quarter turn either way; then twice the angle.
            sine = ONE + square * np.float32(-1.0 / 110.0)
            sine = ONE + square * np.float32(-1.0 / 72.0) * sine
            sine = ONE + square * np.float32(-1.0 / 42.0) * sine
            sine = ONE + square * np.float32(-1.0 / 20.0) * sine
            sine = half * (ONE + square * np.float32(-1.0 / 6.0) * sine)
            cosine = ONE + square * np.float32(-1.0 / 132.0)
            cosine = ONE + square * np.float32(-1.0 / 90.0) * cosine
            cosine = ONE + square * np.float32(-1.0 / 56.0) * cosine
            cosine = ONE + square * np.float32(-1.0 / 30.0) * cosine
            cosine = ONE + square * np.float32(-1.0 / 12.0) * cosine
            cosine = ONE + square * np.float32(-1.0 / 2.0) * cosine
            sines[u], cosines[u] = TWO * sine * cosine, ONE - TWO * sine * sine
            across = size[v, u] * narrow
            fades[u] = exponential(across * across * np.float32(-1.0 / 6.0))
        for octave in range(octaves):
            sine_out, cosine_out = out[6 * octave + axis, v], out[6 * octave + 3 + axis, v]
            for u in range(width):
                sine, cosine, fade = sines[u], cosines[u], fades[u]
                sine_out[u], cosine_out[u] = sine * fade, cosine * fade
                sines[u], cosines[u] = TWO * sine * cosine, ONE - TWO * sine * sine
                fades[u] = (fade * fade) * (fade * fade)


@kernel(fastmath=False, vectors=True)
def recall_cells(
    points: Floats,
    size: Floats,
    inverse: Floats,
    far: float,
    cells: Floats,
    masks: Ints,
    offsets: Ints,
    table: Floats,
    out: Floats,
) -> None:
    """Fills ``out`` [H, W, features], what the texture's colour is made from; size: [H, W], the largest."""
    height, width = size.shape
    levels = len(cells)
    fades, found = np.empty(width, np.float32), np.empty((4, width), np.float32)
    rest, spots = np.empty((6, width), np.float32), np.empty((6, width), np.uint32)
    least = ONE / np.float32(far)
    for v in range(height):
        for level in range(levels):
            narrow = ONE / cells[level]
            most = NONE
            for u in range(width):
                across = size[v, u] * narrow
                fades[u] = exponential(across * across * np.float32(-1.0 / 6.0))
                most = max(most, fades[u])
            if most > FADED:
                mix_cells(points[:, v], cells[level], masks[level], offsets[level], table, rest, spots, found)
            else:
                found[:] = NONE
            first = level * CELL_FEATURES
            for u in range(width):
                for c in range(CELL_FEATURES):
                    out[v, u, first + c] = found[c, u] * fades[u]
        for u in range(width):
            depth = ONE / max(inverse[v, u], least)
            out[v, u, levels * CELL_FEATURES] = min(np.float32(64.0) / depth, np.float32(4.0))
            out[v, u, levels * CELL_FEATURES + 1] = np.float32(math.log(max(depth, ONE))) - np.float32(5.0)


@kernel(fastmath=False, vectors=True)
def look(
    poses: Floats,
    place_inverse: Floats,
    past: Floats,
    past_poses: Floats,
    across: Floats,
    down: Floats,
    eye: float,
    far: float,
    focal_x: float,
    focal_y: float,
    period: float,
    table: Floats,
    cells: Floats,
    masks: Ints,
    offsets: Ints,
    known: Floats,
    inverse: Floats,
    texels: Floats,
) -> None:
    """Fills ``known`` [B, C, H, W], ``inverse`` [B, H, W] and ``texels`` [B, H, W, features]."""
    batch, height, width = inverse.shape
    views = past.shape[1]
    points, sizes = np.empty((3, height, width), np.float32), np.empty((3, height, width), np.float32)
    for b in range(batch):
        for v in range(height):
            floor = max(down[v], NONE) / np.float32(eye)
            for u in range(width):
                inverse[b, v, u] = max(place_inverse[b, v, u], floor)
        points_seen(poses[b], inverse[b], across, down, eye, far, points)
        for view in range(views):
            out = known[b, 4 * view : 4 * view + 4]
            warp(points, past[b, view], past_poses[b, view], eye, focal_x, focal_y, out)
        for axis in range(3):
            footprints(points[axis], sizes[axis])
            code_axis(points[axis], sizes[axis], period, axis, known[b, 4 * views :])
        largest = sizes[0]
        for v in range(height):
            for u in range(width):
                largest[v, u] = max(largest[v, u], sizes[1, v, u], sizes[2, v, u])
        recall_cells(points, largest, inverse[b], far, cells, masks, offsets, table, texels[b])
