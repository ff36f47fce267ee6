"""The remembered ground: where its texels come to lie in a picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.models.samples import driven
from worldsdk.models.convnet import OverheadModel
from worldsdk.models.convnet.ground import Ground
from worldsdk.models.convnet.ground_loop import throw_back


def pose(x: float, y: float, heading: float) -> Tensor:
    return torch.tensor([[x, y, heading]])


def painted(x: float, y: float, radius: float = 0.6) -> Ground:
    """Black ground with one white spot."""
    ground = driven().ground
    rows, columns = ground.texels.shape[:2]
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    texel = ground.config.texel
    off_x = (column + 0.5) * texel + ground.origin[0] - x
    off_y = (row + 0.5) * texel + ground.origin[1] - y
    ground.texels.copy_((torch.hypot(off_x, off_y) < radius)[..., None].expand(-1, -1, 3) * 255)
    return ground


def middle(picture: Tensor) -> tuple[float, float]:
    """Row and column of the middle of what is light in [3, H, W]."""
    light = picture.mean(0) + 1.0
    rows, columns = torch.arange(light.shape[0]) + 0.5, torch.arange(light.shape[1]) + 0.5
    total = light.sum()
    return float((light.sum(1) * rows).sum() / total), float((light.sum(0) * columns).sum() / total)


@pytest.mark.parametrize("heading", [0.0, 0.5, math.pi / 2.0, -2.5])
def test_what_is_ahead_is_above_and_what_is_left_is_left(heading: float) -> None:
    x, y = 20.0, 3.0
    ahead, left = 2.0, 1.5
    cos, sin = math.cos(heading), math.sin(heading)
    ground = painted(x + cos * ahead - sin * left, y + sin * ahead + cos * left)
    row, column = middle(ground.view(pose(x, y, heading))[0])
    # A pixel is half a metre; x and y are in the middle, three quarters down.
    assert row == pytest.approx(12.0 - ahead * 2.0, abs=0.25)
    assert column == pytest.approx(12.0 - left * 2.0, abs=0.25)


def test_under_is_the_ground_at_points_that_go_along() -> None:
    heading = 0.7
    cos, sin = math.cos(heading), math.sin(heading)
    # The second point: one metre ahead, half a metre to the left.
    ground = painted(20.0 + cos - 0.5 * sin, 3.0 + sin + 0.5 * cos, radius=0.8)
    colours = ground.under(pose(20.0, 3.0, heading)).view(2, 3)
    assert float(colours[1].mean()) > 0.9
    assert float(colours[0].mean()) < 0.9


def test_beyond_the_border_lies_more_of_the_border() -> None:
    ground = driven().ground
    ground.texels.fill_(0)
    ground.texels[0] = 255
    seen = ground.view(pose(20.0, -2000.0, 0.0))
    assert torch.equal(seen, torch.ones_like(seen))


def test_other_devices_see_what_the_loop_sees() -> None:
    ground = driven().ground
    poses = torch.tensor([[5.0, 3.0, 0.3], [33.0, -11.0, -2.0]])
    gathered = ground._gather(ground.grid(poses)).movedim(-1, 1) / 127.5 - 1.0
    # A sample on the border of two texels may be rounded to either.
    assert float((gathered - ground.view(poses)).abs().mean()) < 0.01


def test_what_is_thrown_back_is_what_was_seen() -> None:
    ground = driven().ground
    ground.texels.zero_()
    ground.texels[: len(ground.texels) // 2] = 200
    poses = torch.tensor([[20.0, 0.0, 0.4]])
    picture = (ground.view(poses).movedim(1, -1) + 1.0) * 127.5
    sums, counts = np.zeros(ground.texels.shape, np.float32), np.zeros(ground.texels.shape[:2], np.float32)
    usable = np.ones((ground.height, ground.width), np.bool_)
    throw_back(
        ground.poses_to_loop(poses),
        picture.contiguous().numpy(),
        usable,
        ground.right.numpy(),
        ground.ahead.numpy(),
        sums,
        counts,
    )
    assert counts.sum() == usable.size * ground.config.samples**2
    means = (sums / np.maximum(counts, 1.0)[..., None])[counts > 0]
    truth = ground.texels.numpy()[counts > 0]
    assert np.abs(means - truth).mean() < 6.0


def test_distance_is_interpolated() -> None:
    model: OverheadModel = driven()
    model.ground.away.copy_(torch.arange(41.0).expand(41, -1))
    assert float(model.ground.distance(pose(12.25, 3.0, 1.0))) == pytest.approx(12.25, abs=1e-3)
