"""``finely`` on a CPU: compiled loops over fine pixels, channel by channel, which makes vectors of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.anchored.texels_loop import between
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]

SHARPENED = 3
"""Steps of iterative back-projection (Irani and Peleg 1991): more change nothing that is seen."""
LEAST_WEIGHT = 1e-6
"""Of a layer in a painted pixel that shows none of it, so that there is something to divide by."""

LAYERS = 8
"""Of each painted pixel: light by its weight, that weight, the rest by its weight, and that."""
NONE, ONE = np.float32(0.0), np.float32(1.0)
_LEAST = np.float32(LEAST_WEIGHT)


@kernel(fastmath=False, vectors=True)
def _add_figures(figures: Floats, known: Floats, out: Floats) -> None:
    """Puts things [6, fH, fW] before what is known [4, fH, fW] -> out [4, fH, fW]."""
    for v in range(known.shape[1]):
        for c in range(4):
            for u in range(known.shape[2]):
                out[c, v, u] = known[c, v, u] * (ONE - figures[3, v, u]) + figures[c, v, u]


@kernel(fastmath=False, vectors=True)
def _layers(known: Floats, picture: Floats, layers: Floats) -> None:
    """Fills ``layers`` [8, H, W] from what is known [4, fH, fW] and what was painted [3, H, W]."""
    rows, columns = layers.shape[1:]
    factor = known.shape[1] // rows
    count = np.float32(factor * factor)
    sums, means = np.empty(known.shape[2], np.float32), np.empty((4, columns), np.float32)
    for y in range(rows):
        for c in range(4):
            sums[:] = known[c, y * factor]
            for v in range(y * factor + 1, (y + 1) * factor):
                for u in range(len(sums)):
                    sums[u] += known[c, v, u]
            for x in range(columns):
                total = NONE
                for u in range(x * factor, (x + 1) * factor):
                    total += sums[u]
                means[c, x] = total / count
        for x in range(columns):
            share = means[3, x]
            scale = ONE / max(share, np.float32(1e-3))
            weight = share * share + _LEAST
            rest = (ONE - share) * (ONE - share) + _LEAST
            for c in range(3):
                layers[c, y, x] = (picture[c, y, x] - means[c, x] * scale) * weight
                layers[4 + c, y, x] = picture[c, y, x] * rest
            layers[3, y, x] = weight
            layers[7, y, x] = rest


@kernel(fastmath=False, vectors=True)
def _means_of_spread(values: Floats, near: Floats, means: Floats) -> None:
    """Fills ``means`` [H, W] with those over a painted pixel of ``values`` [H, W] spread bilinearly.

    Each is three quarters its own along each side, and an eighth each neighbour's. ``near``: [W], scratch.
    """
    rows, columns = values.shape
    side, own = np.float32(0.125), np.float32(0.75)
    for y in range(rows):
        up, low = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(columns):
            near[x] = own * values[y, x] + side * (values[up, x] + values[low, x])
        last = columns - 1
        means[y, 0] = (own + side) * near[0] + side * near[min(1, last)]
        for x in range(1, last):
            means[y, x] = own * near[x] + side * (near[x - 1] + near[x + 1])
        means[y, last] = (own + side) * near[last] + side * near[max(last - 1, 0)]


@kernel(fastmath=False, vectors=True)
def _sharpen(layers: Floats) -> None:
    """Adds to the colours of both layers [8, H, W] what spreading them takes from each pixel's mean."""
    rows, columns = layers.shape[1:]
    weights, means = np.empty((rows, columns), np.float32), np.empty((rows, columns), np.float32)
    near = np.empty(columns, np.float32)
    for first in (0, 4):
        weight = layers[first + 3]
        _means_of_spread(weight, near, weights)
        for c in range(first, first + 3):
            wanted = layers[c].copy()
            for _ in range(SHARPENED):
                _means_of_spread(layers[c], near, means)
                for y in range(rows):
                    for x in range(columns):
                        mean = means[y, x] * weight[y, x] / weights[y, x]
                        layers[c, y, x] += wanted[y, x] - mean


@kernel(fastmath=False, vectors=True)
def _widen(values: Floats, out: Floats) -> None:
    """values [H, W] -> out [H, fW], each row spread linearly."""
    rows, columns = values.shape
    factor = out.shape[1] // columns
    for y in range(rows):
        row, spread = values[y], out[y]
        # Every pixel's first, then every pixel's second, ...: the same two shares all along.
        for part in range(factor):
            _, _, share = between(part + factor, factor, 3)
            back = 1 if part + part + 1 < factor else 0
            for x in range(1, columns - 1):
                spread[x * factor + part] = (ONE - share) * row[x - back] + share * row[x - back + 1]
        for u in range(factor):
            left, right, share = between(u, factor, columns)
            spread[u] = (ONE - share) * row[left] + share * row[right]
        for u in range((columns - 1) * factor, columns * factor):
            left, right, share = between(u, factor, columns)
            spread[u] = (ONE - share) * row[left] + share * row[right]


@kernel(fastmath=False, vectors=True)
def spread_picture(
    known: Floats,
    standing: Floats,
    figures: Floats,
    picture: Floats,
    painted: Floats,
    pixels: NDArray[np.uint8],
    inverse: Floats,
) -> None:
    """Fills ``pixels`` [B, fH, fW, 3] and ``inverse`` [B, fH, fW] from what is known and what was painted.

    known: [B, 4, fH, fW], without things; standing: [B, fH, fW]. figures: [B, 6, fH, fW] as
    ``Sprites.image`` gives them, or B of 0 where none are followed. picture: [B, 3, H, W], with its 1 / depth
    painted: [B, H, W].
    """
    batch, height, width = inverse.shape
    rows, columns = painted.shape[1:]
    factor = height // rows
    layers = np.empty((LAYERS, rows, columns), np.float32)
    wide = np.empty((LAYERS + 1, rows, width), np.float32)
    spread = np.empty((LAYERS + 1, width), np.float32)
    near = spread[LAYERS]
    levels = np.empty((3, width), np.uint8)
    half, white = np.float32(0.5), np.float32(127.5)
    for b in range(batch):
        shown = known[b]
        if len(figures):
            shown = np.empty_like(known[b])
            _add_figures(figures[b], known[b], shown)
        _layers(shown, picture[b], layers)
        _sharpen(layers)
        for c in range(LAYERS):
            _widen(layers[c], wide[c])
        _widen(painted[b], wide[LAYERS])
        for v in range(height):
            top, bottom, low = between(v, factor, rows)
            for c in range(LAYERS + 1):
                upper, lower, out = wide[c, top], wide[c, bottom], spread[c]
                for u in range(width):
                    out[u] = (ONE - low) * upper[u] + low * lower[u]
            cover = shown[3, v]
            for u in range(width):
                spread[3, u] = cover[u] / spread[3, u]
                spread[7, u] = (ONE - cover[u]) / spread[7, u]
            for c in range(3):
                for u in range(width):
                    value = shown[c, v, u] + spread[3, u] * spread[c, u] + spread[7, u] * spread[4 + c, u]
                    value = min(max(value, -ONE), ONE)
                    levels[c, u] = np.uint8((value + ONE) * white + half)
            for u in range(width):
                pixels[b, v, u, 0] = levels[0, u]
                pixels[b, v, u, 1] = levels[1, u]
                pixels[b, v, u, 2] = levels[2, u]
            if len(figures):
                for u in range(width):
                    seen = max(standing[b, v, u], figures[b, 4, v, u])
                    inverse[b, v, u] = seen if cover[u] > half else near[u]
            else:
                for u in range(width):
                    inverse[b, v, u] = standing[b, v, u] if cover[u] > half else near[u]
