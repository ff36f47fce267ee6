"""What is known texel by texel: the compiled loops against the tensors that training and GPUs use."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.anchored.test_fine import POSE, fine, painted, with_flats
from worldsdk.models.anchored import AnchoredModel
from worldsdk.models.anchored.texels import Texels, seen_by_tensors

SURFACES = ("tile", "tile, walls", "flats", "nothing")


def made(surfaces: str, factor: int) -> AnchoredModel:
    if surfaces == "flats":
        return with_flats(factor)
    model = fine(factor, 3 if "walls" in surfaces else 0)
    if surfaces == "nothing":
        model.painter.floor = None
    return model


@settings(max_examples=40, deadline=None)
@given(place=POSE, factor=st.sampled_from((1, 2, 4)), surfaces=st.sampled_from(SURFACES))
@torch.inference_mode()
def test_loops_and_tensors_agree(place: tuple[float, float, float], factor: int, surfaces: str) -> None:
    model = made(surfaces, factor)
    _, inverse = painted(model)
    # Off the round numbers, whose samples lie on borders.
    pose = torch.tensor([place]) + torch.tensor([[0.013, 0.017, 0.019]])
    fast, slow = Texels(model.painter).seen(pose, inverse), seen_by_tensors(model.painter, pose, inverse)
    # A sample on the very border of a texel or a wall may fall to either side.
    for found, expected, allowed in (
        (fast.colour, slow.colour, 2e-3),
        (fast.means, slow.means, 2e-3),
        (fast.inverse, slow.inverse, 1e-5),
    ):
        assert found.shape == expected.shape
        assert float((found - expected).abs().gt(allowed).float().mean()) < 0.03
    # Blocks may lie behind.
    if surfaces != "flats":
        assert bool(fast.colour[:, 3].any()) != (surfaces == "nothing")


@pytest.mark.parametrize("surfaces", SURFACES)
@torch.inference_mode()
def test_rows_of_a_batch_do_not_touch_each_other(surfaces: str) -> None:
    model = made(surfaces, 2)
    poses = torch.tensor([[100.3, 250.2, 10.1], [200.7, 90.4, 190.9], [150.1, 400.3, 77.7]])
    inverse = painted(model)[1].expand(3, -1, -1)
    texels = Texels(model.painter)
    together = texels.seen(poses, inverse)
    for row in range(3):
        alone = texels.seen(poses[row : row + 1], inverse[row : row + 1])
        for one, all_of_them in zip(vars(alone).values(), vars(together).values(), strict=True):
            assert torch.equal(one[0], all_of_them[row])


@torch.inference_mode()
def test_shares_are_whole_where_floor_lies_before_the_eye() -> None:
    model = made("tile", 2)
    known = Texels(model.painter).seen(torch.tensor([[100.3, 250.2, 10.1]]), painted(model)[1])
    below = model.painter.fine_camera.down > 0.1
    torch.testing.assert_close(known.colour[0, 3][below], torch.ones_like(known.colour[0, 3][below]))
    assert not bool(known.colour[0, :, ~(model.painter.fine_camera.down[:, 0] > 0.0)].any())
