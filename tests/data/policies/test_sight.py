"""What the scripted players see: directions of things."""

from __future__ import annotations

import numpy as np
import pytest

from worldsdk.data.games.doom_spec import CLASSES, doom_controls
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.gunner import IN_LINE, Gunner
from worldsdk.data.policies.sight import direction

MONSTER = CLASSES.index("monster")
ARENA = doom_controls(attack=True, walks=False)


def labels(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Monsters at (top, bottom, left, right)."""
    layer = np.zeros((48, 64), np.uint8)
    for top, bottom, left, right in boxes:
        layer[top:bottom, left:right] = MONSTER
    return layer


def watch(layer: np.ndarray) -> Observation:
    return Observation(np.zeros((64, 64, 3), np.uint8), np.zeros(3, np.float32), {"labels": layer})


def test_directions_are_to_the_right_of_the_middle_and_of_the_nearest() -> None:
    assert direction(labels((20, 30, 31, 33)), (MONSTER,)) == pytest.approx(0.0, abs=1e-6)
    assert direction(labels((20, 30, 60, 64)), (MONSTER,)) == pytest.approx(42.2, abs=1.0)
    near_and_far = labels((22, 26, 5, 8), (18, 34, 50, 56))
    assert direction(near_and_far, (MONSTER,)) == pytest.approx(33.0, abs=2.0)
    assert direction(np.zeros((48, 64), np.uint8), (MONSTER,)) is None


def test_the_gunner_turns_to_a_monster_and_fires_only_in_line_with_it() -> None:
    fired, gunner = 0, Gunner(ARENA)
    gunner.reset(np.random.default_rng(1))
    for _ in range(200):
        controls = gunner.act(watch(labels((20, 30, 50, 54))))
        assert controls["turn"] > 0.0
        fired += controls["attack"] == 1.0
    assert fired < 20
    assert gunner.act(watch(labels((20, 30, 31, 33))))["attack"] == 1.0
    assert IN_LINE < 10.0


def test_the_gunner_plays_the_same_from_the_same_seed() -> None:
    runs, gunner = [], Gunner(ARENA)
    observation = watch(labels((20, 30, 8, 12)))
    for seed in (4, 4, 5):
        gunner.reset(np.random.default_rng(seed))
        runs.append([ARENA.to_vector(gunner.act(observation)).tolist() for _ in range(150)])
    assert runs[0] == runs[1] != runs[2]
