"""Element-wise work between convolutions on a CPU, in one walk over memory where tensors take three.

bfloat16 is handed over as its bits, int16, since numpy has no such type; arithmetic is float32. The loops are
written so that the compiler makes vectors of them: nothing raises, and the exponential is a polynomial.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels.kernels import kernel

Bits = NDArray[np.int16]
Floats = NDArray[np.float32]

LOG2_E = np.float32(1.44269504)
ROUNDER = np.float32(1.5 * 2**23)
"""Added to a number below 2**22 and taken away again, it leaves the nearest whole number; and that number
stands in the sum's low bits."""


@kernel(fastmath=False, vectors=True)
def widen(bits: np.int16) -> np.float32:
    """The number that a bfloat16's bits mean."""
    return np.int32(np.int32(bits) << 16).view(np.float32)


@kernel(fastmath=False, vectors=True)
def narrow(value: np.float32) -> np.int16:
    """The bits of the nearest bfloat16, halves away from zero. Not for NaN, which may come out as another."""
    return np.int16(np.int32(np.float32(value).view(np.int32) + 0x8000) >> 16)


@kernel(fastmath=False, vectors=True)
def exponential(x: np.float32) -> np.float32:
    """e to the power of x, to 1 part in 10,000; of less than -87, about nothing. NaN stays NaN."""
    power = np.float32(x) * LOG2_E
    # A power of two would not fit. NaN passes through.
    power = np.float32(-126.0) if power < np.float32(-126.0) else np.float32(power)
    whole = np.float32(power + ROUNDER)
    f = np.float32(power - np.float32(whole - ROUNDER))
    # The series of 2**f at 0; |f| is at most a half.
    series = np.float32(0.05550411) + f * np.float32(0.00961813)
    series = np.float32(1.0) + f * (np.float32(0.69314718) + f * (np.float32(0.24022651) + f * series))
    scale = np.int32((whole.view(np.int32) << 23) + 0x3F800000).view(np.float32)
    return np.float32(scale * series)


@kernel(fastmath=False, vectors=True)
def silu(x: np.float32) -> np.float32:
    """x * sigmoid(x), to 1 part in 10,000 (bfloat16 keeps 1 in 256). NaN stays NaN."""
    # Beyond this the result is nothing.
    x = np.float32(-88.0) if x < np.float32(-88.0) else np.float32(x)
    return np.float32(x / (np.float32(1.0) + exponential(-x)))


@kernel(fastmath=False, vectors=True)
def silu_of(x: Bits, out: Bits) -> None:
    """x [N] -> out [N]."""
    for n in range(len(x)):
        out[n] = narrow(silu(widen(x[n])))


@kernel(fastmath=False, vectors=True)
def film_silu(x: Bits, film: Floats, first: int) -> None:
    """In place: the SiLU of x [B, N, C], modulated; film [B, F] holds scales less 1 from column ``first`` on,
    then shifts.
    """
    batch, count, channels = x.shape
    for b in range(batch):
        scale, shift = film[b, first : first + channels], film[b, first + channels : first + 2 * channels]
        for n in range(count):
            for c in range(channels):
                modulated = widen(x[b, n, c]) * (np.float32(1.0) + scale[c]) + shift[c]
                x[b, n, c] = narrow(silu(modulated))


@kernel(fastmath=False, vectors=True)
def enlarge_add_silu(small: Bits, skip: Bits, total: Bits, active: Bits) -> None:
    """small [B, h, w, C], each pixel twice each way, plus skip [B, H, W, C] -> total; its SiLU -> active.

    H is 2 h or 2 h - 1, and W likewise.
    """
    batch, height, width, channels = skip.shape
    for b in range(batch):
        for v in range(height):
            for u in range(width):
                for c in range(channels):
                    bits = narrow(widen(small[b, v >> 1, u >> 1, c]) + widen(skip[b, v, u, c]))
                    total[b, v, u, c] = bits
                    active[b, v, u, c] = narrow(silu(widen(bits)))
