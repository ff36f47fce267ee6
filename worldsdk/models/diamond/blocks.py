"""The blocks of DIAMOND's networks (Alonso et al. 2024, "Diffusion for World Modeling: Visual Details Matter
in Atari"): residual blocks whose group norms are modulated by a condition, self-attention, a U-Net.

Group size, epsilon and width of a head are the published ones, which no tensor of a checkpoint tells.
"""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.diamond.config import UNetConfig

GROUP_SIZE = 32
EPSILON = 1e-5
HEAD = 8


def groups_of(channels: int) -> int:
    """Of how many groups a norm over so many channels is."""
    return max(1, channels // GROUP_SIZE)


class FourierFeatures(nn.Module):
    """A number [B] -> [B, channels]: cosines and sines of random frequencies, which the checkpoint holds."""

    weight: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.randn(1, channels // 2))

    def forward(self, value: Tensor) -> Tensor:
        angles = 2.0 * math.pi * value[:, None] * self.weight
        return torch.cat([angles.cos(), angles.sin()], dim=1)


class AdaptiveGroupNorm(nn.Module):
    """Group norm whose scale and shift are a linear function of the condition."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.groups = groups_of(channels)
        self.film = nn.Linear(condition, 2 * channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        normed = F.group_norm(x, self.groups, eps=EPSILON)
        return cast(Tensor, normed * (1.0 + scale) + shift)


class SelfAttention(nn.Module):
    """Attention among all places of a map, added to the map; heads of ``HEAD`` channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // HEAD)
        self.norm = nn.GroupNorm(groups_of(channels), channels, eps=EPSILON)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(cast(Tensor, self.out.bias))

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        # Norms are worked out in float32 whatever the layers around them give.
        qkv = self.qkv(self.norm(x.float())).view(
            batch, 3, self.heads, channels // self.heads, height * width
        )
        query, key, value = qkv.transpose(3, 4).unbind(1)
        seen = F.scaled_dot_product_attention(query, key, value).transpose(2, 3)
        return x + cast(Tensor, self.out(seen.reshape(batch, channels, height, width)))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions after modulated norms, beside the input; self-attention last, if any."""

    def __init__(self, inputs: int, outputs: int, condition: int, attention: bool) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None
        self.norm1 = AdaptiveGroupNorm(inputs, condition)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = AdaptiveGroupNorm(outputs, condition)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.attention = SelfAttention(outputs) if attention else None
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        beside = x if self.proj is None else self.proj(x)
        x = self.conv1(F.silu(self.norm1(x, condition)))
        x = self.conv2(F.silu(self.norm2(x, condition))) + beside
        return x if self.attention is None else cast(Tensor, self.attention(x))


def level_blocks(inputs: int, channels: int, depth: int, condition: int, attention: bool) -> nn.ModuleList:
    """``depth`` residual blocks one after another, the first from ``inputs`` channels."""
    sizes = [inputs, *[channels] * (depth - 1)]
    return nn.ModuleList(ResidualBlock(size, channels, condition, attention) for size in sizes)


def shrinking(config: UNetConfig) -> nn.ModuleList:
    """What leads from each level to the next coarser one."""
    return nn.ModuleList(nn.Conv2d(c, c, 3, stride=2, padding=1) for c in config.channels[:-1])


def inputs_of(config: UNetConfig) -> tuple[int, ...]:
    """Channels that come into each level from the finer one; into the finest, its own."""
    return (config.channels[0], *config.channels[:-1])


class UNet(nn.Module):
    """Maps of any size, filled up with zeros at bottom and right to what the levels divide, and cut again.

    On the way up every block is given, beside the map, what the block opposite to it gave, and the last of a
    level what came into the level.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        levels = list(zip(inputs_of(config), config.channels, config.depths, config.attention, strict=True))
        self.down = nn.ModuleList(level_blocks(i, c, n, config.condition, a) for i, c, n, a in levels)
        self.middle = level_blocks(config.channels[-1], config.channels[-1], 2, config.condition, True)
        self.up = nn.ModuleList(
            nn.ModuleList(
                [
                    *(ResidualBlock(2 * c, c, config.condition, a) for _ in range(n)),
                    ResidualBlock(i + c, i, config.condition, a),
                ]
            )
            for i, c, n, a in reversed(levels)
        )
        self.shrink = shrinking(config)
        self.enlarge = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for c in reversed(config.channels[:-1]))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        height, width = x.shape[2:]
        multiple = 2 ** len(self.shrink)
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple))
        opposite: list[Tensor] = []
        for level, blocks in enumerate(self.down):
            x = self.shrink[level - 1](x) if level else x
            opposite.append(x)
            for block in cast(nn.ModuleList, blocks):
                x = block(x, condition)
                opposite.append(x)
        for block in self.middle:
            x = block(x, condition)
        for level, blocks in enumerate(self.up):
            if level:
                x = self.enlarge[level - 1](F.interpolate(x, scale_factor=2.0, mode="nearest"))
            for block in cast(nn.ModuleList, blocks):
                x = block(torch.cat([x, opposite.pop()], dim=1), condition)
        return x[..., :height, :width]
