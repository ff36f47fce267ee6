"""DIAMOND's formulas once more, in float64 numpy, from the papers and with the published names.

Written apart from the models: EDM (Karras et al. 2022, table 1 and algorithm 2), group normalisation (Wu and
He 2018), attention (Vaswani et al. 2017), LSTM (Hochreiter and Schmidhuber 1997), cubic convolution (Keys
1981).
``python -m tests.models.diamond.reference`` writes ``expected.safetensors`` anew.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from tests.models.diamond.published import CSGO, Weights, small_atari, small_csgo, values

Array = NDArray[np.float64]
EXPECTED = Path(__file__).parent / "expected.safetensors"


class Reference:
    """One network of a checkpoint: the tensors below ``home``."""

    def __init__(self, weights: Weights, home: str) -> None:
        self.w, self.home = weights, home

    def has(self, name: str) -> bool:
        return self.home + name in self.w

    def __getitem__(self, name: str) -> Array:
        return self.w[self.home + name]

    def conv(self, name: str, x: Array, stride: int = 1) -> Array:
        weight = self[f"{name}.weight"]
        pad = weight.shape[2] // 2
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
        windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], (1, 2))[:, ::stride, ::stride]
        total = np.einsum("ihwyx,oiyx->ohw", windows, weight, optimize=True)
        return total + self[f"{name}.bias"][:, None, None]

    def linear(self, name: str, x: Array) -> Array:
        out = self[f"{name}.weight"] @ x
        return out + self[f"{name}.bias"] if self.has(f"{name}.bias") else out

    def block(self, name: str, x: Array, condition: Array) -> Array:
        beside = self.conv(f"{name}.proj", x) if self.has(f"{name}.proj.weight") else x
        for n in (1, 2):
            scale, shift = np.split(self.linear(f"{name}.norm{n}.linear", condition), 2)
            x = group_norm(x) * (1.0 + scale[:, None, None]) + shift[:, None, None]
            x = self.conv(f"{name}.conv{n}", silu(x))
        x = x + beside
        return self.attention(f"{name}.attn", x) if self.has(f"{name}.attn.qkv_proj.weight") else x

    def attention(self, name: str, x: Array) -> Array:
        channels, height, width = x.shape
        gain, bias = self[f"{name}.norm.norm.weight"], self[f"{name}.norm.norm.bias"]
        qkv = self.conv(f"{name}.qkv_proj", group_norm(x) * gain[:, None, None] + bias[:, None, None])
        qkv = qkv.reshape(3, channels // 8, 8, height * width)
        weights = np.einsum("hdq,hdk->hqk", qkv[0], qkv[1]) / math.sqrt(8.0)
        weights = np.exp(weights - weights.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        seen = np.einsum("hqk,hdk->hdq", weights, qkv[2]).reshape(channels, height, width)
        return x + self.conv(f"{name}.out_proj", seen)

    def chain(self, home: str, x: Array, condition: Array, beside: list[Array] | None = None) -> list[Array]:
        """What each block below ``home`` gives; each is given another map from the end of ``beside``."""
        given = []
        while self.has(f"{home}.{len(given)}.conv1.weight"):
            x = x if beside is None else np.concatenate([x, beside.pop()])
            x = self.block(f"{home}.{len(given)}", x, condition)
            given.append(x)
        return given

    def unet(self, x: Array, condition: Array) -> Array:
        levels = 0
        while self.has(f"unet.d_blocks.{levels}.resblocks.0.conv1.weight"):
            levels += 1
        height, width = x.shape[1:]
        multiple = 2 ** (levels - 1)
        x = np.pad(x, ((0, 0), (0, -height % multiple), (0, -width % multiple)))
        kept: list[Array] = []
        for level in range(levels):
            x = self.conv(f"unet.downsamples.{level}.conv", x, 2) if level else x
            kept += [x, *self.chain(f"unet.d_blocks.{level}.resblocks", x, condition)]
            x = kept[-1]
        x = self.chain("unet.mid_blocks.resblocks", x, condition)[-1]
        for level in range(levels):
            if level:
                x = self.conv(f"unet.upsamples.{level}.conv", x.repeat(2, axis=1).repeat(2, axis=2))
            x = self.chain(f"unet.u_blocks.{level}.resblocks", x, condition, kept)[-1]
        return x[:, :height, :width]

    def fourier(self, name: str, value: float) -> Array:
        angles = 2.0 * math.pi * value * self[f"{name}.weight"][0]
        return np.concatenate([np.cos(angles), np.sin(angles)])

    def output(self, pictures: Array, c_noise: float, c_context: float, actions: Array | None) -> Array:
        """The network alone. actions [history, A]."""
        condition = self.fourier("noise_emb", c_noise)
        if self.has("noise_cond_emb.weight"):
            condition = condition + self.fourier("noise_cond_emb", c_context)
        if actions is not None:
            condition = condition + (actions @ self["act_emb.0.weight"]).reshape(-1)
        condition = self.linear("cond_proj.2", silu(self.linear("cond_proj.0", condition)))
        x = self.unet(self.conv("conv_in", pictures), condition)
        x = (
            group_norm(x) * self["norm_out.norm.weight"][:, None, None]
            + self["norm_out.norm.bias"][:, None, None]
        )
        return self.conv("conv_out", silu(x))

    def denoise(
        self,
        noisy: Array,
        sigma: float,
        offset: float,
        context: Array,
        context_sigma: float,
        actions: Array | None,
    ) -> Array:
        s, data = math.sqrt(sigma**2 + offset**2), 0.5
        c_in, c_skip = 1.0 / math.sqrt(s**2 + data**2), data**2 / (s**2 + data**2)
        c_out = s * math.sqrt(c_skip)
        c_context = math.log(context_sigma) / 4.0 if context_sigma else 0.0
        pictures = np.concatenate([context / data, noisy * c_in])
        picture = c_skip * noisy + c_out * self.output(pictures, math.log(s) / 4.0, c_context, actions)
        return np.floor((np.clip(picture, -1.0, 1.0) + 1.0) / 2.0 * 255.0) / 255.0 * 2.0 - 1.0


def group_norm(x: Array) -> Array:
    groups = max(1, len(x) // 32)
    parts = x.reshape(groups, -1)
    mean, variance = parts.mean(axis=1, keepdims=True), parts.var(axis=1, keepdims=True)
    return ((parts - mean) / np.sqrt(variance + 1e-5)).reshape(x.shape)


def silu(x: Array) -> Array:
    return x / (1.0 + np.exp(-x))


def sigmas(steps: int, low: float, high: float = 5.0, rho: float = 7.0) -> list[float]:
    """Karras et al. 2022, equation 5."""
    ramp = np.linspace(0.0, 1.0, steps)
    found = (high ** (1 / rho) + ramp * (low ** (1 / rho) - high ** (1 / rho))) ** rho
    return [*found.tolist(), 0.0]


def bicubic(x: Array, factor: int) -> Array:
    """[C, H, W] enlarged by cubic convolution with a = -0.75, pixel centres aligned, edges repeated."""
    for axis in (1, 2):
        size = x.shape[axis]
        total = 0.0
        place = (np.arange(size * factor) + 0.5) / factor - 0.5
        base = np.floor(place).astype(int)
        for tap in range(-1, 3):
            distance = np.abs(place - (base + tap))
            a = -0.75
            near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
            far = a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a
            weight = np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
            shape = [1, 1, 1]
            shape[axis] = -1
            total = total + np.take(x, np.clip(base + tap, 0, size - 1), axis) * weight.reshape(shape)
        x = np.asarray(total)
    return x


def reward_end(
    net: Reference, before: Array, after: Array, action: Array, h: Array, c: Array
) -> dict[str, Array]:
    condition = action @ net["act_emb.weight"]
    x, level = net.conv("encoder.conv_in", np.concatenate([before, after])), 0
    while net.has(f"encoder.blocks.{level}.resblocks.0.conv1.weight"):
        if net.has(f"encoder.downsamples.{level}.conv.weight"):
            x = net.conv(f"encoder.downsamples.{level}.conv", x, 2)
        x = net.chain(f"encoder.blocks.{level}.resblocks", x, condition)[-1]
        level += 1
    gates = net["lstm.weight_ih_l0"] @ x.reshape(-1) + net["lstm.bias_ih_l0"]
    gates = gates + net["lstm.weight_hh_l0"] @ h + net["lstm.bias_hh_l0"]
    i, f, g, o = np.split(gates, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    logits = net.linear("head.2", silu(net.linear("head.0", h)))
    reward, ended = softmax(logits[:3]), softmax(logits[3:])
    return {"reward": reward[2:] - reward[:1], "ended": ended[1:], "hidden": h, "cell": c}


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def waves(name: str, shape: tuple[int, ...], normal: bool = False) -> Array:
    """Test inputs that are the same everywhere: in [-1, 1], or of deviation 1."""
    wave = values({name: shape})[name] * np.sqrt(np.prod(shape[1:]) or 1.0) / 1.7
    return wave * math.sqrt(2.0) if normal else wave


def levels(name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Pictures: uint8 of ``shape``."""
    return np.round((waves(name, shape) + 1.0) * 127.5).astype(np.uint8)


def pictures(frames: NDArray[np.uint8]) -> Array:
    """uint8 [n, H, W, 3] -> [n, 3, H, W] in [-1, 1]."""
    return frames.transpose(0, 3, 1, 2) / 255.0 * 2.0 - 1.0


ATARI_SIDE, ATARI_STEPS = 16, 3
CSGO_SIZE, FACTOR, CSGO_STEPS = (6, 10), 2, (2, 3)
"""Both sides need filling up to what the levels divide."""


def atari() -> dict[str, Array]:
    """One tick of the small Atari model: the picture after each step, and what happened."""
    weights = values(small_atari())
    net, teller = (Reference(weights, f"{home}.") for home in ("denoiser.inner_model", "rew_end_model"))
    frames = pictures(levels("frames", (2, ATARI_SIDE, ATARI_SIDE, 3)))
    actions = np.eye(4)[[1, 3]]
    x = waves("noise0", (3, ATARI_SIDE, ATARI_SIDE), normal=True)
    context = frames.reshape(6, ATARI_SIDE, ATARI_SIDE)
    found = {"output": net.output(np.concatenate([context, x]), 0.3, 0.0, actions)}
    steps = sigmas(ATARI_STEPS, 2e-3)
    for step in range(ATARI_STEPS):
        picture = net.denoise(x, steps[step], 0.3, context, 0.0, actions)
        x = x + (x - picture) / steps[step] * (steps[step + 1] - steps[step])
        found[f"step{step}"] = picture
    h, c = waves("hidden", (12,)), waves("cell", (12,))
    return found | reward_end(teller, frames[-1], picture, actions[-1], h, c)


def csgo() -> dict[str, Array]:
    """One tick of the small CS:GO model: two steps of the denoiser, three of the upsampler."""
    weights = values(small_csgo())
    net, large = (Reference(weights, f"{home}.inner_model.") for home in ("denoiser", "upsampler"))
    (height, width), found = CSGO_SIZE, {}
    context = pictures(levels("small", (4, height, width, 3))).reshape(12, height, width)
    actions = csgo_actions()
    steps = sigmas(CSGO_STEPS[0], 2e-3)
    for step in range(CSGO_STEPS[0]):
        if not step:
            x = waves("noise0", (3, height, width), normal=True)
        context = context + waves(f"context{step}", context.shape, normal=True) * 5e-3
        picture = net.denoise(x, steps[step], 0.1, context, 5e-3, actions)
        x = x + (x - picture) / steps[step] * (steps[step + 1] - steps[step])
        found[f"small{step}"] = picture
    wide = bicubic(picture, FACTOR)
    before = pictures(levels("large", (1, FACTOR * height, FACTOR * width, 3)))[0]
    steps = sigmas(CSGO_STEPS[1], 1.0)
    for step in range(CSGO_STEPS[1]):
        if not step:
            x = waves("noise1", wide.shape, normal=True)
        sigma = steps[step]
        higher = sigma * (1.0 + min(10.0 / CSGO_STEPS[1], math.sqrt(2.0) - 1.0))
        x = x + waves(f"churn{step}", wide.shape, normal=True) * 0.9 * math.sqrt(higher**2 - sigma**2)
        picture = large.denoise(x, sigma, 0.1, np.concatenate([before, wide]), 0.0, None)
        x = x + (x - picture) / higher * (steps[step + 1] - higher)
        found[f"large{step}"] = picture
    return found


def csgo_actions() -> Array:
    """The last four actions [4, 51]: 11 keys, 2 buttons, 23 bins of the mouse's x, 15 of its y."""
    actions = np.zeros((CSGO.history, 51))
    for row, (keys, x, y) in enumerate((((0,), 11, 7), ((0, 4), 12, 7), ((3, 11), 0, 14), ((6, 12), 16, 4))):
        actions[row, [*keys, 13 + x, 36 + y]] = 1.0
    return actions


def main() -> None:
    found = {f"atari.{name}": value for name, value in atari().items()}
    found |= {f"csgo.{name}": value for name, value in csgo().items()}
    save_file({name: np.ascontiguousarray(v, np.float32) for name, v in found.items()}, EXPECTED)


if __name__ == "__main__":
    main()
