"""Building blocks that the native families share: residual blocks, noise levels, a small U-Net.

Channels-last friendly and free of normalisation layers: on a CPU a GroupNorm costs as much as the
convolution beside it, and residual branches that start at zero train as well without one
(Fixup, Zhang et al. 2019, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NOISE_LEVELS = (1.0, 0.5, 0.25, 0.125)
"""Noise that each denoising step starts from: step 0 from noise alone, later ones from the last estimate."""


def mix_noise(estimate: Tensor | None, noise: Tensor, level: float | Tensor) -> Tensor:
    """The denoiser's input on the straight line from picture to noise (rectified flow, Liu et al. 2022).

    Args:
        estimate: [B, C, H, W] in [-1, 1], or ``None`` where nothing is known yet (``level`` is then 1).
        noise: standard normal of the same shape.
        level: 0 (picture alone) to 1 (noise alone), a number or [B, 1, 1, 1].
    """
    if estimate is None:
        return noise
    mixed: Tensor = (1.0 - level) * estimate + level * noise
    return mixed


class LevelEmbedding(nn.Module):
    """Noise level [B] in [0, 1] -> [B, channels], by fixed sines and cosines (Vaswani et al. 2017, 3.5)."""

    frequencies: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer(
            "frequencies", math.pi * 2.0 ** torch.arange(channels // 2, dtype=torch.float32), persistent=False
        )

    def forward(self, level: Tensor) -> Tensor:
        angles = level[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=1)


class FilmBlock(nn.Module):
    """Residual block of two 3x3 convolutions, modulated by a condition vector (FiLM, Perez et al. 2018)."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.film = nn.Linear(condition, 2 * channels)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        h = self.first(F.silu(x)) * (1.0 + scale) + shift
        out: Tensor = x + self.second(F.silu(h))
        return out


class UNet(nn.Module):
    """Decoder-heavy U-Net over maps of any size; each level has half the sides of the last, rounded up.

    Level 0 is the finest. Going down, each level but the finest gets ``down_blocks`` blocks; going up,
    each gets ``up_blocks``; the coarsest gets both. ``coarse`` features join at level 1: that is where
    memory of place enters.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        channels: Sequence[int],
        condition: int,
        coarse: int = 0,
        down_blocks: int = 1,
        up_blocks: int = 2,
    ) -> None:
        super().__init__()
        if len(channels) < 2:
            raise ValueError("a U-Net needs at least two levels")
        self.stem = nn.Conv2d(inputs, channels[0], 1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(channels))
        self.coarse = nn.Conv2d(coarse, channels[1], 1) if coarse else None
        self.down_blocks = nn.ModuleList(
            nn.ModuleList(FilmBlock(c, condition) for _ in range(down_blocks)) for c in channels[1:]
        )
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
        self.up_blocks = nn.ModuleList(
            nn.ModuleList(FilmBlock(c, condition) for _ in range(up_blocks)) for c in channels
        )
        self.head = nn.Conv2d(channels[0], outputs, 3, padding=1)

    def forward(self, x: Tensor, condition: Tensor, coarse: Tensor | None = None) -> Tensor:
        h = self.stem(x)
        skips = [h]
        for level, (shrink, blocks) in enumerate(zip(self.down, self.down_blocks, strict=True)):
            h = shrink(F.silu(h))
            if level == 0 and self.coarse is not None and coarse is not None:
                h = h + self.coarse(coarse)
            for block in cast(nn.ModuleList, blocks):
                h = block(h, condition)
            skips.append(h)
        h = skips.pop()
        for level in reversed(range(len(self.up_blocks))):
            if level < len(self.up):
                # Enlarged after the 1x1 projection: the same result as before it, at a quarter of the cost.
                skip = skips.pop()
                wide = F.interpolate(self.up[level](h), scale_factor=2.0, mode="nearest")
                h = wide[..., : skip.shape[-2], : skip.shape[-1]] + skip
            for block in cast(nn.ModuleList, self.up_blocks[level]):
                h = block(h, condition)
        return cast(Tensor, self.head(F.silu(h)))


def to_signed(pixels: Tensor) -> Tensor:
    """uint8 [..., H, W, 3] -> float32 [..., 3, H, W] in [-1, 1]."""
    return pixels.movedim(-1, -3).float().mul(2.0 / 255.0).sub(1.0)


def to_uint8(picture: Tensor) -> Tensor:
    """float [B, 3, H, W] in [-1, 1] (clamped) -> uint8 [B, H, W, 3]."""
    levels = picture.float().clamp(-1.0, 1.0).add(1.0).mul(127.5).round()
    return levels.to(torch.uint8).movedim(1, -1).contiguous()
