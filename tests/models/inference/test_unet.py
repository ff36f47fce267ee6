"""The quick U-Net against the one that it is made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from worldsdk.models.blocks import UNet
from worldsdk.models.inference.activations import enlarge_add_silu, film_silu, silu_of
from worldsdk.models.inference.unet import QuickUNet


def _bits(x: torch.Tensor) -> np.ndarray:
    return x.to(torch.bfloat16).view(torch.int16).numpy()


def _number(bits: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(bits).view(torch.bfloat16).float()


def _unet(coarse: int) -> UNet:
    torch.manual_seed(3)
    unet = UNet(11, 5, (16, 24, 40), condition=12, coarse=coarse).eval().requires_grad_(False)
    for parameter in unet.parameters():
        # Modulations and second convolutions begin at zero: they must have a say.
        parameter.add_(torch.randn_like(parameter) * 0.1)
    return unet


@torch.inference_mode()
@pytest.mark.parametrize(("height", "width"), [(12, 16), (15, 20), (13, 9)])
@pytest.mark.parametrize("coarse", [0, 7])
@pytest.mark.parametrize("batch", [1, 3])
def test_it_draws_what_the_plain_one_draws(height: int, width: int, coarse: int, batch: int) -> None:
    unet = _unet(coarse)
    quick = QuickUNet(unet)
    x, condition = torch.randn(batch, 11, height, width), torch.randn(batch, 12)
    extra = torch.randn(batch, coarse, -(-height // 2), -(-width // 2)) if coarse else None
    kept = x.clone()
    expected = unet(x, condition, extra)
    found = quick(x, condition, extra)
    assert found.dtype == torch.bfloat16 and found.shape == expected.shape
    error = (found.float() - expected).abs()
    assert float(error.mean()) < 0.02 * float(expected.abs().mean())
    assert float(error.max()) < 0.05 * float(expected.abs().max())
    assert torch.equal(quick(x, condition, extra), found)
    assert torch.equal(x, kept)


@torch.inference_mode()
def test_a_channels_last_bfloat16_input_is_left_as_it_was() -> None:
    quick = QuickUNet(_unet(0))
    x = torch.randn(1, 11, 12, 16).to(torch.bfloat16, memory_format=torch.channels_last)
    kept = x.clone()
    quick(x, torch.randn(1, 12))
    assert torch.equal(x, kept)


def test_silu_is_right_for_every_bfloat16() -> None:
    bits = np.arange(-(2**15), 2**15, dtype=np.int16)
    numbers = _number(bits)
    out = np.empty_like(bits)
    silu_of(bits, out)
    found, expected = _number(out), F.silu(numbers.double())
    finite = numbers.isfinite()
    # Far below zero it is nothing, in float32 and here, though not the same nothing.
    error = (found.double() - expected).abs()[finite]
    assert bool((error <= 1e-30 + expected.abs()[finite] * 2.0**-8).all())
    assert bool(found[numbers.isnan()].isnan().all())
    assert float(found[numbers == float("inf")]) == float("inf")


def test_loops_do_what_their_tensors_do() -> None:
    torch.manual_seed(0)
    x, film = torch.randn(2, 30, 8), torch.randn(2, 40)
    scale, shift = film[:, None, 5:13], film[:, None, 13:21]
    modulated = _bits(x)
    film_silu(modulated, film.numpy(), 5)
    torch.testing.assert_close(
        _number(modulated), F.silu(x.bfloat16().float() * (1.0 + scale) + shift), rtol=1e-2, atol=1e-4
    )
    small, skip = torch.randn(2, 3, 4, 8), torch.randn(2, 5, 8, 8)
    total, active = np.empty((2, 5, 8, 8), np.int16), np.empty((2, 5, 8, 8), np.int16)
    enlarge_add_silu(_bits(small), _bits(skip), total, active)
    grown = small.bfloat16().float().repeat_interleave(2, 1).repeat_interleave(2, 2)[:, :5]
    torch.testing.assert_close(_number(total), grown + skip.bfloat16().float(), rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(_number(active), F.silu(_number(total)), rtol=1e-2, atol=1e-4)
