from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.controls import Controls
from worldsdk.data.games.doom_spec import doom_controls
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.policy import Policy
from worldsdk.data.policies.sticky import StickyRandom
from worldsdk.data.policies.walker import Explorer, Mix, Wanderer

SPEC = doom_controls(attack=True)
MAKERS: dict[str, Callable[[], Policy]] = {
    "explorer": lambda: Explorer(SPEC, seek=(2,)),
    "wanderer": lambda: Wanderer(SPEC),
    "mix": lambda: Mix(Explorer(SPEC, seek=(2,)), Wanderer(SPEC)),
    "sticky": lambda: StickyRandom(SPEC),
}


def view(depth: np.ndarray, medkit: int | None = None) -> Observation:
    """What stands before columns of these depths, perhaps with a medkit in one of them."""
    labels = np.zeros((48, 64), np.uint8)
    if medkit is not None:
        labels[30:34, medkit] = 2
    return Observation(
        np.zeros((48, 64, 3), np.uint8),
        np.zeros(6, np.float32),
        {"depth": np.broadcast_to(depth.astype(np.float16), (48, 64)), "labels": labels},
    )


OPEN = view(np.full(64, 500.0))
WALL = view(np.full(64, 20.0))


def play(policy: Policy, observation: Observation, ticks: int, seed: int) -> list[Controls]:
    policy.reset(np.random.default_rng(seed))
    return [policy.act(observation) for _ in range(ticks)]


@pytest.mark.parametrize("name", MAKERS)
@given(seed=st.integers(0, 1000))
def test_controls_are_valid_and_repeat_with_the_seed(name: str, seed: int) -> None:
    policy = MAKERS[name]()
    first = play(policy, OPEN, 60, seed)
    assert [SPEC.parse(controls) for controls in first] == first
    assert play(policy, OPEN, 60, seed) == first
    assert play(MAKERS[name](), OPEN, 60, seed) == first


@pytest.mark.parametrize("name", MAKERS)
def test_another_seed_plays_otherwise(name: str) -> None:
    assert play(MAKERS[name](), OPEN, 60, 1) != play(MAKERS[name](), OPEN, 60, 2)


def test_the_explorer_walks_in_the_open_and_not_into_walls() -> None:
    free = [play(Explorer(SPEC), OPEN, 200, seed) for seed in range(10)]
    assert np.mean([c["forward"] for run in free for c in run]) > 0.7
    stuck = [play(Explorer(SPEC), WALL, 50, seed) for seed in range(10)]
    assert not any(c["forward"] for run in stuck for c in run)
    assert np.mean([abs(c["turn"]) > 0 for run in stuck for c in run]) > 0.7


@pytest.mark.parametrize("side", [1, -1])
def test_the_explorer_turns_to_the_open_side(side: int) -> None:
    depth = np.full(64, 30.0)
    depth[48:] = 600.0
    scene = view(depth[::side])
    turned = [sum(c["turn"] for c in play(Explorer(SPEC), scene, 6, seed)) * side for seed in range(30)]
    assert np.mean([turn > 0 for turn in turned]) > 0.9


def test_the_explorer_often_goes_to_a_medkit() -> None:
    scene = view(np.full(64, 500.0), medkit=60)
    seeking = [sum(c["turn"] for c in play(Explorer(SPEC, seek=(2,)), scene, 6, seed)) for seed in range(200)]
    blind = [sum(c["turn"] for c in play(Explorer(SPEC), scene, 6, seed)) for seed in range(200)]
    assert np.mean(seeking) > np.mean(blind) + 3.0


def test_the_wanderer_does_all_that_players_do() -> None:
    kinds: Counter[str] = Counter()
    for controls in play(Wanderer(doom_controls(attack=False)), WALL, 20_000, 3):
        walk = "+".join(name for name in ("forward", "back", "left", "right") if controls[name]) or "still"
        turn = controls["turn"]
        how = "straight" if turn == 0 else "key" if abs(turn) == 4 else "fast" if abs(turn) > 4 else "slow"
        kinds[f"{walk} {how}"] += 1
    for kind in (
        "still straight",
        "still key",
        "still fast",
        "still slow",
        "forward straight",
        "forward key",
        "forward slow",
        "left straight",
        "right straight",
        "forward+left straight",
        "forward+right straight",
        "back straight",
    ):
        assert kinds[kind] > 100, kind


def test_what_is_held_is_held_for_a_while() -> None:
    for name, maker in MAKERS.items():
        run = play(maker(), OPEN, 3000, 5)
        changes = sum(a["forward"] != b["forward"] for a, b in pairwise(run))
        assert changes < 3000 / 8, name


def test_the_mix_gives_each_its_share() -> None:
    class Names(Wanderer):
        count = 0

        def act(self, observation: Observation) -> Controls:
            type(self).count += 1
            return super().act(observation)

    play(Mix(Explorer(SPEC), Names(SPEC), share=0.75), OPEN, 40_000, 0)
    assert 0.17 < Names.count / 40_000 < 0.33
