"""The whole model: what is drawn finer than recorded, and that nothing is left to past frames."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from tests.models.samples import context, driven, tick
from worldsdk.errors import PackError
from worldsdk.models.variants import find_variant, variants_of

CPU = torch.device("cpu")


@torch.inference_mode()
def test_finer_frames_are_the_same_samples() -> None:
    model = driven()
    states = context(model, batch=3).variables[:, 0]
    coarse, fine = model.paint(states), model.paint(states, 2)
    assert fine.shape == (3, 3, 32, 48)
    torch.testing.assert_close(F.avg_pool2d(fine, 2), coarse, rtol=0.0, atol=1e-5)


@torch.inference_mode()
def test_a_start_of_the_recorded_size_is_drawn_anew_and_one_of_its_own_kept() -> None:
    model = driven(fine=2)
    assert (model.spec.height, model.spec.enlarges) == (32, 2)
    small = context(driven(), batch=2)
    state = model.start(small)
    enlarged = model.enlarge(small)
    assert enlarged.pixels.shape == (2, 1, 32, 48, 3)
    assert torch.equal(model.start(enlarged)["variables"], state["variables"])
    assert torch.equal(model.enlarge(enlarged).pixels, enlarged.pixels)
    _, output = tick(model, state, torch.zeros(2, 5))
    assert output.pixels.shape == (2, 32, 48, 3)


@torch.inference_mode()
def test_no_frame_is_ever_looked_at() -> None:
    model = driven()
    moment = context(model)
    black = replace(moment, pixels=torch.zeros_like(moment.pixels))
    a, b = model.start(moment), model.start(black)
    for number in range(3):
        a, seen = tick(model, a, torch.ones(2, 5), seed=number)
        b, other = tick(model, b, torch.ones(2, 5), seed=number + 10)
        assert torch.equal(seen.pixels, other.pixels)


def test_smaller_frames_are_variants() -> None:
    config = replace(driven().config, fine=2).to_json()
    known = variants_of("convnet", config, CPU)
    assert find_variant("24x16", known).config == {"fine": 1}
    with pytest.raises(PackError, match="48x32"):
        find_variant("48x32", known)
    assert all(v.toggle != "frame size" for v in variants_of("convnet", {}, CPU))
