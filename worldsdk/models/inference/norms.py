"""Group norms on a CPU, for maps in bfloat16 with the channels last.

Two walks over memory do all that a norm, its modulation and the activation after it do.

A map's sums are kept with it: what is normalised again, beside another map, is not summed again.
"""

from __future__ import annotations

import math
from typing import cast

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
    """A feature map, bfloat16 [B, H, W, C] contiguous, and each channel's sum and sum of squares."""

    def __init__(self, pixels: Tensor) -> None:
        self.pixels = pixels
        self._sums: Doubles | None = None

    @classmethod
    def of(cls, planes: Tensor) -> Map:
        """Of a tensor [B, C, H, W], as convolutions give it."""
        return cls(planes.permute(0, 2, 3, 1).contiguous())

    @property
    def planes(self) -> Tensor:
        """[B, C, H, W], channels last: what convolutions take."""
        return self.pixels.permute(0, 3, 1, 2)

    @property
    def bits(self) -> Bits:
        """[B, H * W, C]."""
        batch, height, width, channels = self.pixels.shape
        return cast("Bits", self.pixels.view(torch.int16).view(batch, height * width, channels).numpy())

    @property
    def sums(self) -> Doubles:
        """float64 [B, C, 2]."""
        if self._sums is None:
            self._sums = np.zeros((len(self.pixels), self.pixels.shape[3], 2))
            _sum(self.bits, self._sums)
        return self._sums


def normed(maps: list[Map], groups: int, epsilon: float, film: Floats, place: int, active: bool) -> Map:
    """The maps side by side, normalised by groups of channels and modulated; the SiLU of that if ``active``.

    Args:
        film: float32 [B, F]: factors less 1 from column ``place`` on, one a channel, then what is added.
    """
    shape = maps[0].pixels.shape
    channels = sum(part.pixels.shape[3] for part in maps)
    sums = maps[0].sums if len(maps) == 1 else np.concatenate([part.sums for part in maps], axis=1)
    factors = np.empty((2, len(film), channels), np.float32)
    _factors(sums, shape[1] * shape[2], groups, epsilon, film, place, factors)
    out = Map(torch.empty((*shape[:3], channels), dtype=torch.bfloat16))
    first = 0
    for part in maps:
        _apply(part.bits, factors, first, out.bits, active)
        first += part.pixels.shape[3]
    return out


def enlarged(small: Map) -> Map:
    """Every place twice each way."""
    batch, height, width, channels = small.pixels.shape
    out = torch.empty((batch, 2 * height, 2 * width, channels), dtype=torch.bfloat16)
    out.view(batch, height, 2, width, 2, channels).copy_(small.pixels[:, :, None, :, None])
    return Map(out)


@kernel(fastmath=False, vectors=True)
def _sum(x: Bits, sums: Doubles) -> None:
    """x [B, N, C]: adds each channel's sum and sum of squares to sums [B, C, 2]."""
    batch, count, channels = x.shape
    total, squares = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for b in range(batch):
        for first in range(0, count, ROWS):
            for c in range(channels):
                total[c] = np.float32(0.0)
                squares[c] = np.float32(0.0)
            for n in range(first, min(count, first + ROWS)):
                for c in range(channels):
                    value = widen(x[b, n, c])
                    total[c] += value
                    squares[c] += value * value
            for c in range(channels):
                sums[b, c, 0] += total[c]
                sums[b, c, 1] += squares[c]


@kernel(fastmath=False, vectors=True)
def _factors(
    sums: Doubles,
    count: int,
    groups: int,
    epsilon: float,
    film: Floats,
    place: int,
    factors: NDArray[np.float32],
) -> None:
    """Fills factors [2, B, C]: what a number is multiplied with, and what is then added."""
    batch, channels, _ = sums.shape
    size = channels // groups
    for b in range(batch):
        for g in range(groups):
            total, squares = 0.0, 0.0
            for c in range(g * size, (g + 1) * size):
                total += sums[b, c, 0]
                squares += sums[b, c, 1]
            mean = total / (size * count)
            # NaN stays NaN: a comparison with it is false.
            spread = squares / (size * count) - mean * mean
            spread = 0.0 if spread < 0.0 else spread
            inverse = 1.0 / math.sqrt(spread + epsilon)
            for c in range(g * size, (g + 1) * size):
                scale = inverse * (1.0 + film[b, place + c])
                factors[0, b, c] = scale
                factors[1, b, c] = film[b, place + channels + c] - mean * scale


@kernel(fastmath=False, vectors=True)
def _apply(x: Bits, factors: NDArray[np.float32], first: int, out: Bits, active: bool) -> None:
    """x [B, N, C] -> columns ``first`` on of out [B, N, D]."""
    batch, count, channels = x.shape
    for b in range(batch):
        scale, shift = factors[0, b, first : first + channels], factors[1, b, first : first + channels]
        if active:
            for n in range(count):
                for c in range(channels):
                    out[b, n, first + c] = narrow(silu(widen(x[b, n, c]) * scale[c] + shift[c]))
        else:
            for n in range(count):
                for c in range(channels):
                    out[b, n, first + c] = narrow(widen(x[b, n, c]) * scale[c] + shift[c])
