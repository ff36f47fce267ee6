"""What stands between a transformer's matrix products, for playing on a CPU, each in one walk over memory.

Tokens are rows; rows of one frame follow each other, ``each`` of them. ``parts`` [frames, P, channels]
holds each frame's shifts, scales and gates. bfloat16 is handed over as its bits (see ``activations``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.inference.activations import LOG2_E, ROUNDER, narrow, widen
from worldsdk.pixels.kernels import kernel

Bits = NDArray[np.int16]
Small = NDArray[np.int8]
Floats = NDArray[np.float32]

EPSILON = np.float32(1e-6)
GELU_CUBE = np.float32(0.044715)
GELU_SLOPE = np.float32(1.5957691216057308)
"""2 sqrt(2 / pi): the tanh form of the GELU is x times the logistic function of this (x + cube x**3)."""


@kernel(fastmath=False, vectors=True)
def exponential(x: np.float32) -> np.float32:
    """e to the x, to 1 part in 100,000, for x up to 88; 0 far below. NaN stays NaN."""
    power = np.float32(x * LOG2_E)
    power = np.float32(-126.0) if power < np.float32(-126.0) else power
    whole = np.float32(power + ROUNDER)
    f = np.float32(power - np.float32(whole - ROUNDER))
    series = np.float32(0.009618129) + f * np.float32(0.0013333558)
    series = np.float32(0.24022651) + f * (np.float32(0.055504109) + f * series)
    series = np.float32(1.0) + f * (np.float32(0.69314718) + f * series)
    scale = np.int32((whole.view(np.int32) << 23) + 0x3F800000).view(np.float32)
    return np.float32(scale * series)


@kernel(fastmath=False, vectors=True)
def gelu(x: np.float32) -> np.float32:
    """The GELU in its tanh form."""
    inner = GELU_SLOPE * (x + GELU_CUBE * x * x * x)
    # Beyond it the result is x to the last bit, and the exponential would not fit.
    inner = np.float32(-80.0) if inner < np.float32(-80.0) else np.float32(inner)
    return np.float32(x / (np.float32(1.0) + exponential(-inner)))


@kernel(fastmath=True, vectors=True)
def moments(row: Floats) -> tuple[np.float32, np.float32]:
    """Mean, and one over the standard deviation."""
    # Sums may be taken in any order: as vectors, and more exact for it.
    count = np.float32(len(row))
    total = np.float32(0.0)
    for c in range(len(row)):
        total += row[c]
    mean = np.float32(total / count)
    spread = np.float32(0.0)
    for c in range(len(row)):
        spread += (row[c] - mean) * (row[c] - mean)
    return mean, np.float32(np.float32(1.0) / np.sqrt(spread / count + EPSILON))


@kernel(fastmath=False, vectors=True)
def norm(x: Floats, parts: Floats, first: int, each: int, out: Bits) -> None:
    """Layer norm of x [R, C], times 1 + part ``first + 1``, plus part ``first``."""
    for r in range(len(x)):
        mean, inverse = moments(x[r])
        shift, scale = parts[r // each, first], parts[r // each, first + 1]
        for c in range(x.shape[1]):
            normal = (x[r, c] - mean) * inverse
            out[r, c] = narrow(normal * (np.float32(1.0) + scale[c]) + shift[c])


@kernel(fastmath=False, vectors=True)
def norm_small(x: Floats, parts: Floats, first: int, each: int, out: Small, steps: Floats) -> None:
    """As ``norm``, in 8 bits: out [R, C] times steps [R]."""
    line = np.empty(x.shape[1], np.float32)
    for r in range(len(x)):
        mean, inverse = moments(x[r])
        shift, scale = parts[r // each, first], parts[r // each, first + 1]
        for c in range(x.shape[1]):
            line[c] = (x[r, c] - mean) * inverse * (np.float32(1.0) + scale[c]) + shift[c]
        steps[r] = quantise(line, out[r])


@kernel(fastmath=True, vectors=True)
def largest(line: Floats) -> np.float32:
    """The largest magnitude."""
    most = np.float32(0.0)
    for c in range(len(line)):
        most = max(most, abs(line[c]))
    return most


@kernel(fastmath=False, vectors=True)
def quantise(line: Floats, out: Small) -> np.float32:
    """Whole numbers from -127 to 127; returns what one step is worth."""
    step = np.float32(largest(line) * np.float32(1.0 / 127.0))
    step = np.float32(1e-20) if step < np.float32(1e-20) else step
    inverse = np.float32(np.float32(1.0) / step)
    for c in range(len(line)):
        # The low bits of the sum are the nearest whole number.
        out[c] = np.int8(np.float32(line[c] * inverse + ROUNDER).view(np.int32))
    # What is not finite must not look as if it were.
    return np.float32(step + np.float32(0.0) * line[0])


@kernel(fastmath=False, vectors=True)
def shrink(x: Bits, out: Small, steps: Floats) -> None:
    """x [R, C] in 8 bits: out times steps [R]."""
    line = np.empty(x.shape[1], np.float32)
    for r in range(len(x)):
        for c in range(x.shape[1]):
            line[c] = widen(x[r, c])
        steps[r] = quantise(line, out[r])


@kernel(fastmath=False, vectors=True)
def gelu_small(x: Bits, given: Floats, bias: Floats, out: Small, steps: Floats) -> None:
    """The GELU of x [R, C] times given [R] plus bias [C], in 8 bits: out times steps [R]."""
    line = np.empty(x.shape[1], np.float32)
    for r in range(len(x)):
        step = given[r]
        for c in range(x.shape[1]):
            line[c] = gelu(np.float32(widen(x[r, c]) * step + bias[c]))
        steps[r] = quantise(line, out[r])


@kernel(fastmath=False, vectors=True)
def grow(x: Bits, steps: Floats, bias: Floats) -> None:
    """In place: x [R, C] times steps [R] plus bias [C]."""
    for r in range(len(x)):
        step = steps[r]
        for c in range(x.shape[1]):
            x[r, c] = narrow(widen(x[r, c]) * step + bias[c])


@kernel(fastmath=False, vectors=True)
def add(x: Floats, y: Bits, parts: Floats, gate: int, each: int) -> None:
    """In place: x [R, C] plus y [R, C] times part ``gate``."""
    for r in range(len(x)):
        amount = parts[r // each, gate]
        for c in range(x.shape[1]):
            x[r, c] += widen(y[r, c]) * amount[c]


@kernel(fastmath=False, vectors=True)
def turn(qkv: Bits, cosine: Floats, sine: Floats, each: int) -> None:
    """In place: queries and keys of qkv [R, 3, heads, channels] turned (see ``oasis.rotary``).

    Row r takes line ``r // each`` of cosine and sine [lines, pairs], and again from the first after the last.
    """
    lines, pairs = cosine.shape
    for r in range(len(qkv)):
        line = (r // each) % lines
        for which in range(2):
            for h in range(qkv.shape[2]):
                for p in range(pairs):
                    a, b = widen(qkv[r, which, h, 2 * p]), widen(qkv[r, which, h, 2 * p + 1])
                    c, s = cosine[line, p], sine[line, p]
                    qkv[r, which, h, 2 * p] = narrow(a * c - b * s)
                    qkv[r, which, h, 2 * p + 1] = narrow(b * c + a * s)


LookBack = Callable[[Bits, Bits, Bits, NDArray[np.bool_], int, np.float32, Bits], None]


@cache
def look_back_of(channels: int) -> LookBack:
    """Attention of one new frame's rows to the same rows of earlier frames and to themselves.

    The loop is compiled for heads of that many channels: with a length that is known it takes a third of the
    time. What it takes:

        qkv: [R, 3, heads, channels] of the new frame, turned.
        keys, values: [R, heads, frames, channels] of the earlier ones.
        seen: [frames of rows, frames or more], whether rows of that frame see it; themselves they always do.
        each: rows of a frame.
        scale: of the products of queries and keys.
        out: [R, heads, channels].
    """

    @kernel(fastmath=True, vectors=True)
    def look_back(
        qkv: Bits, keys: Bits, values: Bits, seen: NDArray[np.bool_], each: int, scale: np.float32, out: Bits
    ) -> None:
        rows, heads, frames, _ = keys.shape
        weights = np.empty(frames + 1, np.float32)
        query, total = np.empty(channels, np.float32), np.empty(channels, np.float32)
        for r in range(rows):
            own = r // each
            for h in range(heads):
                # Element by element: taking a row out as an array costs more than what is done with it.
                most = np.float32(0.0)
                for c in range(channels):
                    query[c] = widen(qkv[r, 0, h, c]) * scale
                    most += query[c] * widen(qkv[r, 1, h, c])
                weights[frames] = most
                for f in range(frames):
                    score = np.float32(0.0)
                    for c in range(channels):
                        score += query[c] * widen(keys[r, h, f, c])
                    weights[f] = score
                    if seen[own, f]:
                        most = max(most, score)
                whole = exponential(np.float32(weights[frames] - most))
                for c in range(channels):
                    total[c] = whole * widen(qkv[r, 2, h, c])
                for f in range(frames):
                    if seen[own, f]:
                        weight = exponential(np.float32(weights[f] - most))
                        whole += weight
                        for c in range(channels):
                            total[c] += weight * widen(values[r, h, f, c])
                inverse = np.float32(np.float32(1.0) / whole)
                for c in range(channels):
                    out[r, h, c] = narrow(total[c] * inverse)

    return cast(LookBack, look_back)
