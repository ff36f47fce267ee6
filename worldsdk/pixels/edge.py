"""Edge-keeping upscaling for small game pictures.

A 64 x 48 picture blown up tenfold by bilinear interpolation is a field of soft diamonds. Here the
picture is first enlarged by a clamped cubic to a middle size, then each middle pixel is

1. averaged along the local edge direction (structure tensor, Bigun and Granlund 1987), which melts
   the staircase that a coarse grid makes of a slanted line, and
2. re-sampled a little further from the nearest edge (warp sharpening, after Arad and Gotsman 1999),
   which narrows the ramp across the edge without overshoot,

and the result is stretched bilinearly to the size asked for. Every value is an average of input
values, so constants stay constant and the range is kept.
"""

from __future__ import annotations

import numpy as np

from worldsdk.pixels.kernels import Bytes, Floats, kernel
from worldsdk.pixels.resample import cubic_kernel, cubic_weights

MIDDLE_PIXELS = 100_000
"""Largest middle picture, in pixels: what bounds the cost on larger frames."""

ALONG = 0.3
"""Spacing of the samples averaged along an edge, in input pixels: more melts corners and texture."""

WARP = 1.0
"""How far warp sharpening reaches, in input pixels at the strongest edge."""


def middle_factor(height: int, width: int, out_height: int, out_width: int) -> int:
    """The whole factor (1..4) by which edges are refined before the final stretch; 1 means not at all."""
    ratio = min(out_height / height, out_width / width)
    room = int((MIDDLE_PIXELS / (height * width)) ** 0.5)
    return max(1, min(4, round(ratio), room))


@kernel(fastmath=True)
def _luma(picture: Floats, out: Floats) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = (
                np.float32(0.299) * picture[y, x, 0]
                + np.float32(0.587) * picture[y, x, 1]
                + np.float32(0.114) * picture[y, x, 2]
            )


@kernel(fastmath=True)
def _blur(plane: Floats, radius: int, scratch: Floats) -> None:
    """Box blur in place by running sums; borders repeat."""
    height, width = plane.shape
    scale = np.float32(1.0 / (2 * radius + 1))
    for y in range(height):
        row = plane[y]
        total = np.float32(0)
        for k in range(-radius, radius + 1):
            total += row[min(max(k, 0), width - 1)]
        for x in range(width):
            scratch[y, x] = total * scale
            total += row[min(x + radius + 1, width - 1)] - row[max(x - radius, 0)]
    sums = np.zeros(width, np.float32)
    for k in range(-radius, radius + 1):
        source = scratch[min(max(k, 0), height - 1)]
        for x in range(width):
            sums[x] += source[x]
    for y in range(height):
        enter = scratch[min(y + radius + 1, height - 1)]
        leave = scratch[max(y - radius, 0)]
        for x in range(width):
            plane[y, x] = sums[x] * scale
            sums[x] += enter[x] - leave[x]


@kernel(fastmath=True)
def _tensor(luma: Floats, xx: Floats, xy: Floats, yy: Floats) -> None:
    """Products of the luma's central differences."""
    height, width = luma.shape
    for y in range(height):
        above = luma[max(y - 1, 0)]
        below = luma[min(y + 1, height - 1)]
        row = luma[y]
        for x in range(width):
            gx = row[min(x + 1, width - 1)] - row[max(x - 1, 0)]
            gy = below[x] - above[x]
            xx[y, x] = gx * gx
            xy[y, x] = gx * gy
            yy[y, x] = gy * gy


@kernel(fastmath=True)
def _along_edges(picture: Floats, xx: Floats, xy: Floats, yy: Floats, reach: float, out: Floats) -> None:
    """Averages five samples along the tangent where the tensor is one-directional."""
    height, width = xx.shape
    for y in range(height):
        for x in range(width):
            a, b, d = xx[y, x], xy[y, x], yy[y, x]
            spread = np.sqrt((a - d) * (a - d) + np.float32(4) * b * b)
            coherence = spread / (a + d + np.float32(4.0))
            # Eigenvector of the smaller eigenvalue: along the edge.
            tx = np.float32(-2) * b
            ty = a - d + spread
            if ty < np.float32(1e-3) * spread and a < d:
                tx, ty = np.float32(1), np.float32(0)
            length = np.sqrt(tx * tx + ty * ty)
            if length < np.float32(1e-6):
                for c in range(3):
                    out[y, x, c] = picture[y, x, c]
                continue
            tx *= np.float32(reach) / length
            ty *= np.float32(reach) / length
            side = coherence * coherence
            side *= side
            total = np.float32(1) + np.float32(4) * side
            r = picture[y, x, 0]
            g = picture[y, x, 1]
            u = picture[y, x, 2]
            for k in (-2, -1, 1, 2):
                sx = min(max(np.int64(np.floor(x + k * tx + np.float32(0.5))), 0), width - 1)
                sy = min(max(np.int64(np.floor(y + k * ty + np.float32(0.5))), 0), height - 1)
                r += side * picture[sy, sx, 0]
                g += side * picture[sy, sx, 1]
                u += side * picture[sy, sx, 2]
            out[y, x, 0] = r / total
            out[y, x, 1] = g / total
            out[y, x, 2] = u / total


@kernel(fastmath=True)
def _strength(luma: Floats, out: Floats) -> None:
    """Gradient magnitude, saturating, so that weak edges are pulled nearly as far as strong ones."""
    height, width = luma.shape
    for y in range(height):
        above = luma[max(y - 1, 0)]
        below = luma[min(y + 1, height - 1)]
        row = luma[y]
        for x in range(width):
            gx = row[min(x + 1, width - 1)] - row[max(x - 1, 0)]
            gy = below[x] - above[x]
            size = np.sqrt(gx * gx + gy * gy)
            out[y, x] = size / (size + np.float32(12.0))


@kernel(fastmath=True)
def _warp(picture: Floats, strength: Floats, gain: float, limit: float, out: Floats) -> None:
    """Samples ``picture`` away from ridges of ``strength``; displacement at most ``limit`` pixels."""
    height, width = strength.shape
    g = np.float32(gain)
    cap = np.float32(limit)
    for y in range(height):
        above = strength[max(y - 1, 0)]
        below = strength[min(y + 1, height - 1)]
        row = strength[y]
        for x in range(width):
            dx = g * (row[max(x - 1, 0)] - row[min(x + 1, width - 1)])
            dy = g * (above[x] - below[x])
            dx = min(max(dx, -cap), cap)
            dy = min(max(dy, -cap), cap)
            px = min(max(np.float32(x) + dx, np.float32(0)), np.float32(width - 1))
            py = min(max(np.float32(y) + dy, np.float32(0)), np.float32(height - 1))
            x0 = np.int64(px)
            y0 = np.int64(py)
            x1 = min(x0 + 1, width - 1)
            y1 = min(y0 + 1, height - 1)
            fx = px - np.float32(x0)
            fy = py - np.float32(y0)
            for c in range(3):
                top = picture[y0, x0, c] + fx * (picture[y0, x1, c] - picture[y0, x0, c])
                low = picture[y1, x0, c] + fx * (picture[y1, x1, c] - picture[y1, x0, c])
                out[y, x, c] = top + fy * (low - top)


@kernel(fastmath=False)
def _refine_kernel(source: Bytes, weights: Floats, warp: float, out: Floats) -> None:
    factor = weights.shape[0]
    height, width = out.shape[0], out.shape[1]
    cubic_kernel(source, weights, out)
    luma = np.empty((height, width), np.float32)
    xx = np.empty((height, width), np.float32)
    xy = np.empty((height, width), np.float32)
    yy = np.empty((height, width), np.float32)
    scratch = np.empty((height, width), np.float32)
    middle = np.empty((height, width, 3), np.float32)
    _luma(out, luma)
    _tensor(luma, xx, xy, yy)
    radius = max(1, factor // 2)
    _blur(xx, radius, scratch)
    _blur(xy, radius, scratch)
    _blur(yy, radius, scratch)
    _along_edges(out, xx, xy, yy, ALONG * factor, middle)
    _luma(middle, luma)
    _strength(luma, xx)
    _blur(xx, radius, scratch)
    _warp(middle, xx, warp * factor * factor, 0.75 * factor, out)


def refine(source: Bytes, factor: int) -> Floats:
    """source uint8 [h, w, 3] -> float32 [h * factor, w * factor, 3] in 0..255, edges drawn sharp."""
    height, width = source.shape[:2]
    out = np.empty((height * factor, width * factor, 3), np.float32)
    _refine_kernel(source, cubic_weights(factor), WARP, out)
    return out
