"""Rewards and ends foretold: full marks for the game itself, none for shuffled play, alarms counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.evaluation.toy import RATE_HZ, VARIABLES, Oracle, play
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.happenings import Kinds, Score, foretold, happenings_lines
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.models.interface import Condition, Output, State

GAIN, LOSS, END = 0, 8, 4
"""Columns of the ring: stepping onto them pays five, costs three, ends the episode. Each tick pays one."""


def _episode(seed: int) -> Episode | None:
    """The toy's play up to its first step onto the column that ends it."""
    whole = play(300, seed)
    x = whole.variables[:, 0].astype(int)
    moved = np.diff(x, prepend=x[0]) != 0
    reward = np.where(moved & (x == GAIN), 5.0, np.where(moved & (x == LOSS), -3.0, 1.0)).astype(np.float32)
    ends = np.nonzero(moved & (x == END))[0]
    if len(ends) == 0 or ends[0] < 12:
        return None
    stop = ends[0] + 1
    ended = np.zeros(stop, np.uint8)
    ended[-1] = 1
    return Episode(
        whole.pixels[:stop],
        whole.controls[:stop],
        whole.variables[:stop],
        reward=reward[:stop],
        ended=ended,
    )


EPISODES = [episode for seed in range(60) if (episode := _episode(seed)) is not None]
HELD_OUT = HeldOut(EPISODES, VARIABLES, RATE_HZ, {})


class Paying(Oracle):
    """Knows what the game pays and when it ends."""

    def condition(self, state: State, controls: torch.Tensor) -> Condition:
        return dict(super().condition(state, controls)) | {"before": state["x"]}

    def commit(self, state: State, condition: Condition, estimate: torch.Tensor) -> tuple[State, Output]:
        state, output = super().commit(state, condition, estimate)
        x = condition["x"]
        moved = x != condition["before"]
        reward = 1.0 + 4.0 * (moved & (x == GAIN)) - 4.0 * (moved & (x == LOSS))
        return state, replace(output, reward=reward, ended=0.9 * (moved & (x == END)))


class Generous(Paying):
    """Pays five at every tick, and never ends."""

    def commit(self, state: State, condition: Condition, estimate: torch.Tensor) -> tuple[State, Output]:
        state, output = super().commit(state, condition, estimate)
        return state, replace(output, reward=torch.full_like(output.reward, 5.0), ended=output.ended * 0.0)


def scores(model: Oracle, held_out: HeldOut = HELD_OUT, **how: Any) -> dict[str, Score]:
    return foretold(
        ModelDreamer(model, 1),
        held_out,
        windows=how.get("windows", 1000),
        batch=7,
        begin=lambda name, total: lambda count: None,
    )


def test_the_game_itself_has_full_marks() -> None:
    found = scores(Paying())
    assert set(found) == {"gain", "loss", "end"}
    for score in found.values():
        assert score.found == 1.0
        assert score.right == 1.0
        assert score.f1 == 1.0
    assert found["end"].events == len([e for e in EPISODES if len(e) > 4])


def test_a_world_that_pays_always_finds_all_and_is_seldom_right() -> None:
    found = scores(Generous())
    gains = quiet = 0
    for episode in EPISODES:
        assert episode.reward is not None
        gains += sum(reward == 5.0 for reward in episode.reward[4:-2].tolist())
        eventful = (episode.reward != 1.0) | (np.arange(len(episode)) == len(episode) - 1)
        quiet += sum(not eventful[at : at + 5].any() for at in range(2, len(episode) - 4))
    assert found["gain"].events == gains
    assert found["gain"].found == 1.0
    assert found["gain"].right == pytest.approx(gains / (gains + quiet / 5.0))
    assert (found["end"].found, found["end"].right, found["end"].f1) == (0.0, None, 0.0)


def test_a_world_that_pays_nothing_finds_nothing() -> None:
    assert {score.f1 for score in scores(Oracle()).values()} >= {0.0}
    assert scores(Oracle())["gain"].found == 0.0


def test_shuffled_play_is_foretold_no_better_than_chance() -> None:
    draw = np.random.default_rng(0)
    shuffled = [replace(e, reward=draw.permutation(e.reward)) for e in EPISODES if e.reward is not None]
    assert scores(Paying(), replace(HELD_OUT, episodes=shuffled))["gain"].f1 < 0.5


def test_fewer_windows_estimate_the_same() -> None:
    few, all_of_them = scores(Generous(), windows=40), scores(Generous())
    assert few["gain"].events == all_of_them["gain"].events
    assert few["gain"].right == pytest.approx(all_of_them["gain"].right, rel=0.1)


def test_where_nothing_is_known_nothing_is_told() -> None:
    assert (
        scores(Paying(), replace(HELD_OUT, episodes=[replace(e, reward=None, ended=None) for e in EPISODES]))
        == {}
    )


def test_a_steady_reward_is_no_happening() -> None:
    kinds = Kinds([replace(EPISODES[0], reward=np.ones(len(EPISODES[0]), np.float32))])
    happened = kinds.happened(np.array([1.0, 9.0], np.float32), np.array([0.2, 0.7]))
    assert not happened["gain"].any()
    assert happened["end"].tolist() == [False, True]


def test_the_card_says_it() -> None:
    lines = happenings_lines({"gain": Score(12, 0.75, 0.5).to_json(), "end": Score(3, 0.0, None).to_json()})
    assert "| reward above the usual | 12 | 75 % | 50 % | 0.60 |" in lines
    assert "| end of the episode | 3 | 0 % | none dreamt | 0.00 |" in lines
