"""What a frame looks like in a few numbers, quick enough for every frame: its colours and its edges.

Colours are quantiles of red, green and blue in the upper and the lower half, so it does not matter where
exactly a wall stands. Edges are the root mean square of the brightness gradient: blur lowers it, noise raises
it. A frame of many pixels is looked at on a grid of at most ``MOST_SAMPLES`` of them.
"""

from __future__ import annotations

import math

import numpy as np

from worldsdk.errors import PixelError
from worldsdk.pixels.kernels import Bytes, Floats, kernel

LEVELS = 9
"""Quantiles of each channel and half: enough to tell a cast from a contrast, and quickly compared."""

MOST_SAMPLES = 16384
"""Pixels looked at; 128 x 128 of them say as much about colour as any number does."""

COLOURS = 2 * 3 * LEVELS
_PLACES = np.linspace(0.04, 0.96, LEVELS).astype(np.float32)


@kernel(fastmath=False)
def _look_kernel(pixels: Bytes, stride: int, places: Floats, out: Floats) -> float:
    height, width, _ = pixels.shape
    half = height // 2
    counts = np.zeros((6, 256), np.int64)
    energy, samples = 0.0, 0
    for y in range(0, height, stride):
        row = 0 if y < half else 3
        for x in range(0, width, stride):
            r, g, b = pixels[y, x, 0], pixels[y, x, 1], pixels[y, x, 2]
            counts[row, r] += 1
            counts[row + 1, g] += 1
            counts[row + 2, b] += 1
            if y + 1 < height and x + 1 < width:
                light = 0.299 * r + 0.587 * g + 0.114 * b
                right, below = pixels[y, x + 1], pixels[y + 1, x]
                across = 0.299 * right[0] + 0.587 * right[1] + 0.114 * right[2] - light
                down = 0.299 * below[0] + 0.587 * below[1] + 0.114 * below[2] - light
                energy += across * across + down * down
                samples += 1
    for row in range(6):
        total = counts[row].sum()
        reached, level = 0, 0
        for index in range(len(places)):
            wanted = places[index] * total
            while level < 255 and reached + counts[row, level] < wanted:
                reached += counts[row, level]
                level += 1
            out[row * len(places) + index] = level
    return math.sqrt(energy / max(samples, 1))


def look(pixels: Bytes) -> tuple[Floats, float]:
    """Colours and sharpness of one frame.

    Args:
        pixels: uint8 [H, W, 3], RGB, at least 2 high.

    Returns:
        float32 [COLOURS], quantiles from 0 to 255; and the sharpness in levels per pixel, at least 0.

    Raises:
        PixelError: another dtype or shape.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.shape[0] < 2:
        raise PixelError(
            f"pixels are {pixels.dtype} {pixels.shape}",
            where="look",
            fix="give uint8 [H, W, 3], H at least 2",
        )
    height, width, _ = pixels.shape
    stride = max(1, math.ceil(math.sqrt(height * width / MOST_SAMPLES)))
    # Both halves must be met, however few rows there are.
    out = np.empty(COLOURS, np.float32)
    sharpness = _look_kernel(np.ascontiguousarray(pixels), min(stride, max(1, height // 2)), _PLACES, out)
    return out, sharpness


@kernel(fastmath=True)
def _distance_kernel(known: Floats, colours: Floats, out: Floats) -> None:
    for row in range(known.shape[0]):
        total = np.float32(0.0)
        for column in range(known.shape[1]):
            total += abs(known[row, column] - colours[column])
        out[row] = total / known.shape[1]


def distances(known: Floats, colours: Floats) -> Floats:
    """Mean absolute difference, in levels, of float32 [COLOURS] to each row of ``known``: float32 [N]."""
    out = np.empty(len(known), np.float32)
    _distance_kernel(known, colours, out)
    return out
