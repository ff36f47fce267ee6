"""An agent that learns, in something small enough to learn in a moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")
pytest.importorskip("stable_baselines3")

from tests.data.toys import ToyGame  # noqa: E402
from worldsdk.client.gym.spaces import action_map  # noqa: E402
from worldsdk.client.gym.views import view  # noqa: E402
from worldsdk.client.gym.worlds import Tracked  # noqa: E402
from worldsdk.errors import EvaluationError  # noqa: E402
from worldsdk.evaluation.learners import LEAST_STEPS, GameEnv, compare, score  # noqa: E402

VARIABLES = (Tracked("x", 0.0, 1000.0, 0.0), Tracked("heading", 0.0, 360.0, 360.0))


def toy_env(life: int = 12) -> GameEnv:
    game = ToyGame(life=life)
    actions = action_map(game.info.controls, "discrete")
    return GameEnv(game, actions, view("state", 6, 8, VARIABLES, None), max_steps=10)


def test_the_game_is_an_environment_like_the_world() -> None:
    env = toy_env()
    seen, _ = env.reset(seed=3)
    assert env.observation_space.contains(seen)
    again, _ = toy_env().reset(seed=3)
    np.testing.assert_array_equal(seen, again)
    forward = next(i for i in range(env.action_space.n) if env._actions.controls(i) == {"forward": 1.0})
    rewards, over = [], []
    for _ in range(10):
        seen, reward, ended, cut, _ = env.step(forward)
        rewards.append(reward)
        over.append(ended or cut)
    assert rewards == [1.0] * 10 and over == [False] * 9 + [True]
    env.close()
    assert env.game.closed


def test_what_is_learnt_is_scored_beside_chance() -> None:
    made: list[str] = []

    def make(name: str) -> Any:
        made.append(name)
        return toy_env()

    found = compare(
        lambda: make("dream"),
        lambda: make("dream one"),
        lambda: make("real"),
        steps=1280,
        episodes=8,
        seed=1,
    )
    returns = found["returns"]
    assert found["frames"] == 1280 and made.count("real") == 2
    assert set(returns) == {"random", "dream_trained", "real_trained", "dream_trained_in_dream"}
    assert returns["dream_trained"]["mean"] > returns["random"]["mean"] + 0.5
    assert returns["random"]["count"] == 8


def test_chance_is_scored_the_same_each_time() -> None:
    assert score(toy_env(), None, 4, 2) == score(toy_env(), None, 4, 2)


@pytest.mark.parametrize(("steps", "episodes"), [(LEAST_STEPS - 1, 4), (LEAST_STEPS, 1)])
def test_too_little_to_learn_from_is_refused(steps: int, episodes: int) -> None:
    with pytest.raises(EvaluationError, match="too few"):
        compare(toy_env, toy_env, toy_env, steps=steps, episodes=episodes)
