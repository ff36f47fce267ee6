"""Fast models against the plain ones they are made of."""

from __future__ import annotations

import copy

import pytest
import torch

from tests.models.samples import FAMILIES, context, tick
from worldsdk.models.inference.packed import QuickLinear
from worldsdk.models.optimise import optimise
from worldsdk.models.precision import has_bfloat16

CPU = torch.device("cpu")


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
    torch.testing.assert_close(slow_frame.variables[:, :2], fast_frame.variables[:, :2], rtol=1e-5, atol=1e-4)


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
