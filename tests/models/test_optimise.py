"""Fast models against the plain ones they are made of."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tests.models.samples import FAMILIES, context, tick
from worldsdk.models.optimise import QuickConv1d, QuickConv2d, QuickLinear, optimise
from worldsdk.models.precision import has_bfloat16

CPU = torch.device("cpu")


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
def test_quick_lines_and_matrices_equal_plain_ones_to_rounding() -> None:
    torch.manual_seed(0)
    line, matrix = nn.Conv1d(8, 16, 1), nn.Linear(8, 16, bias=False)
    x = torch.randn(2, 8, 5)
    _close(QuickConv1d(line)(x), line(x))
    _close(QuickLinear(matrix)(x[..., 0]), matrix(x[..., 0]))


@torch.inference_mode()
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_an_optimised_model_draws_the_same_picture(family: str) -> None:
    plain = FAMILIES[family]()
    torch.manual_seed(1)
    for parameter in plain.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.02)
    fast = optimise(copy.deepcopy(plain), CPU)
    controls = torch.zeros(2, plain.spec.controls)
    _, slow_frame = tick(plain, plain.start(context(plain)), controls)
    _, fast_frame = tick(fast, fast.start(context(plain)), controls)
    difference = (slow_frame.pixels.float() - fast_frame.pixels.float()).abs()
    assert float(difference.mean()) < 2.0
    # What adds up from tick to tick is left in full precision.
    assert torch.equal(slow_frame.variables[:, :2], fast_frame.variables[:, :2])


def test_what_must_be_exact_is_left_alone() -> None:
    model = FAMILIES["anchored"]()
    fast = optimise(model, CPU)
    kinds = {
        name.split(".")[0]: type(module)
        for name, module in fast.named_modules()
        if isinstance(module, QuickLinear)
    }
    assert "motion" not in kinds
    if has_bfloat16(CPU):
        assert {"painter", "events"} <= set(kinds)
