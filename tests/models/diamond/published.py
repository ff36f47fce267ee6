"""Names and shapes of DIAMOND's published checkpoints, written down apart from the code that reads them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Shapes = dict[str, tuple[int, ...]]
Weights = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Net:
    """One denoiser as its configuration file has it."""

    channels: tuple[int, ...]
    depths: tuple[int, ...]
    attention: tuple[int, ...]
    condition: int
    history: int
    told: bool = False
    extra: int = 0
    actions: int = 0


@dataclass(frozen=True)
class Small:
    """Sizes that a test can afford, with all parts that the large ones have."""

    size: int = 16
    denoiser: Net = field(default_factory=lambda: Net((32, 64), (1, 2), (0, 1), 16, history=2, actions=4))
    reward_channels: tuple[int, ...] = (32, 64)
    reward_depths: tuple[int, ...] = (1, 2)
    reward_condition: int = 8
    hidden: int = 12


ATARI = Net((64,) * 4, (2,) * 4, (0,) * 4, 256, history=4, actions=4)
CSGO = Net((128, 256, 512, 1024), (2,) * 4, (0, 0, 1, 1), 2048, history=4, told=True, actions=51)
CSGO_UPSAMPLER = Net((64, 64, 128, 256), (2,) * 4, (0, 0, 0, 1), 2048, history=1, told=True, extra=1)


def denoiser(home: str, net: Net) -> Shapes:
    """All of ``denoiser.inner_model.`` or ``upsampler.inner_model.``."""
    width, channels = net.condition, net.channels
    shapes: Shapes = {"noise_emb.weight": (1, width // 2)}
    if net.told:
        shapes["noise_cond_emb.weight"] = (1, width // 2)
    if net.actions:
        shapes["act_emb.0.weight"] = (net.actions, width // net.history)
    for layer in ("cond_proj.0", "cond_proj.2"):
        shapes |= _pair(layer, (width, width))
    shapes |= _pair("conv_in", (channels[0], 3 * (net.history + net.extra + 1), 3, 3))
    for name, inputs, outputs, attention in _unet_blocks(net):
        shapes |= _block(f"unet.{name}", inputs, outputs, width, attention)
    for level, count in enumerate(channels[:-1], 1):
        shapes |= _pair(f"unet.downsamples.{level}.conv", (count, count, 3, 3))
        reverse = channels[-1 - level]
        shapes |= _pair(f"unet.upsamples.{level}.conv", (reverse, reverse, 3, 3))
    shapes |= _pair("norm_out.norm", (channels[0],))
    shapes |= _pair("conv_out", (3, channels[0], 3, 3))
    return {home + name: shape for name, shape in shapes.items()}


def reward_end(
    channels: tuple[int, ...], depths: tuple[int, ...], condition: int, hidden: int, size: int, actions: int
) -> Shapes:
    """All of ``rew_end_model.``."""
    shapes: Shapes = {"act_emb.weight": (actions, condition)}
    shapes |= _pair("encoder.conv_in", (channels[0], 6, 3, 3))
    for level, (count, depth) in enumerate(zip(channels, depths, strict=True)):
        before = channels[max(0, level - 1)]
        for block in range(depth):
            name = f"encoder.blocks.{level}.resblocks.{block}"
            shapes |= _block(name, count if block else before, count, condition, False)
        if level:
            shapes |= _pair(f"encoder.downsamples.{level}.conv", (before, before, 3, 3))
    for block in range(2):
        name = f"encoder.blocks.{len(channels)}.resblocks.{block}"
        shapes |= _block(name, channels[-1], channels[-1], condition, True)
    side = size // 2 ** (len(channels) - 1)
    shapes["lstm.weight_ih_l0"] = (4 * hidden, channels[-1] * side * side)
    shapes["lstm.weight_hh_l0"] = (4 * hidden, hidden)
    shapes["lstm.bias_ih_l0"] = shapes["lstm.bias_hh_l0"] = (4 * hidden,)
    shapes |= _pair("head.0", (hidden, hidden))
    shapes["head.2.weight"] = (5, hidden)
    return {f"rew_end_model.{name}": shape for name, shape in shapes.items()}


def small_atari() -> Shapes:
    small = Small()
    sizes = (small.reward_channels, small.reward_depths, small.reward_condition, small.hidden)
    return denoiser("denoiser.inner_model.", small.denoiser) | reward_end(*sizes, small.size, 4)


def full_atari(actions: int = 4) -> Shapes:
    net = Net(*(getattr(ATARI, name) for name in ("channels", "depths", "attention", "condition", "history")))
    net = Net(**{**net.__dict__, "actions": actions})
    return denoiser("denoiser.inner_model.", net) | reward_end((32,) * 4, (2,) * 4, 128, 512, 64, actions)


def full_csgo() -> Shapes:
    return denoiser("denoiser.inner_model.", CSGO) | denoiser("upsampler.inner_model.", CSGO_UPSAMPLER)


def small_csgo() -> Shapes:
    first = Net((32, 64, 64), (1, 1, 1), (0, 0, 1), 16, history=4, told=True, actions=51)
    second = Net((32, 32, 64), (1, 1, 1), (0, 0, 1), 16, history=1, told=True, extra=1)
    return denoiser("denoiser.inner_model.", first) | denoiser("upsampler.inner_model.", second)


def values(shapes: Shapes) -> Weights:
    """Numbers that are the same everywhere: a sine wave of each tensor's own phase, scaled by its inputs."""
    made = {}
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        phase = zlib.crc32(name.encode()) % 100_000
        wave = np.sin(np.arange(count) * 12.9898 + phase) * 1.7
        scale = 1.0 if name.endswith("emb.weight") else 1.0 / np.sqrt(np.prod(shape[1:]) or 1.0)
        made[name] = (wave * scale).reshape(shape)
        if name.endswith("norm.weight"):
            made[name] += 1.0
    return made


def _pair(name: str, shape: tuple[int, ...]) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def _block(name: str, inputs: int, outputs: int, condition: int, attention: bool) -> Shapes:
    shapes: Shapes = {}
    if inputs != outputs:
        shapes |= _pair(f"{name}.proj", (outputs, inputs, 1, 1))
    shapes |= _pair(f"{name}.norm1.linear", (2 * inputs, condition))
    shapes |= _pair(f"{name}.conv1", (outputs, inputs, 3, 3))
    shapes |= _pair(f"{name}.norm2.linear", (2 * outputs, condition))
    shapes |= _pair(f"{name}.conv2", (outputs, outputs, 3, 3))
    if attention:
        shapes |= _pair(f"{name}.attn.norm.norm", (outputs,))
        shapes |= _pair(f"{name}.attn.qkv_proj", (3 * outputs, outputs, 1, 1))
        shapes |= _pair(f"{name}.attn.out_proj", (outputs, outputs, 1, 1))
    return shapes


def _unet_blocks(net: Net) -> Iterator[tuple[str, int, int, bool]]:
    last = len(net.channels) - 1
    for level, (count, depth) in enumerate(zip(net.channels, net.depths, strict=True)):
        before, attention = net.channels[max(0, level - 1)], bool(net.attention[level])
        for block in range(depth):
            yield f"d_blocks.{level}.resblocks.{block}", count if block else before, count, attention
            yield f"u_blocks.{last - level}.resblocks.{block}", 2 * count, count, attention
        yield f"u_blocks.{last - level}.resblocks.{depth}", before + count, before, attention
    for block in range(2):
        yield f"mid_blocks.resblocks.{block}", net.channels[-1], net.channels[-1], True
