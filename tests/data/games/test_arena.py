"""The arena against the engine itself: what is recorded of it, and that its player plays it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from worldsdk.data.games.catalogue import habits, make_policy
from worldsdk.data.games.doom import DoomGame
from worldsdk.data.games.doom_spec import CLASSES
from worldsdk.data.games.game import Observation

pytest.importorskip("vizdoom")


@pytest.fixture(scope="module")
def arena() -> Iterator[DoomGame]:
    game = DoomGame("doom-arena")
    yield game
    game.close()


def play(game: DoomGame, kind: str, seed: int, ticks: int) -> list[Observation]:
    policy = make_policy(kind, "doom-arena", game)
    policy.reset(np.random.default_rng(seed))
    seen = [game.reset(seed)]
    for _ in range(ticks):
        seen.append(game.step(policy.act(seen[-1])))
        if seen[-1].ended:
            break
    return seen


def column(game: DoomGame, seen: list[Observation], name: str) -> np.ndarray:
    index = [variable.name for variable in game.info.variables].index(name)
    return np.array([observation.variables[index] for observation in seen])


def test_one_turns_and_shoots_and_no_more(arena: DoomGame) -> None:
    assert arena.info.controls.names == ("turn", "attack")
    assert [v.name for v in arena.info.variables][5:] == ["health", "ammo"]
    assert arena.info.settings["scenario"] == "defend_the_center"
    assert habits("doom-arena").width == 64


def test_a_shot_takes_a_round_and_a_turn_shows_in_the_heading(arena: DoomGame) -> None:
    before = arena.reset(1).variables
    for _ in range(30):
        after = arena.step(arena.info.controls.parse({"attack": 1.0, "turn": 4.0})).variables
    assert before[6] == 26.0
    assert 0 < before[6] - after[6] < 10
    assert abs((after[2] - before[2] + 120.0 + 180.0) % 360.0 - 180.0) < 0.2


def test_the_gunner_kills_and_chance_hardly_does(arena: DoomGame) -> None:
    scripted = [sum(o.reward for o in play(arena, "explore", seed, 450)) for seed in range(1)]
    chance = [sum(o.reward for o in play(arena, "random", seed, 450)) for seed in range(1)]
    assert min(scripted) > max(chance) + 3


def test_death_is_recorded_as_an_end_with_its_penalty(arena: DoomGame) -> None:
    arena.reset(2)
    rest = arena.info.controls.rest
    seen = [arena.step(rest)]
    while not seen[-1].ended and len(seen) < 2000:
        seen.append(arena.step(rest))
    assert seen[-1].ended and seen[-1].reward == -1.0 and not seen[-1].drawn
    health = column(arena, seen, "health")
    assert health[0] == 100.0 and health[-1] < 40.0


def test_monsters_are_labelled(arena: DoomGame) -> None:
    labels = {int(v) for o in play(arena, "explore", 3, 200) for v in np.unique(o.layers["labels"])}
    assert CLASSES.index("monster") in labels


def test_the_mixture_presses_everything(arena: DoomGame) -> None:
    policy = make_policy("mix", "doom-arena", arena)
    policy.reset(np.random.default_rng(5))
    seen, pressed = arena.reset(5), []
    for _ in range(400):
        controls = policy.act(seen)
        pressed.append((controls["turn"], controls["attack"]))
        seen = arena.step(controls)
        if seen.ended:
            seen = arena.reset(6)
    turns, attacks = np.array(pressed).T
    assert turns.min() < -2.0 and turns.max() > 2.0 and (turns == 0.0).any()
    assert 0.05 < attacks.mean() < 0.95
