"""Finding floors and ceilings in recorded depth, in a room whose walls are known."""

from __future__ import annotations

import dataclasses

import torch

from tests.training.test_planes import footage
from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.flats import Flats
from worldsdk.models.anchored.flats_loop import BLOCK
from worldsdk.models.interface import Variable
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.blocks import LEAST, find_blocks

VARIABLES = tuple(Variable(name, -10.0, 500.0) for name in ("x", "y", "heading", "vx", "vy"))


def found(seen: Footage, blocks: int, ceiling: float | None = None) -> Flats:
    flats = Flats(AnchoredConfig(24, 32, 1, VARIABLES, flats=blocks))
    find_blocks(flats, seen, footage(step=1.8, frames=1)[1], ceiling)
    return flats


def test_the_floor_of_a_room_is_found_and_nothing_beside_it() -> None:
    seen, _ = footage(step=1.8, frames=1200)
    flats = found(seen, 1000)
    columns, rows = (flats.block_of[0] >= 0).nonzero().unbind(1)
    x, y = (torch.stack([columns, rows]) * BLOCK + flats.origin[:, None]).unbind(0)
    # The room is 400 by 320; walls stand within the last blocks.
    assert float(x.min()) >= -BLOCK and float(x.max()) <= 400.0
    assert float(y.min()) >= -BLOCK and float(y.max()) <= 320.0
    assert len(x) > 0.8 * (400 / BLOCK) * (320 / BLOCK)
    # Each block once, and no ceiling where none was said to be.
    numbers = flats.block_of[flats.block_of >= 0]
    assert len(numbers.unique()) == len(numbers)
    assert not bool((flats.block_of[1] >= 0).any())


def test_there_are_no_more_blocks_than_there_is_room_for() -> None:
    flats = found(footage(step=1.8)[0], 30)
    numbers = flats.block_of[flats.block_of >= 0]
    assert sorted(numbers.tolist()) == list(range(30))


def test_where_nothing_was_seen_nothing_is_known() -> None:
    seen, _ = footage(step=1.8, frames=LEAST)
    far = dataclasses.replace(seen, layers={"depth": torch.full_like(seen.layers["depth"], 5000.0)})
    assert bool((found(far, 30).block_of == -1).all())
