"""The fused geometry against the one that the paper trail reads."""

from __future__ import annotations

import dataclasses

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.anchored.test_walls import room
from tests.models.samples import anchored
from worldsdk.models.anchored.fused import FusedPainter
from worldsdk.models.anchored.painter import Painter


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    heading=st.floats(0.0, 359.0),
    away=st.floats(0.0, 400.0),
    batch=st.integers(1, 3),
    tile=st.sampled_from([0, 64]),
    walls=st.sampled_from([0, 3]),
)
@torch.inference_mode()
def test_one_loop_sees_what_the_tensors_see(
    seed: int, heading: float, away: float, batch: int, tile: int, walls: int
) -> None:
    painter = Painter(dataclasses.replace(anchored().config, tile=tile, walls=walls)).eval()
    if painter.walls is not None:
        room(painter.walls)
    painter.texture.table.mul_(20.0)
    config = painter.config
    torch.manual_seed(seed)
    pose = torch.rand(batch, 3) * torch.tensor([512.0, 512.0, 0.0]) + torch.tensor([0.0, 0.0, heading])
    past = torch.rand(batch, config.views, config.height, config.width, 3).movedim(-1, 2) * 2.0 - 1.0
    past_poses = pose[:, None] + torch.randn(batch, config.views, 3) * torch.tensor([away, away, 30.0])
    plain = painter.prepare(pose, past, past_poses)
    fused = FusedPainter(painter).prepare(pose, past, past_poses)
    pairs = {name: (getattr(fused, name), of) for name, of in vars(plain).items() if name != "known"}
    pairs["known"] = fused.known.colour, plain.known.colour
    for name, (found, expected) in pairs.items():
        assert found.shape == expected.shape, name
        # Rounded otherwise, a point on the very border of an image may fall to the other side.
        wrong = (found.float() - expected.float()).abs() > 2e-3
        assert float(wrong.float().mean()) < 2e-3, name


def both_quick() -> tuple[Painter, FusedPainter]:
    """A painter, and the fused one as it is before a network in bfloat16."""
    painter = Painter(anchored().config).eval()
    fused = FusedPainter(painter)
    fused.quick = True
    return painter, fused


@torch.inference_mode()
def test_grouped_pixels_are_those_of_the_tensors() -> None:
    painter, fused = both_quick()
    config = painter.config
    torch.manual_seed(0)
    planes, pixels = (
        torch.randn(2, 7, config.height, config.width),
        torch.randn(2, 3, config.height, config.width),
    )
    sketch = torch.randn(2, 3, config.height // 2, config.width // 2)
    inputs = fused.gathered(planes, sketch)
    found = fused.completed(inputs, pixels)
    expected = painter.completed(painter.gathered(planes, sketch), pixels)
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.float(), expected, atol=1e-5, rtol=0.004)


@torch.inference_mode()
def test_a_picture_is_composed_as_by_the_tensors() -> None:
    painter, fused = both_quick()
    config = painter.config
    torch.manual_seed(0)
    pose, past = torch.rand(2, 3) * 300.0, torch.rand(2, config.views, 3, config.height, config.width)
    canvas = painter.prepare(pose, past, pose[:, None].expand(-1, config.views, -1) + 3.0)
    out = torch.randn(2, 20, config.height // 2, config.width // 2).to(torch.bfloat16)
    surface, standing = canvas.surface, canvas.inverse_depth
    found = fused.composed(out, canvas, surface, standing)
    expected = painter.composed(out, canvas, surface, standing)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)
