"""Oasis made ready for a CPU: near the plain model, kernel by kernel and as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.models.oasis.samples import context, oasis, play
from worldsdk.models.footprint import model_bytes
from worldsdk.models.inference import rows as loops
from worldsdk.models.inference.narrow import NarrowProduct
from worldsdk.models.inference.products import Product, SmallProduct, bits, has_small_products
from worldsdk.models.oasis import OasisModel
from worldsdk.models.optimise import optimise
from worldsdk.models.precision import has_bfloat16

CPU = torch.device("cpu")
WIDE: dict[str, Any] = {
    "hidden": 128,
    "encoder_hidden": 64,
    "encoder_heads": 1,
    "decoder_hidden": 64,
    "decoder_heads": 1,
    "history": 2,
}

needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(CPU), reason="a CPU with bfloat16 was not found")
needs_small = pytest.mark.skipif(not has_small_products(), reason="oneDNN's 8-bit products were not found")


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _decibels(found: Tensor, wanted: Tensor) -> float:
    return float(10.0 * torch.log10(wanted.float().var() / (found.float() - wanted.float()).pow(2).mean()))


def _ready(**more: Any) -> OasisModel:
    model = optimise(oasis(**WIDE, **more), CPU)
    assert isinstance(model, OasisModel)
    return model


def test_exponential_and_gelu_in_float32() -> None:
    points = torch.linspace(-30.0, 30.0, 4001)
    found = torch.tensor([loops.exponential(np.float32(x)) for x in points.tolist()])
    torch.testing.assert_close(found, points.exp(), rtol=1e-5, atol=0.0)
    assert np.isnan(loops.exponential(np.float32(np.nan)))
    found = torch.tensor([loops.gelu(np.float32(x)) for x in points.tolist()])
    torch.testing.assert_close(found, F.gelu(points, approximate="tanh"), rtol=1e-4, atol=1e-6)


def test_norm_and_gated_sum_take_each_frames_own_parts() -> None:
    x, parts = _normal(6, 40), _normal(2, 6, 40, seed=1)
    out = torch.empty(6, 40, dtype=torch.bfloat16)
    loops.norm(x.numpy(), parts.numpy(), 3, 3, bits(out))
    whole = parts.repeat_interleave(3, dim=0)
    wanted = F.layer_norm(x, (40,), eps=1e-6) * (1.0 + whole[:, 4]) + whole[:, 3]
    torch.testing.assert_close(out.float(), wanted, rtol=1e-2, atol=1e-2)
    total, y = x.clone(), _normal(6, 40, seed=2).bfloat16()
    loops.add(total.numpy(), bits(y), parts.numpy(), 5, 3)
    torch.testing.assert_close(total, x + whole[:, 5] * y.float())


def test_eight_bits_keep_the_largest_and_the_steps() -> None:
    x = torch.tensor([[0.0, 1.0, -2.0, 127.0], [0.0, 0.0, 0.0, 0.0], [-1e-3, 5e-4, 0.0, 2e-4]]).bfloat16()
    small, steps = torch.empty(3, 4, dtype=torch.int8), np.empty(3, np.float32)
    loops.shrink(bits(x), small.numpy(), steps)
    assert small.abs().amax(1).tolist() == [127, 0, 127]
    torch.testing.assert_close(small * torch.from_numpy(steps)[:, None], x.float(), rtol=0.0, atol=4e-6)
    broken = torch.tensor([[float("nan"), 1.0]]).bfloat16()
    loops.shrink(bits(broken), small[:1, :2].contiguous().numpy(), steps[:1])
    assert np.isnan(steps[0])


def test_looking_back_is_attention_under_a_mask() -> None:
    rows, heads, frames, channels = 6, 2, 4, 16
    qkv = _normal(rows, 3, heads, channels).bfloat16()
    keys, values = (_normal(rows, heads, frames, channels, seed=s).bfloat16() for s in (1, 2))
    seen = np.array([[True, True, True, True, True], [False, False, True, True, True]])
    out = torch.empty(rows, heads, channels, dtype=torch.bfloat16)
    scale = np.float32(channels**-0.5)
    loops.look_back_of(channels)(bits(qkv), bits(keys), bits(values), seen, 3, scale, bits(out))
    every = [torch.cat([past, qkv[:, n, :, None]], dim=2).float() for n, past in ((1, keys), (2, values))]
    mask = torch.from_numpy(seen).repeat_interleave(3, dim=0)[:, None, None]
    wanted = F.scaled_dot_product_attention(qkv[:, 0, :, None].float(), *every, attn_mask=mask)[:, :, 0]
    torch.testing.assert_close(out.float(), wanted, rtol=1e-2, atol=1e-2)


@needs_bfloat16
@pytest.mark.parametrize("activation", ["none", "gelu", "gelu-tanh"])
@pytest.mark.parametrize("count", [1, 11, 144, 500])
def test_a_product_is_the_layer_whatever_the_rows(activation: str, count: int) -> None:
    linear, x = nn.Linear(96, 160), _normal(count, 96)
    wanted = linear(x)
    if activation != "none":
        wanted = F.gelu(wanted, approximate="tanh" if activation == "gelu-tanh" else "none")
    found = Product(linear, activation)(x.bfloat16())
    assert found.dtype == torch.bfloat16
    assert _decibels(found, wanted.detach()) > 40.0


@needs_small
@pytest.mark.parametrize("bias", [True, False])
def test_an_eight_bit_product_is_near_the_layer(bias: bool) -> None:
    linear, x = nn.Linear(96, 160, bias=bias), _normal(50, 96)
    # Rows of very different size keep their own steps.
    x = x * torch.logspace(-3, 3, 50)[:, None]
    found, wanted = SmallProduct(linear).whole(x.bfloat16()), linear(x).detach()
    assert min(_decibels(a, b) for a, b in zip(found, wanted, strict=True)) > 30.0


@needs_bfloat16
@torch.inference_mode()
@pytest.mark.parametrize("reuse", ["none", "frame", "sliding"])
@pytest.mark.parametrize(("precision", "least"), [("bfloat16", 40.0), ("int8", 34.0)])
def test_the_whole_model_is_near_the_plain_one(reuse: str, precision: str, least: float) -> None:
    """Past the window's length, with memory of its own making all the way."""
    plain = oasis(**WIDE, reuse=reuse)
    quick = _ready(reuse=reuse, precision=precision)
    wanted, found = (play(m, m.start(context(m)), 7) for m in (plain, quick))
    for a, b in zip(wanted[2], found[2], strict=True):
        assert _decibels(b, a) > least
    for was, now in zip(wanted[1], found[1], strict=True):
        assert float((was.pixels.float() - now.pixels.float()).abs().mean()) < 1.0


@torch.inference_mode()
def test_asked_for_float32_nothing_is_rounded() -> None:
    plain, ready = oasis(**WIDE), _ready()
    wanted, found = (play(m, m.start(context(m)), 2)[2] for m in (plain, ready))
    # Only the order of a convolution's sums may differ.
    assert all(_decibels(b, a) > 90.0 for a, b in zip(wanted, found, strict=True))


@needs_bfloat16
@torch.inference_mode()
@pytest.mark.parametrize("reuse", ["none", "frame", "sliding"])
def test_rows_of_a_batch_do_not_meet(reuse: str) -> None:
    model = _ready(reuse=reuse, precision="bfloat16")
    young = model.start(context(model, batch=1, seed=4))
    old, _, _ = play(model, model.start(context(model, batch=1, seed=5)), 6, seed=6)
    state = {name: torch.cat([young[name], old[name]]) for name in young}
    controls, noise = _normal(2, model.spec.controls), _normal(2, *model.spec.noise_shape)

    def run(rows: slice) -> Tensor:
        condition = model.condition({name: value[rows] for name, value in state.items()}, controls[rows])
        return model.denoise(condition, None, noise[rows], 0, 1)[:, 0]

    both = run(slice(0, 2))
    for row in range(2):
        assert _decibels(both[row], run(slice(row, row + 1))[0]) > 45.0


@needs_bfloat16
@torch.inference_mode()
def test_what_is_not_finite_does_not_hide() -> None:
    for precision in ("bfloat16", "int8"):
        model = _ready(precision=precision)
        state = model.start(context(model))
        condition = model.condition(state, torch.zeros(2, model.spec.controls))
        noise = _normal(2, *model.spec.noise_shape)
        noise[1, 0, 0, 0] = float("nan")
        estimate = model.denoise(condition, None, noise, 0, 1)
        assert bool(estimate[0].isfinite().all())
        assert not bool(estimate[1].isfinite().all())


@needs_bfloat16
def test_four_bits_are_near_and_small() -> None:
    torch.manual_seed(3)
    linear = nn.Linear(96, 40).requires_grad_(False)
    product = NarrowProduct(linear)
    weight = linear.weight.detach()
    step = (weight.view(40, 3, 32).amax(2) - weight.view(40, 3, 32).amin(2)) / 15.0
    away = (product.weight().float() - weight).abs().view(40, 3, 32)
    # Half a step, and what bfloat16 rounds off.
    assert bool((away <= 0.5 * step[..., None] + 2e-3 * weight.abs().max()).all())
    assert product.codes.nbytes == weight.numel() // 2
    x = _normal(5, 96).bfloat16()
    assert _decibels(product(x), linear(x.float())) > 18.0
    gelu = NarrowProduct(linear, "gelu-tanh")(x)
    assert _decibels(gelu, F.gelu(linear(x.float()), approximate="tanh")) > 16.0


@needs_bfloat16
@torch.inference_mode()
def test_a_whole_model_in_four_bits_takes_less_and_draws_much_the_same() -> None:
    plain, small = oasis(**WIDE), _ready(precision="int4")
    sizes = [model_bytes(model.transformer) for model in (_ready(precision="bfloat16"), small)]
    # Modulations, a third of the weights, stay bfloat16.
    assert sizes[1] < 0.75 * sizes[0]
    wanted = play(plain, plain.start(context(plain)), 2, steps=2)[2]
    found = play(small, small.start(context(plain)), 2, steps=2)[2]
    for a, b in zip(found, wanted, strict=True):
        assert _decibels(a, b) > 12.0
