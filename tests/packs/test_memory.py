"""What models must be reminded of: kept with the starts of a pack, and refused where it does not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.support import tiny_manifest, tiny_model, tiny_pack, tiny_starts
from worldsdk.errors import PackError
from worldsdk.models.interface import Context
from worldsdk.packs import open_pack, save_pack
from worldsdk.packs.tensors import check_context, context_tensors, read_context
from worldsdk.runtime.world import load

CONFIG = {"height": 12, "width": 16, "history": 3, "max_steps": 4, "things": 5}
SPEC = tiny_model(**CONFIG).spec
THINGS = tiny_starts(SPEC).memory["things"]


def test_memory_is_kept_with_the_starts_and_reaches_the_model(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "reminded", config=CONFIG)
    starts = open_pack(folder).load_starts(SPEC)
    assert list(starts.memory) == ["things"]
    assert torch.equal(starts.memory["things"], THINGS)
    world = load(folder, "cpu")
    for index in range(world.starts):
        state = world.first_moment(world.context(index)).state
        assert torch.equal(state["things"], THINGS[index : index + 1, -1])
    assert world.session(start=1).step({}).pixels.shape == (12, 16, 3)


def test_given_frames_come_with_the_memory_of_the_nearest_start(tmp_path: Path) -> None:
    world = load(tiny_pack(tmp_path / "reminded", config=CONFIG), "cpu")
    frames = world.context(2).pixels[0].numpy()
    for variables in (None, [1.0, 2.0, 3.0]):
        given = world._given_context(frames, variables)
        assert torch.equal(given.memory["things"], THINGS[2:3])
        assert world.session(frames=frames, variables=variables).step({}).tick == 1


def bad(memory: dict[str, Tensor]) -> Context:
    return replace(tiny_starts(SPEC), memory=memory)


@pytest.mark.parametrize(
    ("memory", "notice"),
    [
        ({}, r"lack the memory \['things'\]"),
        ({"things": THINGS, "sounds": THINGS}, r"have the memory \['sounds'\]"),
        ({"things": THINGS[..., :5]}, r"\(5, 5\) a frame"),
        ({"things": THINGS.double()}, "float64"),
        ({"things": THINGS[:, :2]}, r"float32 \[3, 3"),
        ({"things": THINGS[:2]}, r"float32 \[3, 3"),
        ({"things": THINGS / 0.0}, "NaN"),
    ],
)
def test_memory_that_does_not_fit_is_refused(memory: dict[str, Tensor], notice: str, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=notice):
        check_context(bad(memory), SPEC)
    manifest = tiny_manifest(config=CONFIG)
    extras = {"NOTICE": b"-"}
    try:
        folder = save_pack(tmp_path / "p", manifest, tiny_model(**CONFIG).state_dict(), bad(memory), extras)
    except PackError:
        assert not (tmp_path / "p").exists()
    else:
        with pytest.raises(PackError, match=notice):
            load(folder, "cpu")


def test_a_model_without_memory_takes_no_starts_with_it() -> None:
    with pytest.raises(PackError, match="needs none"):
        check_context(tiny_starts(SPEC), tiny_model().spec)


@pytest.mark.parametrize("name", ["memory.", "memories", "layer.things"])
def test_tensors_of_other_names_are_refused(name: str) -> None:
    with pytest.raises(PackError, match=r"memory\.NAME"):
        read_context({**context_tensors(tiny_starts(SPEC)), name: THINGS})


def test_a_lack_of_pictures_is_no_matter_of_memory() -> None:
    tensors = context_tensors(tiny_starts(SPEC))
    del tensors["pixels"]
    with pytest.raises(PackError, match="must hold exactly"):
        read_context(tensors)


def same(one: Context, other: Context) -> bool:
    mine, theirs = context_tensors(one), context_tensors(other)
    return list(mine) == list(theirs) and all(torch.equal(mine[name], theirs[name]) for name in mine)


@settings(deadline=None, max_examples=25)
@given(rows=st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_taking_and_joining_moments_takes_their_memory_along(rows: list[int]) -> None:
    starts = tiny_starts(SPEC)
    taken = starts.take(rows)
    assert len(taken) == len(rows)
    assert same(taken, Context.join([starts.select(row) for row in rows]))
    assert same(taken, read_context(context_tensors(taken)))
    assert same(taken, taken.to("cpu"))
    assert torch.equal(taken.memory["things"], THINGS[rows])
