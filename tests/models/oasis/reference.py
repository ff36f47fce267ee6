"""Oasis from its formulas, in numpy and float64: written apart from the model, and slow.

``python -m tests.models.oasis.reference`` writes ``expected.safetensors``, which the tests hold the model to.
Nothing here is shared with the model but the names of parameters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from scipy.special import erf, expit

EXPECTED = Path(__file__).with_name("expected.safetensors")

SIZES: dict[str, Any] = {
    "height": 16,
    "width": 24,
    "pixel_patch": 4,
    "patch": 2,
    "latent_channels": 4,
    "controls": 5,
    "window": 6,
    "hidden": 32,
    "heads": 2,
    "depth": 3,
    "encoder_hidden": 32,
    "encoder_heads": 2,
    "encoder_depth": 1,
    "decoder_hidden": 48,
    "decoder_heads": 3,
    "decoder_depth": 2,
    "max_steps": 4,
}
LEVELS, CONTEXT_LEVEL, SCALE = 1000, 15, 0.07843137255

Array = np.ndarray[Any, np.dtype[np.float64]]
Weights = dict[str, Array]


def draw(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> Weights:
    """Weights of those names: normal, narrow enough that nothing saturates; the same on every machine."""
    source = np.random.RandomState(seed)
    return {
        name: (source.standard_normal(shapes[name]) / np.sqrt(max(shapes[name][-1], 4)))
        .astype(np.float32)
        .astype(float)
        for name in sorted(shapes)
    }


def shares() -> Array:
    """Share of signal at each of the 1000 levels."""
    x = np.linspace(-3.0, 3.0, LEVELS + 1)
    remaining = (expit(3.0) - expit(x)) / (expit(3.0) - expit(-3.0))
    beta = np.clip(1.0 - remaining[1:] / remaining[:-1], 0.0, 0.999)
    return np.cumprod(1.0 - beta)


def layer_norm(x: Array) -> Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)


def silu(x: Array) -> Array:
    return x * expit(x)


def gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)))


def gelu(x: Array) -> Array:
    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))


def turned(x: Array, angles: Array) -> Array:
    """Neighbouring channels as a complex number, times e to the i angle; [..., 2 n], [..., n]."""
    many = 2 * angles.shape[-1]
    number = (x[..., 0:many:2] + 1j * x[..., 1:many:2]) * np.exp(1j * angles)
    out = x.copy()
    out[..., 0:many:2], out[..., 1:many:2] = number.real, number.imag
    return out


def grid_angles(rows: int, columns: int, pairs: int, most: float) -> Array:
    """[rows, columns, 2 pairs]: of rows first, then of columns."""
    frequencies = np.pi * np.linspace(1.0, most / 2.0, pairs)
    out = np.zeros((rows, columns, 2 * pairs))
    for r, y in enumerate(np.linspace(-1.0, 1.0, rows)):
        for c, x in enumerate(np.linspace(-1.0, 1.0, columns)):
            out[r, c] = np.concatenate([y * frequencies, x * frequencies])
    return out


def attend(query: Array, key: Array, value: Array) -> Array:
    """One head: [n, d], [m, d], [m, d] -> [n, d]."""
    scores = query @ key.T / np.sqrt(query.shape[-1])
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return (scores / scores.sum(-1, keepdims=True)) @ value


def linear(w: Weights, name: str, x: Array) -> Array:
    return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", np.zeros(1))


def patches(pictures: Array, side: int) -> Array:
    """[C, H, W] -> [rows, columns, C, side, side]."""
    channels, height, width = pictures.shape
    out = np.zeros((height // side, width // side, channels, side, side))
    for r in range(height // side):
        for c in range(width // side):
            out[r, c] = pictures[:, r * side : (r + 1) * side, c * side : (c + 1) * side]
    return out


def level_embedding(w: Weights, level: int) -> Array:
    frequencies = 10000.0 ** (-np.arange(128) / 128.0)
    angles = level * frequencies
    waves = np.concatenate([np.cos(angles), np.sin(angles)])
    return linear(w, "t_embedder.mlp.2", silu(linear(w, "t_embedder.mlp.0", waves)))


def velocity(w: Weights, latents: Array, levels: list[int], actions: Array, sizes: dict[str, Any]) -> Array:
    """latents [T, C, H, W], a level and an action each -> v [T, C, H, W]."""
    side, heads, hidden = sizes["patch"], sizes["heads"], sizes["hidden"]
    frames, channels, height, width = latents.shape
    rows, columns, head = height // side, width // side, hidden // heads
    kernel = w["x_embedder.proj.weight"].reshape(hidden, -1)
    x = np.stack([patches(frame, side).reshape(rows, columns, -1) @ kernel.T for frame in latents])
    x = x + w["x_embedder.proj.bias"]
    known = np.stack(
        [
            level_embedding(w, level) + linear(w, "external_cond", action)
            for level, action in zip(levels, actions, strict=True)
        ]
    )
    places = grid_angles(rows, columns, head // 4, 256.0)
    times = np.outer(np.arange(frames), 10000.0 ** (-np.arange(head // 2) / (head // 2)))
    for block in range(sizes["depth"]):
        for kind in "st":
            name = f"blocks.{block}.{kind}"
            six = np.split(linear(w, f"{name}_adaLN_modulation.1", silu(known)), 6, axis=-1)
            shift, scale, gate, shift2, scale2, gate2 = (part[:, None, None] for part in six)
            query, key, value = np.split(
                layer_norm(x) * (1.0 + scale) @ w[f"{name}_attn.to_qkv.weight"].T
                + shift @ w[f"{name}_attn.to_qkv.weight"].T,
                3,
                axis=-1,
            )
            seen = np.zeros_like(x)
            for h in range(heads):
                part = slice(h * head, (h + 1) * head)
                q, k, v = query[..., part], key[..., part], value[..., part]
                if kind == "s":
                    q, k = turned(q, places), turned(k, places)
                    for t in range(frames):
                        flat = (each[t].reshape(-1, head) for each in (q, k, v))
                        seen[t, ..., part] = attend(*flat).reshape(rows, columns, head)
                else:
                    q, k = (turned(each, times[:, None, None]) for each in (q, k))
                    for r in range(rows):
                        for c in range(columns):
                            for t in range(frames):
                                seen[t, r, c, part] = attend(
                                    q[t : t + 1, r, c], k[: t + 1, r, c], v[: t + 1, r, c]
                                )[0]
            x = x + gate * linear(w, f"{name}_attn.to_out", seen)
            inner = gelu_tanh(linear(w, f"{name}_mlp.fc1", layer_norm(x) * (1.0 + scale2) + shift2))
            x = x + gate2 * linear(w, f"{name}_mlp.fc2", inner)
    shift, scale = np.split(linear(w, "final_layer.adaLN_modulation.1", silu(known)), 2, axis=-1)
    out = linear(w, "final_layer.linear", layer_norm(x) * (1.0 + scale[:, None, None]) + shift[:, None, None])
    parts = out.reshape(frames, rows, columns, side, side, channels)
    pictures = np.zeros_like(latents)
    for r in range(rows):
        for c in range(columns):
            for p in range(side):
                for q in range(side):
                    pictures[:, :, r * side + p, c * side + q] = parts[:, r, c, p, q]
    return pictures


def sample(
    w: Weights, past: Array, actions: Array, noise: Array, steps: int, sizes: dict[str, Any]
) -> list[Array]:
    """DDIM over the whole window, every frame at every step: the clean latent believed in at each step.

    past [T, C, H, W], actions [T + 1, controls], noise [C, H, W].
    """
    a = shares()
    levels = [int(level) for level in np.linspace(-1, LEVELS - 1, steps + 1)]
    x, believed = np.clip(noise, -20.0, 20.0), []
    for index in range(steps, 0, -1):
        window = np.concatenate([past, x[None]])
        marks = [CONTEXT_LEVEL - 1] * len(past) + [levels[index]]
        v = velocity(w, window, marks, actions, sizes)[-1]
        now, following = a[levels[index]], a[levels[index - 1]] if index > 1 else 1.0
        clean = np.sqrt(now) * x - np.sqrt(1.0 - now) * v
        mess = (x / np.sqrt(now) - clean) / np.sqrt(1.0 / now - 1.0)
        x = np.sqrt(following) * clean + np.sqrt(1.0 - following) * mess
        believed.append(clean)
    return believed


def picture_blocks(w: Weights, kind: str, depth: int, heads: int, x: Array) -> Array:
    """x [rows, columns, width]."""
    rows, columns, width = x.shape
    head = width // heads
    angles = grid_angles(rows, columns, head // 8, float(rows * columns))
    for block in range(depth):
        name = f"{kind}.{block}"
        normal = layer_norm(x) * w[f"{name}.norm1.weight"] + w[f"{name}.norm1.bias"]
        query, key, value = np.split(linear(w, f"{name}.attn.qkv", normal), 3, axis=-1)
        seen = np.zeros_like(x)
        for h in range(heads):
            part = slice(h * head, (h + 1) * head)
            flat = [
                each.reshape(-1, head)
                for each in (
                    turned(query[..., part], angles),
                    turned(key[..., part], angles),
                    value[..., part],
                )
            ]
            seen[..., part] = attend(*flat).reshape(rows, columns, head)
        x = x + linear(w, f"{name}.attn.proj", seen)
        normal = layer_norm(x) * w[f"{name}.norm2.weight"] + w[f"{name}.norm2.bias"]
        x = x + linear(w, f"{name}.mlp.fc2", gelu(linear(w, f"{name}.mlp.fc1", normal)))
    return x


def encode(w: Weights, picture: Array, sizes: dict[str, Any]) -> Array:
    """[3, H, W] in [-1, 1] -> latent [C, h, w], scaled."""
    kernel = w["patch_embed.proj.weight"]
    parts = patches(picture, sizes["pixel_patch"])
    x = parts.reshape(*parts.shape[:2], -1) @ kernel.reshape(len(kernel), -1).T + w["patch_embed.proj.bias"]
    x = picture_blocks(w, "encoder", sizes["encoder_depth"], sizes["encoder_heads"], x)
    x = layer_norm(x) * w["enc_norm.weight"] + w["enc_norm.bias"]
    return linear(w, "quant_conv", x)[..., : sizes["latent_channels"]].transpose(2, 0, 1) * SCALE


def decode(w: Weights, latent: Array, sizes: dict[str, Any]) -> Array:
    """latent [C, h, w] -> [3, H, W]."""
    side = sizes["pixel_patch"]
    x = linear(w, "post_quant_conv", latent.transpose(1, 2, 0) / SCALE)
    x = picture_blocks(w, "decoder", sizes["decoder_depth"], sizes["decoder_heads"], x)
    x = linear(w, "predictor", layer_norm(x) * w["dec_norm.weight"] + w["dec_norm.bias"])
    rows, columns, _ = x.shape
    out = np.zeros((3, rows * side, columns * side))
    for r in range(rows):
        for c in range(columns):
            out[:, r * side : (r + 1) * side, c * side : (c + 1) * side] = x[r, c].reshape(3, side, side)
    return out


def expected(shapes: dict[str, dict[str, tuple[int, ...]]], sizes: dict[str, Any]) -> dict[str, Array]:
    """All that the tests compare. shapes: of the transformer's and the autoencoder's parameters, by name."""
    transformer, autoencoder = draw(shapes["transformer"], 1), draw(shapes["autoencoder"], 2)
    source = np.random.RandomState(3)
    size = (
        sizes["latent_channels"],
        sizes["height"] // sizes["pixel_patch"],
        sizes["width"] // sizes["pixel_patch"],
    )
    latents = source.standard_normal((sizes["window"], *size))
    actions = source.uniform(-1.0, 1.0, (sizes["window"], sizes["controls"]))
    noise = source.standard_normal(size)
    pixels = source.randint(0, 256, (sizes["height"], sizes["width"], 3))
    picture = pixels.transpose(2, 0, 1) / 255.0 * 2.0 - 1.0
    levels = [14, 14, 14, 400, 14, 999][: sizes["window"]]
    latent = encode(autoencoder, picture, sizes)
    return {
        "shares": shares(),
        "latents": latents,
        "actions": actions,
        "noise": noise,
        "pixels": pixels.astype(float),
        "velocity": velocity(transformer, latents, levels, actions, sizes),
        "steps": np.stack(sample(transformer, latents[1:], actions, noise, sizes["max_steps"], sizes)),
        "odd_steps": np.stack(sample(transformer, latents[1:4], actions[:4], noise, 3, sizes)),
        "latent": latent,
        "decoded": decode(autoencoder, latent * 3.0, sizes),
    }


def write() -> None:
    """Writes ``EXPECTED``."""
    from tests.models.oasis.samples import shapes

    results = expected(shapes(), SIZES)
    # The writer takes memory as it lies, whatever the strides say.
    save_file({name: np.ascontiguousarray(value) for name, value in results.items()}, str(EXPECTED))


if __name__ == "__main__":
    write()
