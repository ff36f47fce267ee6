"""Obedience of worlds that are known to obey, to obey late, and not to: ceiling, delay and floor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation import toy_board
from tests.evaluation.toy_board import CONTROLS, HISTORY, BoardModel
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.likeness import distances
from worldsdk.evaluation.obedience import MOST_DELAY, correlation, delay, obedience
from worldsdk.evaluation.pose_error import pose_errors
from worldsdk.evaluation.reader import Reader
from worldsdk.evaluation.rollout import measure
from worldsdk.evaluation.tracks import Track, Tracker

HELD_OUT = toy_board.held_out(6, 120)


def tracks_of(model: BoardModel, reader: Reader) -> list[Track]:
    tracker = Tracker(reader)
    dreamer = ModelDreamer(model, 1)
    measure(dreamer, HELD_OUT, {}, [1, 16, 48], history=HISTORY, windows=24, watcher=tracker)
    return tracker.tracks


def obeyed(model: BoardModel, reader: Reader) -> dict[str, Any]:
    found = obedience(tracks_of(model, reader), CONTROLS, reader.pose)
    assert found is not None and found["windows"] == 24
    return found


def test_the_game_itself_reaches_the_ceiling(reader: Reader) -> None:
    found = obeyed(BoardModel(), reader)
    rows = [*found["controls"].values(), *found["motions"].values()]
    for row in rows:
        assert row["world"] == pytest.approx(row["ceiling"]) and abs(row["floor"]) < 0.2
        assert row["interval"]["low"] <= row["world"] <= row["interval"]["high"]
    assert found["controls"]["turn"]["share"] == pytest.approx(1.0)
    assert found["motions"]["step"]["share"] == pytest.approx(1.0)
    assert found["motions"]["step"]["error"] == pytest.approx(found["motions"]["step"]["error_real"])
    assert found["motions"]["turn"]["unit"] == "quarter turns a tick"
    assert found["controls"]["turn"]["delay"] == found["controls"]["turn"]["delay_real"] == 0


def test_a_late_world_is_found_late(reader: Reader) -> None:
    found = obeyed(BoardModel(late=3), reader)
    assert found["controls"]["turn"]["delay"] == 3 and found["controls"]["turn"]["delay_real"] == 0
    assert found["controls"]["turn"]["share"] < 0.3


def test_a_deaf_world_is_at_the_floor(reader: Reader) -> None:
    found = obeyed(BoardModel(deaf=True), reader)
    assert abs(found["controls"]["turn"]["share"]) < 0.25 and found["controls"]["turn"]["delay"] is None
    assert abs(found["motions"]["step"]["share"]) < 0.25
    assert abs(found["motions"]["step"]["gain"]) < 0.2 < found["motions"]["step"]["gain_real"]


def test_pose_errors_of_the_truth_and_of_standing_still(reader: Reader) -> None:
    assert reader.pose is not None
    found = pose_errors(tracks_of(BoardModel(), reader), reader.pose, [1, 16, 48])
    for quantity in ("place", "heading"):
        views = found[quantity]
        assert all(e["mean"] == 0.0 for e in views["own"].values())
        assert views["dreamt"] == views["real"]
        assert views["repeat"]["48"]["mean"] > 3.0 * views["real"]["48"]["mean"]
    still = pose_errors(tracks_of(BoardModel(deaf=True), reader), reader.pose, [16])
    assert still["place"]["own"] == still["place"]["repeat"]


def test_likeness_of_the_truth_and_of_standing_still(reader: Reader) -> None:
    right = distances(tracks_of(BoardModel(), reader), reader, [1, 16, 48])
    assert f"{reader.pairs} pairs of real frames" in right["network"]
    # One frame of 24 windows is too few, so the first span goes on to the next horizon.
    assert set(right["spans"]) == {"1-16", "17-48"}
    assert right["spans"]["1-16"]["frames"] == 24 * 16
    wrong = distances(tracks_of(BoardModel(deaf=True), reader), reader, [1, 16, 48])
    for span, row in right["spans"].items():
        assert row["distance"] == pytest.approx(0.0, abs=1e-6)
        assert wrong["spans"][span]["distance"] > row["real_against_real"]


def test_nothing_is_said_of_nothing(reader: Reader) -> None:
    assert obedience([], CONTROLS, None) is None
    assert distances([], reader, [1])["spans"] == {}
    assert correlation(np.ones(5), np.arange(5.0)) is None and correlation(np.ones(1), np.ones(1)) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, MOST_DELAY), st.integers(0, 2**31), st.floats(0.1, 5.0))
def test_any_delay_is_found(lag: int, seed: int, strength: float) -> None:
    generator = np.random.default_rng(seed)
    commands = [np.repeat(generator.integers(0, 2, 40), 4).astype(float) for _ in range(4)]
    answers = [strength * np.concatenate([np.zeros(lag), c])[: len(c)] for c in commands]
    assert delay(commands, answers) == lag
    assert delay(commands, [generator.normal(size=len(c)) for c in commands]) is None
