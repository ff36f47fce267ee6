"""Group norms on a CPU, for maps in bfloat16 with the channels last.

Two walks over memory do all that a norm, its modulation and the activation after it do.

A map's sums are kept with it: what is normalised again, beside another map, is not summed again.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.inference.activations import narrow, silu, widen
from worldsdk.pixels.kernels import kernel

Bits = NDArray[np.int16]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

ROWS = 256
"""Places summed in float32 before they are added to the float64 total."""


class Map:
    """A feature map: ``pixels``, bfloat16 [B, H, W, C] contiguous, and the same memory as ``planes``
    [B, C, H, W], which convolutions take.
    """

    __slots__ = ("_sums", "pixels", "planes")

    def __init__(self, pixels: Tensor) -> None:
        self.pixels = pixels
        self.planes = pixels.permute(0, 3, 1, 2)
        self._sums: Doubles | None = None

    @classmethod
    def of(cls, planes: Tensor) -> Map:
        """Of a tensor [B, C, H, W], as convolutions give it."""
        return cls(planes.permute(0, 2, 3, 1).contiguous())

    @property
    def sums(self) -> Doubles:
        """float64 [B, C, 2]: each channel's sum and sum of squares."""
        if self._sums is None:
            self._sums = np.zeros((len(self.pixels), self.pixels.shape[3], 2))
            _sum(_bits(self.pixels), self._sums)
        return self._sums


def normed(x: Map, groups: int, epsilon: float, film: Floats, place: int, active: bool, spare: bool) -> Map:
    """The map normalised by groups of channels and modulated; the SiLU of that if ``active``.

    Args:
        film: float32 [B, F]: factors less 1 from column ``place`` on, one a channel, then what is added.
        spare: the map is not looked at again: it is overwritten and given back.
    """
    # A copy and a loop in place: between two arrays that might overlap the compiler makes slower code.
    pixels = x.pixels if spare else x.pixels.clone()
    _norm(_bits(pixels), x.sums, groups, epsilon, film, place, active)
    return Map(pixels)


def joined(first: Map, second: Map) -> Map:
    """Two maps side by side."""
    both = Map(torch.cat([first.pixels, second.pixels], dim=3))
    both._sums = np.concatenate([first.sums, second.sums], axis=1)
    return both


def enlarged(small: Map) -> Map:
    """Every place twice each way."""
    batch, height, width, channels = small.pixels.shape
    out = torch.empty((batch, 2 * height, 2 * width, channels), dtype=torch.bfloat16)
    out.view(batch, height, 2, width, 2, channels).copy_(small.pixels[:, :, None, :, None])
    return Map(out)


def _bits(pixels: Tensor) -> Bits:
    """[B, H * W, C]."""
    batch, height, width, channels = pixels.shape
    found: Bits = pixels.view(torch.int16).numpy().reshape(batch, height * width, channels)
    return found


@kernel(fastmath=False, vectors=True)
def _sum(x: Bits, sums: Doubles) -> None:
    """x [B, N, C]: adds each channel's sum and sum of squares to sums [B, C, 2]."""
    batch, count, channels = x.shape
    total, squares = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for b in range(batch):
        for block in range((count + ROWS - 1) // ROWS):
            total[:] = np.float32(0.0)
            squares[:] = np.float32(0.0)
            # Slices, so that no index can be negative: testing for that keeps the loop from becoming vectors.
            rows = x[b, block * ROWS : (block + 1) * ROWS]
            for n in range(len(rows)):
                row = rows[n]
                for c in range(channels):
                    value = widen(row[c])
                    total[c] += value
                    squares[c] += value * value
            for c in range(channels):
                sums[b, c, 0] += total[c]
                sums[b, c, 1] += squares[c]


@kernel(fastmath={"contract"}, vectors=True)
def _norm(
    x: Bits, sums: Doubles, groups: int, epsilon: float, film: Floats, place: int, active: bool
) -> None:
    """In place: x [B, N, C]."""
    batch, count, channels = x.shape
    size = channels // groups
    scale, shift = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for b in range(batch):
        for g in range(groups):
            total, squares = 0.0, 0.0
            for c in range(g * size, (g + 1) * size):
                total += sums[b, c, 0]
                squares += sums[b, c, 1]
            mean = total / (size * count)
            spread = squares / (size * count) - mean * mean
            # Rounding may take it below nothing. NaN stays NaN: a comparison with it is false.
            spread = 0.0 if spread < 0.0 else spread
            inverse = 1.0 / math.sqrt(spread + epsilon)
            for c in range(g * size, (g + 1) * size):
                factor = inverse * (1.0 + film[b, place + c])
                scale[c] = factor
                shift[c] = film[b, place + channels + c] - mean * factor
        if active:
            for n in range(count):
                for c in range(channels):
                    x[b, n, c] = narrow(silu(widen(x[b, n, c]) * scale[c] + shift[c]))
        else:
            for n in range(count):
                for c in range(channels):
                    x[b, n, c] = narrow(widen(x[b, n, c]) * scale[c] + shift[c])
