"""What objectives share."""

from __future__ import annotations

import torch

from worldsdk.training.objectives.objective import noise_levels

CPU = torch.device("cpu")


def test_frames_that_an_unroll_goes_on_from_are_drawn_as_in_play() -> None:
    noise = torch.Generator().manual_seed(0)
    before = noise.get_state()
    assert torch.equal(noise_levels(64, 0.5, noise, CPU, last=False), torch.ones(64))
    assert torch.equal(noise.get_state(), before)


def test_some_of_the_last_ones_are_refined() -> None:
    noise = torch.Generator().manual_seed(0)
    levels = noise_levels(10_000, 0.3, noise, CPU, last=True)
    refined = levels[levels < 1.0]
    assert 0.28 < len(refined) / 10_000 < 0.32
    assert float(refined.min()) >= 0.0 and 0.55 < float(refined.max()) < 0.6
    assert bool((noise_levels(100, 0.0, noise, CPU, last=True) == 1.0).all())
