"""Rows of a game that runs elsewhere, as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from worldsdk.data.format import DatasetInfo
from worldsdk.data.live import SHARD_BYTES, SHARD_ROWS, LiveDataset, live_info, row_bytes
from worldsdk.data.reader import Dataset
from worldsdk.errors import ControlError, DatasetError, RecordError
from worldsdk.protocol.recording.messages import Begin, Row

WIDTH, HEIGHT = 16, 8


def control(name: str, **more: Any) -> dict[str, Any]:
    plain = {"kind": "button", "low": 0.0, "high": 1.0, "values": None, "unit": "", "keys": {}, "pad": {}}
    return {"name": name, **plain, "mouse": None, "help": "", **more}


def begin(**changes: Any) -> Begin:
    fields: dict[str, Any] = {
        "v": (0, 0),
        "game": "garden",
        "size": (WIDTH, HEIGHT),
        "rate": 30.0,
        "controls": (control("jump"), control("turn", kind="axis", low=-4.0, high=4.0)),
        "variables": ({"name": "x", "low": -5.0, "high": 5.0, "unit": "m", "period": None},),
        "layers": ({"name": "depth", "dtype": "float16", "shape": (HEIGHT, WIDTH), "low": 0.0, "high": 9.0},),
    }
    return Begin(**{**fields, **changes})


def small(shard: int = 8, **changes: Any) -> DatasetInfo:
    return DatasetInfo(**{**vars(live_info(begin(**changes), {"worldsdk": "0"})), "shard_frames": shard})


def row(seq: int, episode: int = 0, **changes: Any) -> Row:
    fields: dict[str, Any] = {
        "pixels": bytes([seq % 256]) * (WIDTH * HEIGHT * 3),
        "controls": {"jump": 1.0, "turn": -2.0},
        "variables": {"x": seq % 400 / 100},
        "layers": {"depth": np.full((HEIGHT, WIDTH), seq / 10, "<f2").tobytes()},
        "reward": 1.0,
    }
    return Row(seq=seq, episode=episode, **{**fields, **changes})


def test_rows_become_a_dataset(tmp_path: Path) -> None:
    live = LiveDataset(tmp_path / "set", small())
    for seq in range(1, 6):
        live.add(row(seq, seed=7 if seq == 1 else 0, ended=seq == 5))
    for seq in range(6, 9):
        live.add(row(seq, episode=3))
    assert live.full and live.progress.waiting == 8
    assert live.flush() == 8
    assert (live.progress.frames, live.progress.waiting, live.progress.episodes) == (8, 0, 2)
    data = Dataset.open(tmp_path / "set", verify="sha256")
    assert [(e.start, e.stop, e.seed) for e in data.episodes] == [(0, 5, 7), (5, 8, 0)]
    assert data.pixels[2].tolist() == np.full((HEIGHT, WIDTH, 3), 3).tolist()
    # Of an episode's first row controls and reward do not count; an axis is divided by its range.
    assert data.controls[:].tolist() == [[0, 0], *[[1, -0.5]] * 4, [0, 0], *[[1, -0.5]] * 2]
    assert data.reward[:].tolist() == [0, 1, 1, 1, 1, 0, 1, 1]
    assert data.ended[:].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    assert np.allclose(data.variables[:][:, 0], np.arange(1, 9) / 100)
    assert np.allclose(data.layers["depth"][3], 0.4, atol=1e-3)
    assert data.info.layers[0].dtype == "float16" and data.info.rate_hz == 30.0
    assert data.info.controls.names == ("jump", "turn")


def test_an_episode_that_outlives_a_shard_is_cut_there(tmp_path: Path) -> None:
    live = LiveDataset(tmp_path, small(shard=4))
    for seq in range(1, 11):
        if live.full:
            live.flush()
        live.add(row(seq))
    live.flush()
    data = Dataset.open(tmp_path)
    assert [len(e) for e in data.episodes] == [4, 4, 2]
    assert len({e.id for e in data.episodes}) == 3


def test_resuming_adds_shards_and_refuses_another_game(tmp_path: Path) -> None:
    for _ in range(2):
        live = LiveDataset(tmp_path, small(), resume=True)
        live.add(row(1))
        live.add(row(2))
        live.flush()
    data = Dataset.open(tmp_path)
    assert len(data) == 4 and len({e.id for e in data.episodes}) == 2
    with pytest.raises(DatasetError, match="there is a dataset already"):
        LiveDataset(tmp_path, small())
    with pytest.raises(DatasetError, match="another rate_hz"):
        LiveDataset(tmp_path, small(rate=60.0), resume=True)


def test_a_row_alone_is_no_episode(tmp_path: Path) -> None:
    live = LiveDataset(tmp_path, small())
    live.add(row(1))
    live.add(row(2, episode=1))
    live.cut()
    live.add(row(1))
    live.add(row(2))
    assert live.flush() == 2
    live.add(row(3))
    assert live.flush() == 0
    assert [len(e) for e in Dataset.open(tmp_path).episodes] == [2]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"pixels": b"short"}, "has 5 bytes"),
        ({"variables": {}}, "variable 'x': is missing"),
        ({"variables": {"x": 6.0}}, "variable 'x': is 6"),
        ({"layers": {}}, "depth: is missing"),
        ({"layers": {"depth": np.full((HEIGHT, WIDTH), np.inf, "<f2").tobytes()}}, "not finite"),
        ({"dropped": 3}, "3 ticks before it were dropped"),
        ({"episode": -1}, "comes after"),
    ],
)
def test_a_row_that_is_not_as_announced_is_refused_and_leaves_nothing(
    tmp_path: Path, changes: dict[str, Any], what: str
) -> None:
    live = LiveDataset(tmp_path, small())
    live.add(row(1))
    with pytest.raises(RecordError, match=what):
        live.add(row(2, **changes) if "episode" not in changes else row(2, -1))
    live.add(row(2))
    assert live.flush() == 2


def test_controls_are_checked_even_where_they_do_not_count(tmp_path: Path) -> None:
    live = LiveDataset(tmp_path, small())
    with pytest.raises(ControlError, match="no control 'fly'"):
        live.add(row(1, controls={"fly": 1.0}))
    with pytest.raises(ControlError, match="-9"):
        live.add(row(1, controls={"turn": -9.0}))


def test_nothing_follows_an_end(tmp_path: Path) -> None:
    live = LiveDataset(tmp_path, small())
    live.add(row(1))
    live.add(row(2, ended=True))
    with pytest.raises(RecordError, match="has ended"):
        live.add(row(3))
    live.add(row(3, episode=1))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"controls": (control("a"), control("a"))}, "named twice"),
        ({"controls": (control("a", low=1.0),)}, "0 inside"),
        ({"variables": ({"name": "x", "low": 1.0, "high": 1.0},)}, "low less than high"),
        ({"layers": ({"name": "pixels", "dtype": "uint8", "shape": (1,), "low": 0, "high": 1},)}, "taken"),
        ({"layers": ({"name": "l", "dtype": "float32", "shape": (4096, 4096), "low": 0, "high": 1},)}, "row"),
        ({"settings": {"seed": b"x"}}, "plain JSON"),
    ],
)
def test_an_announcement_that_contradicts_itself(changes: dict[str, Any], what: str) -> None:
    from worldsdk.errors import WorldSDKError

    with pytest.raises(WorldSDKError, match=what):
        live_info(begin(**changes), {})


def test_shards_stay_within_memory() -> None:
    assert live_info(begin(), {}).shard_frames == SHARD_ROWS
    large = live_info(begin(size=(1024, 768), layers=()), {})
    assert 2 <= large.shard_frames < SHARD_ROWS
    assert large.shard_frames * row_bytes(large) <= SHARD_BYTES
