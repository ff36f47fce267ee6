"""Packed layers against the plain ones they are made of."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from worldsdk.models.inference.packed import QuickConv1d, QuickConv2d, QuickLinear


def _close(fast: torch.Tensor, plain: torch.Tensor) -> None:
    assert fast.dtype == torch.bfloat16
    torch.testing.assert_close(fast.float(), plain, rtol=3e-2, atol=3e-2)


@torch.inference_mode()
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3])
def test_quick_convolutions_equal_plain_ones_to_rounding(stride: int, kernel: int) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 16, kernel, stride=stride, padding=kernel // 2)
    quick = QuickConv2d(conv)
    for batch, size in ((1, 12), (3, 12), (1, 20)):  # packed for the first, used for all
        x = torch.randn(batch, 8, size, size)
        _close(quick(x), conv(x))
        assert torch.equal(quick(x), quick(x))


@torch.inference_mode()
@pytest.mark.parametrize("packs", [True, False])
def test_a_convolution_adds_itself_to_a_sum(packs: bool) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 16, 3, padding=1)
    quick = QuickConv2d(conv)
    quick.packs = quick.packs and packs
    x, total = torch.randn(2, 8, 12, 12), torch.randn(2, 16, 12, 12)
    before, after = (t.to(torch.bfloat16, memory_format=torch.channels_last) for t in (total, x))
    _close(quick.add_to(before, after), total + conv(x))


@torch.inference_mode()
def test_what_came_first_does_not_change_what_comes_out() -> None:
    torch.manual_seed(0)
    conv, matrix = nn.Conv2d(16, 32, 3, padding=1), nn.Linear(40, 24)
    picture, line = torch.randn(1, 16, 12, 16), torch.randn(1, 7, 40)
    convs, matrices = [QuickConv2d(conv) for _ in range(3)], [QuickLinear(matrix) for _ in range(3)]
    for number, (quick, fast) in enumerate(zip(convs, matrices, strict=True)):
        if number:
            # Another batch before it, or nothing but NaN.
            quick(torch.full((2 * number, 16, 12, 16), float("nan")))
            fast(torch.full((2 * number, 7, 40), float("nan")))
        assert torch.equal(quick(picture), convs[0](picture))
        assert torch.equal(fast(line), matrices[0](line))


@torch.inference_mode()
def test_quick_lines_and_matrices_equal_plain_ones_to_rounding() -> None:
    torch.manual_seed(0)
    line, matrix, biased = nn.Conv1d(8, 16, 1), nn.Linear(8, 16, bias=False), nn.Linear(8, 16)
    x = torch.randn(2, 8, 5)
    _close(QuickConv1d(line)(x), line(x))
    _close(QuickLinear(matrix)(x[..., 0]), matrix(x[..., 0]))
    _close(QuickLinear(biased)(x.transpose(1, 2)), biased(x.transpose(1, 2)))
