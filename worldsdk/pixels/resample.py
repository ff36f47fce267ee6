"""Separable resampling kernels: nearest, bilinear, and an integer-factor cubic that cannot ring.

Positions follow the half-pixel rule: output pixel ``i`` of ``n`` looks at input coordinate
``(i + 0.5) * size / n - 0.5``, clamped to the picture.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import Bytes, Floats, Ints, kernel


@lru_cache(maxsize=64)
def nearest_positions(size: int, count: int) -> Ints:
    """int64 [count]: which of ``size`` inputs each of ``count`` outputs copies."""
    centres = (np.arange(count, dtype=np.float64) + 0.5) * size / count
    return np.minimum(centres.astype(np.int64), size - 1)


@lru_cache(maxsize=64)
def linear_positions(size: int, count: int) -> tuple[Ints, Ints, Floats]:
    """Left input, right input (int64 [count]) and the right one's weight (float32 [count])."""
    centres = (np.arange(count, dtype=np.float64) + 0.5) * size / count - 0.5
    centres = np.clip(centres, 0.0, size - 1.0)
    left = np.minimum(centres.astype(np.int64), max(size - 2, 0))
    return left, np.minimum(left + 1, size - 1), (centres - left).astype(np.float32)


@lru_cache(maxsize=16)
def cubic_weights(factor: int) -> NDArray[np.float32]:
    """float32 [factor, 4]: Catmull-Rom taps for each phase inside one input pixel.

    Phase ``p`` sits ``(p + 0.5) / factor - 0.5`` from the pixel's centre. Phases left of the centre
    use taps -2..1, those right of it -1..2, so the first tap is ``phase_base(p)``.
    """
    rows = []
    for phase in range(factor):
        offset = (phase + 0.5) / factor - 0.5
        t = offset if offset >= 0 else offset + 1
        rows.append(
            [
                0.5 * (-t + 2 * t**2 - t**3),
                0.5 * (2 - 5 * t**2 + 3 * t**3),
                0.5 * (t + 4 * t**2 - 3 * t**3),
                0.5 * (-(t**2) + t**3),
            ]
        )
    return np.array(rows, dtype=np.float32)


@kernel(fastmath=False)
def nearest_kernel(source: Bytes, ys: Ints, xs: Ints, out: Bytes) -> None:
    """source uint8 [h, w, 3] -> out uint8 [len(ys), len(xs), 3]."""
    for i in range(ys.size):
        if i > 0 and ys[i] == ys[i - 1]:
            out[i] = out[i - 1]
            continue
        row = source[ys[i]]
        for j in range(xs.size):
            x = xs[j]
            out[i, j, 0] = row[x, 0]
            out[i, j, 1] = row[x, 1]
            out[i, j, 2] = row[x, 2]


@kernel(fastmath=True)
def _stretch_row(row: Floats, left: Ints, right: Ints, weight: Floats, line: Floats) -> None:
    for j in range(left.size):
        a = left[j]
        b = right[j]
        t = weight[j]
        for c in range(3):
            line[3 * j + c] = row[a, c] + t * (row[b, c] - row[a, c])


@kernel(fastmath=True)
def bilinear_kernel(
    source: Floats,
    tops: Ints,
    bottoms: Ints,
    row_weight: Floats,
    lefts: Ints,
    rights: Ints,
    column_weight: Floats,
    out: Bytes,
) -> None:
    """source [h, w, 3] uint8 or float32 in 0..255 -> out uint8 [len(tops), len(lefts), 3], rounded.

    Each source row is stretched once and kept while output rows lie below it, so the work per
    output pixel is one straight, vectorisable blend.
    """
    width = 3 * lefts.size
    upper = np.empty(width, np.float32)
    lower = np.empty(width, np.float32)
    upper_row = -1
    lower_row = -1
    flat = out.reshape((tops.size, width))
    for i in range(tops.size):
        if tops[i] != upper_row:
            if tops[i] == lower_row:
                upper, lower = lower, upper
                lower_row = upper_row
            else:
                _stretch_row(source[tops[i]], lefts, rights, column_weight, upper)
            upper_row = tops[i]
        if bottoms[i] != lower_row:
            _stretch_row(source[bottoms[i]], lefts, rights, column_weight, lower)
            lower_row = bottoms[i]
        t = row_weight[i]
        line = flat[i]
        for j in range(width):
            line[j] = np.uint8(np.int32(upper[j] + t * (lower[j] - upper[j]) + np.float32(0.5)))


@kernel(fastmath=True)
def cubic_kernel(source: Bytes, weights: Floats, out: Floats) -> None:
    """source uint8 [h, w, 3] -> out float32 [h * f, w * f, 3], f = len(weights).

    Catmull-Rom, each value clamped to the two inputs it lies between, separably: no ringing, range kept.
    """
    height, width = source.shape[0], source.shape[1]
    factor = weights.shape[0]
    wide = np.empty((height, width * factor, 3), np.float32)
    for y in range(height):
        for x in range(width):
            for p in range(factor):
                base = x - 2 if 2 * p + 1 < factor else x - 1
                i0 = min(max(base, 0), width - 1)
                i1 = min(max(base + 1, 0), width - 1)
                i2 = min(max(base + 2, 0), width - 1)
                i3 = min(max(base + 3, 0), width - 1)
                for c in range(3):
                    b = np.float32(source[y, i1, c])
                    d = np.float32(source[y, i2, c])
                    value = (
                        weights[p, 0] * np.float32(source[y, i0, c])
                        + weights[p, 1] * b
                        + weights[p, 2] * d
                        + weights[p, 3] * np.float32(source[y, i3, c])
                    )
                    wide[y, x * factor + p, c] = min(max(value, min(b, d)), max(b, d))
    row = 3 * width * factor
    lines = wide.reshape((height, row))
    flat = out.reshape((height * factor, row))
    for y in range(height):
        for p in range(factor):
            base = y - 2 if 2 * p + 1 < factor else y - 1
            r0 = lines[min(max(base, 0), height - 1)]
            r1 = lines[min(max(base + 1, 0), height - 1)]
            r2 = lines[min(max(base + 2, 0), height - 1)]
            r3 = lines[min(max(base + 3, 0), height - 1)]
            w0, w1, w2, w3 = weights[p, 0], weights[p, 1], weights[p, 2], weights[p, 3]
            target = flat[y * factor + p]
            for j in range(row):
                value = w0 * r0[j] + w1 * r1[j] + w2 * r2[j] + w3 * r3[j]
                target[j] = min(max(value, min(r1[j], r2[j])), max(r1[j], r2[j]))
