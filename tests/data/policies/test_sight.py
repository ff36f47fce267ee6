"""What the scripted players see: directions of things, and the road."""

from __future__ import annotations

import numpy as np
import pytest

from worldsdk.controls import ControlSpec
from worldsdk.data.games.cars import _CONTROLS
from worldsdk.data.games.doom_spec import CLASSES, doom_controls
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.driver import Driver, road_ahead
from worldsdk.data.policies.gunner import IN_LINE, Gunner
from worldsdk.data.policies.policy import Policy
from worldsdk.data.policies.sight import direction

MONSTER = CLASSES.index("monster")
ARENA = doom_controls(attack=True, walks=False)


def labels(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Monsters at (top, bottom, left, right)."""
    layer = np.zeros((48, 64), np.uint8)
    for top, bottom, left, right in boxes:
        layer[top:bottom, left:right] = MONSTER
    return layer


def watch(
    pixels: np.ndarray | None = None, layer: np.ndarray | None = None, speed: float = 0.0
) -> Observation:
    layers = {} if layer is None else {"labels": layer}
    picture = np.zeros((64, 64, 3), np.uint8) if pixels is None else pixels
    return Observation(picture, np.array([speed, 0.0, 0.0], np.float32), layers)


def road(left: int, right: int) -> np.ndarray:
    picture = np.full((64, 64, 3), (100, 200, 100), np.uint8)
    picture[:, left:right] = 104
    return picture


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
        controls = gunner.act(watch(layer=labels((20, 30, 50, 54))))
        assert controls["turn"] > 0.0
        fired += controls["attack"] == 1.0
    assert fired < 20
    assert gunner.act(watch(layer=labels((20, 30, 31, 33))))["attack"] == 1.0
    assert IN_LINE < 10.0


def test_the_middle_of_the_road_is_found_and_another_road_is_not_followed() -> None:
    assert road_ahead(road(24, 40), 0.3) == pytest.approx(0.0)
    assert road_ahead(road(40, 56), 0.3) == pytest.approx(0.25)
    both = np.where(np.arange(64)[None, :, None] < 10, np.uint8(104), road(34, 50))
    assert road_ahead(both, 0.3) == pytest.approx((34 + 50) / 2 / 64 - 0.5)
    assert road_ahead(np.full((64, 64, 3), (100, 200, 100), np.uint8), 0.3) is None


def test_the_driver_steers_for_the_road_and_back_to_it() -> None:
    driver = Driver(_CONTROLS)
    driver.reset(np.random.default_rng(0))
    assert driver.act(watch(road(48, 64)))["steering"] > 0.1
    lost = np.full((64, 64, 3), (100, 200, 100), np.uint8)
    assert driver.act(watch(lost))["steering"] > 0.1
    assert driver.act(watch(road(24, 40), speed=110.0))["brake"] > 0.3
    assert driver.act(watch(road(24, 40)))["gas"] > 0.3


@pytest.mark.parametrize(
    ("policy", "spec", "observation"),
    [
        (Gunner(ARENA), ARENA, watch(layer=labels((20, 30, 8, 12)))),
        (Driver(_CONTROLS), _CONTROLS, watch(road(10, 30), speed=30.0)),
    ],
)
def test_they_play_the_same_from_the_same_seed(
    policy: Policy, spec: ControlSpec, observation: Observation
) -> None:
    runs = []
    for seed in (4, 4, 5):
        policy.reset(np.random.default_rng(seed))
        runs.append([spec.to_vector(policy.act(observation)).tolist() for _ in range(150)])
    assert runs[0] == runs[1] != runs[2]
