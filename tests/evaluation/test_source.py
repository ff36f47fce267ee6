"""Held-out episodes from datasets, fitted to what the world needs or refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.evaluation.toy import CONTROLS, LAYERS, RATE_HZ, SIDE, Oracle, play
from worldsdk.controls import Control, ControlSpec
from worldsdk.data.format import DatasetInfo, LayerInfo
from worldsdk.data.reader import Dataset
from worldsdk.data.recorder import RecordPlan
from worldsdk.data.writer import DatasetWriter
from worldsdk.errors import DatasetError, RecordError
from worldsdk.evaluation.source import (
    HELD_OUT_SEED,
    frames_of,
    fresh_frames,
    freshly_recorded,
    from_dataset,
)
from worldsdk.models.interface import Variable

SPEC = Oracle().spec
LAYERS_OF_DREAMS = tuple(layer.name for layer in SPEC.layers)
INFO = DatasetInfo(
    game="toy",
    height=SIDE,
    width=SIDE,
    controls=CONTROLS,
    # In another order than the model has them, and with one that it does not know.
    variables=(Variable("y", 0, 1), Variable("health", 0, 9), Variable("x", 0, 16, "columns", 16.0)),
    layers=(LayerInfo("depth", "float16", (SIDE, SIDE), 0.0, 16.0, "columns"),),
    rate_hz=RATE_HZ,
    recorder={"seed": 5, "policy": "dice"},
)


def write(folder: Path, info: DatasetInfo = INFO, episodes: int = 6, ticks: int = 20) -> Dataset:
    played = [play(ticks, seed) for seed in range(episodes)]
    count = episodes * ticks
    arrays: dict[str, Any] = {
        name: np.zeros((count, *shape), dtype) for name, (dtype, shape) in info.tensor_shapes().items()
    }
    for number, episode in enumerate(played):
        rows = slice(number * ticks, (number + 1) * ticks)
        if arrays["pixels"].shape[1:] == episode.pixels.shape[1:]:
            arrays["pixels"][rows] = episode.pixels
        arrays["controls"][rows, :1] = episode.controls
        arrays["variables"][rows, -1] = episode.variables[:, 0]
        if "depth" in arrays:
            arrays["depth"][rows] = episode.layers["depth"]
        if "things" in arrays:
            arrays["things"][rows] = np.arange(ticks)[:, None, None] + 100 * number
        arrays["episode"][rows] = number
    DatasetWriter(folder, info).write(0, arrays, tuple(range(episodes)))
    return Dataset.open(folder, held_out=0.5)


def test_columns_are_matched_by_name(tmp_path: Path) -> None:
    heldout = from_dataset(write(tmp_path / "d"), SPEC, CONTROLS, "all")
    assert len(heldout.episodes) == 6 and heldout.frames == 120 and heldout.rate_hz == RATE_HZ
    for number, episode in enumerate(heldout.episodes):
        truth = play(20, number)
        assert np.array_equal(episode.pixels, truth.pixels)
        assert np.array_equal(episode.variables, truth.variables)
        assert np.array_equal(episode.controls, truth.controls)
        assert np.array_equal(episode.layers[LAYERS[0].name], truth.layers["depth"])
    assert heldout.source["seed"] == 5 and heldout.source["split"] == "all"
    assert sum(len(batch) for batch in frames_of(heldout.episodes, 7)) == 120


def test_only_the_held_out_part_is_taken(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d")
    expected = [e.id for e in dataset.split("held_out")]
    assert 0 < len(expected) < 6
    heldout = from_dataset(dataset, SPEC, CONTROLS)
    for number, episode in zip(expected, heldout.episodes, strict=True):
        assert np.array_equal(episode.pixels, play(20, number).pixels)


def test_an_empty_part_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "d")
    with pytest.raises(DatasetError, match="no episodes in its part 'held_out'"):
        from_dataset(Dataset.open(tmp_path / "d", held_out=0.0), SPEC, CONTROLS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"height": 8, "layers": ()}, "--size 16x16"),
        ({"controls": ControlSpec((Control("jump"),))}, "jump"),
        ({"controls": ControlSpec((Control("move", "axis", -4.0, 4.0),))}, "4.0"),
        ({"variables": (Variable("x", 0, 16),)}, r"has no \['y'\]"),
    ],
)
def test_a_dataset_of_something_else_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    dataset = write(tmp_path / "d", replace(INFO, **changes))
    with pytest.raises(DatasetError, match=message):
        from_dataset(dataset, SPEC, CONTROLS, "all")


def test_layers_that_were_not_recorded_are_left_out(tmp_path: Path) -> None:
    heldout = from_dataset(write(tmp_path / "d", replace(INFO, layers=())), SPEC, CONTROLS, "all")
    assert not heldout.episodes[0].layers


def test_fresh_play_has_seeds_of_its_own() -> None:
    plan = RecordPlan.usual("doom-field", seed=HELD_OUT_SEED, episode_ticks=100)
    assert fresh_frames(plan, 3) == 300
    assert HELD_OUT_SEED > 1_000_000_000


def test_an_unknown_game_cannot_be_played() -> None:
    with pytest.raises(RecordError), freshly_recorded("no-such-game", SPEC, CONTROLS, 2):
        pass


def test_what_the_world_starts_from_comes_with_the_windows(tmp_path: Path) -> None:
    info = replace(INFO, layers=(*INFO.layers, LayerInfo("things", "float32", (4, 6), 0.0, 9.0, "thing")))
    dataset = write(tmp_path, info)
    spec = replace(SPEC, memory={"things": (4, 6)})
    heldout = from_dataset(dataset, spec, CONTROLS, "all")
    assert set(heldout.episodes[0].layers) == set(LAYERS_OF_DREAMS)
    windows = heldout.gather([(0, 2), (1, 3)], 3, 2)
    things = windows.context.memory["things"]
    assert things.shape == (2, 3, 4, 6) and things.dtype == torch.float32
    wanted = [
        dataset.layers["things"][e.start + at :][:3]
        for e, at in zip(dataset.episodes[:2], (2, 3), strict=True)
    ]
    assert np.array_equal(things.numpy(), np.stack(wanted))
    assert set(windows.layers) == set(LAYERS_OF_DREAMS)


def test_play_without_what_the_world_starts_from_is_refused(tmp_path: Path) -> None:
    dataset = write(tmp_path)
    with pytest.raises(DatasetError, match=r"\['things'\].*record it again"):
        from_dataset(dataset, replace(SPEC, memory={"things": (4, 6)}), CONTROLS, "all")
    with pytest.raises(DatasetError, match=r"'depth' has .*\(1, 1\)"):
        from_dataset(dataset, replace(SPEC, memory={"depth": (1, 1)}), CONTROLS, "all")
