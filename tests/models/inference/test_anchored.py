"""What stands in for parts of the anchored family, against those parts."""

from __future__ import annotations

import pytest
import torch

from tests.models.samples import anchored
from worldsdk.models.anchored.motion import GROUND_CELLS, Motion
from worldsdk.models.anchored.place import Place
from worldsdk.models.inference.motion import QuickMotion
from worldsdk.models.inference.place import QuickPlace


def _poses(count: int, beyond: float = 0.0) -> torch.Tensor:
    """Anywhere in the world of ``samples.anchored``, and up to ``beyond`` units outside of it."""
    places = torch.rand(count, 2) * (512.0 + 2.0 * beyond) - beyond
    return torch.cat([places, torch.rand(count, 1) * 360.0], dim=1)


@torch.inference_mode()
@pytest.mark.parametrize("batch", [1, 200])
def test_the_same_steps_are_taken(batch: int) -> None:
    torch.manual_seed(5)
    motion = Motion(anchored().config).eval()
    for parameter in motion.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.2)
    # Ground that lies elsewhere than the walker half of the time.
    motion.ground.add_(torch.randint(0, 2, (1, GROUND_CELLS, GROUND_CELLS)) * 7.0)
    quick = QuickMotion(motion)
    poses = _poses(batch)
    poses[0] = torch.tensor([0.0, 512.0, 359.9])
    velocity, controls = torch.randn(batch, 2) * 6.0, torch.randn(batch, 5)
    velocity[-1], controls[-1] = 0.0, 0.0
    expected, found = motion(poses, velocity, controls), quick(poses, velocity, controls)
    for name, right, got in zip(("pose", "velocity"), expected, found, strict=True):
        assert got.dtype == torch.float32 and got.shape == right.shape
        # A point on the very border between two cells of ground may fall to the other side.
        wrong = ((got - right).abs() > 1e-3).any(1).float().mean()
        assert float(wrong) < 0.01, name


@torch.inference_mode()
def test_who_stands_still_stays_exactly_there() -> None:
    quick = QuickMotion(anchored().motion)
    pose = torch.tensor([[123.4, 321.1, 45.6]])
    moved, velocity = quick(pose, torch.zeros(1, 2), torch.zeros(1, 5))
    assert torch.equal(moved, pose) and torch.equal(velocity, torch.zeros(1, 2))


@torch.inference_mode()
@pytest.mark.parametrize("batch", [1, 3])
def test_the_same_place_is_recalled(batch: int) -> None:
    torch.manual_seed(6)
    place = Place(anchored().config).eval()
    place.map.mul_(20.0)
    quick = QuickPlace(place)
    for beyond in (0.0, 200.0):  # from well outside, lines of sight leave the map
        poses = _poses(batch, beyond)
        expected, found = place(poses), quick(poses)
        for name, right in vars(expected).items():
            got = getattr(found, name)
            assert got.shape == right.shape, name
            error = (got.float() - right).abs()
            assert float(error.mean()) < 0.02 * float(right.abs().mean()), name
            assert float(error.max()) < 0.1 * float(right.abs().max()), name
