"""Memory of surfaces: sharp where it has room, shared where it has not, still where nothing moves."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.models.samples import anchored
from worldsdk.models.anchored import AnchoredConfig
from worldsdk.models.anchored.texture import CELL_FEATURES, GAIN, HINTS, Texture


def texture(cells: tuple[float, ...], slots: tuple[int, ...]) -> Texture:
    torch.manual_seed(0)
    config = dataclasses.replace(anchored().config, texture_cells=cells, texture_log2_slots=slots)
    return Texture(config)


@torch.inference_mode()
def test_between_cells_values_are_mixed_linearly() -> None:
    memory = texture((10.0,), (12,))
    at = torch.tensor([[20.0, 30.0, 40.0], [30.0, 30.0, 40.0], [25.0, 30.0, 40.0]])
    first, second, middle = memory.recall(at)[0]
    torch.testing.assert_close(middle, (first + second) / 2)


@torch.inference_mode()
def test_a_cell_is_found_again_and_only_its_surroundings_see_it() -> None:
    memory = texture((8.0,), (16,))
    spot = torch.tensor([[-64.0, 128.0, 16.0]])
    far = spot + torch.tensor([[0.0, 80.0, 0.0]])
    before_far = memory.recall(far).clone()
    found = memory.recall(spot)[0, 0] / GAIN
    slot = (memory.table - found).abs().sum(1).argmin()
    memory.table[slot] += 1.0
    torch.testing.assert_close(memory.recall(spot)[0, 0], (found + 1.0) * GAIN)
    assert torch.equal(memory.recall(far), before_far)


@torch.inference_mode()
def test_fine_cells_do_not_show_in_pixels_that_cover_many() -> None:
    memory = texture((64.0, 2.0), (8, 8))
    points, depth = torch.rand(50, 3) * 400, torch.full((50,), 100.0)
    wide = torch.full((50,), 40.0)
    before = memory(points, wide, depth)
    memory.table[2**8 :] += 1.0  # the finer level
    torch.testing.assert_close(memory(points, wide, depth), before)
    near = torch.full((50,), 0.5)
    assert (memory(points, near, depth) - before).abs().max() > 1e-3


def test_the_compiled_loop_finds_what_the_tensors_find() -> None:
    torch.manual_seed(0)
    memory = Texture(anchored().config)
    points = torch.randn(500, 3) * 400.0
    slow = memory.recall(points)
    with torch.no_grad():
        fast = memory.recall(points)
    torch.testing.assert_close(fast, slow.detach(), atol=2e-3, rtol=1e-2)


def test_a_surface_is_learnt_pixel_by_pixel() -> None:
    """A checkerboard of 8 units is told from its average after a few hundred steps."""
    memory = texture((32.0, 8.0, 4.0), (12, 14, 16))
    optimiser = torch.optim.Adam(memory.parameters(), lr=3e-3)
    draw = torch.Generator().manual_seed(1)

    def wall(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        points = torch.rand((count, 3), generator=draw) * 128.0
        points[:, 0] = 64.0
        dark = ((points[:, 1] // 8 + points[:, 2] // 8) % 2)[:, None]
        return points, (dark * 2.0 - 1.0).expand(-1, 3)

    for _ in range(150):
        points, colour = wall(512)
        seen = memory(points, torch.ones(512), torch.full((512,), 90.0))
        assert seen.shape == (512, 3 + HINTS)
        loss = (seen[:, :3] - colour).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.7  # the average of a checkerboard is off by 1


def test_levels_must_match() -> None:
    config = anchored().config.to_json()
    with pytest.raises(ValueError, match="same levels"):
        AnchoredConfig.from_json({**config, "texture_cells": [8.0], "texture_log2_slots": [8, 9]})
    with pytest.raises(ValueError, match="tile, walls and flats must be"):
        AnchoredConfig.from_json({**config, "tile": -1})
    assert CELL_FEATURES == 4  # the fused loop is unrolled for it
