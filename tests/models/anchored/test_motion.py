"""How the walker moves: keeps to the ground that was walked on, and learns without exploding."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.samples import anchored
from worldsdk.models.anchored.motion import GROUND_CELLS, survey

LOW, HIGH = (0.0, 0.0), (512.0, 512.0)


def room(draw: np.random.Generator) -> np.ndarray:
    """Steps inside the square 100..200 x 300..400."""
    return (draw.random((20_000, 2)) * 100.0 + [100.0, 300.0]).astype(np.float32)


def test_walked_ground_is_left_alone_and_gaps_of_chance_are_filled() -> None:
    nearest = survey(room(np.random.default_rng(0)), LOW, HIGH)
    assert nearest.shape == (2, GROUND_CELLS, GROUND_CELLS)
    ground = (nearest == anchored().motion.ground).all(0)
    cell = 512.0 / GROUND_CELLS
    rows, columns = (
        slice(int(300 / cell) + 1, int(400 / cell) - 1),
        slice(int(100 / cell) + 1, int(200 / cell) - 1),
    )
    assert bool(ground[rows, columns].all())
    assert int(ground.sum()) < 1.2 * (100 / cell + 1) ** 2


@settings(max_examples=40, deadline=None)
@given(x=st.floats(0.0, 512.0), y=st.floats(0.0, 512.0), seed=st.integers(0, 1000))
@torch.inference_mode()
def test_nobody_stands_where_nobody_ever_walked(x: float, y: float, seed: int) -> None:
    motion = anchored().motion
    motion.ground.copy_(survey(room(np.random.default_rng(0)), LOW, HIGH))
    torch.manual_seed(seed)
    motion.thrust.weight.normal_(std=10.0)
    pose, velocity = torch.tensor([[x, y, 30.0]]), torch.zeros(1, 2)
    for _ in range(6):
        pose, velocity = motion(pose, velocity, torch.rand(1, 5) * 2.0 - 1.0)
        cell = 512.0 / GROUND_CELLS
        assert 100.0 - cell <= float(pose[0, 0]) <= 200.0 + cell
        assert 300.0 - cell <= float(pose[0, 1]) <= 400.0 + cell


def test_gradients_through_a_long_walk_stay_small() -> None:
    """Sixteen ticks through walls that push back hard: through what is felt, this used to explode."""
    motion = anchored().motion
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in motion.correct.parameters():
            parameter.mul_(4.0).add_(torch.randn_like(parameter) * 0.3)
    pose, velocity = torch.rand(8, 3) * 400.0, torch.randn(8, 2) * 8.0
    for _ in range(16):
        pose, velocity = motion(pose, velocity, torch.rand(8, 5))
    (pose[:, :2].mean() + velocity.mean()).backward()
    norms = [float(p.grad.norm()) for p in motion.parameters() if p.grad is not None]
    assert max(norms) < 1e5
    assert bool((velocity.abs() <= 16.0).all())
