from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("gymnasium")
pytest.importorskip("Box2D")

from worldsdk.data.games.cars import CarGame
from worldsdk.data.games.catalogue import make_policy, open_game
from worldsdk.errors import MissingExtraError


@pytest.fixture(scope="module")
def cars() -> Iterator[CarGame]:
    game = open_game("car-racing", 64, 64)
    assert isinstance(game, CarGame)
    yield game
    game.close()


def test_controls_are_analogue_and_named(cars: CarGame) -> None:
    assert cars.info.controls.names == ("steering", "gas", "brake")
    assert [(c.low, c.high) for c in cars.info.controls] == [(-1.0, 1.0), (0.0, 1.0), (0.0, 1.0)]
    action = cars.action(cars.info.controls.parse({"steering": -0.25, "brake": 0.5}))
    np.testing.assert_allclose(action, [-0.25, 0.0, 0.5])
    assert action.dtype == np.float32


def test_it_begins_when_the_camera_has_come_down_and_shows_no_panel(cars: CarGame) -> None:
    first = cars.reset(3)
    assert first.pixels.shape == (64, 64, 3) and first.reward == 0.0
    then = cars.step(cars.info.controls.rest)
    # The car stands: were the camera still moving, the picture would change.
    assert np.abs(first.pixels.astype(int) - then.pixels).mean() < 2.0
    assert not (first.pixels[-4:] < 10).all(axis=2).any()


def test_gas_drives_steering_turns_and_brakes_stop(cars: CarGame) -> None:
    cars.reset(3)
    parse = cars.info.controls.parse
    for _ in range(40):
        driven = cars.step(parse({"gas": 1.0}))
    for _ in range(12):
        turned = cars.step(parse({"steering": 1.0}))
    for _ in range(60):
        stopped = cars.step(parse({"brake": 0.8}))
    assert driven.variables[0] > 20.0
    assert turned.variables[1] < -0.3
    assert stopped.variables[0] < 3.0


def test_same_seed_same_controls_same_frames(cars: CarGame) -> None:
    runs = []
    for _ in range(2):
        cars.reset(8)
        runs.append([cars.step(cars.info.controls.parse({"gas": 0.5, "steering": 0.1})) for _ in range(8)])
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a.pixels, b.pixels)
        np.testing.assert_array_equal(a.variables, b.variables)


def test_the_driver_follows_the_road(cars: CarGame) -> None:
    policy = make_policy("explore", "car-racing", cars)
    policy.reset(np.random.default_rng(0))
    seen, total = cars.reset(0), 0.0
    for _ in range(130):
        seen = cars.step(policy.act(seen))
        total += seen.reward
    # A tick costs 0.1, a new piece of road gives 3 or 4.
    assert total > 12.0


def test_without_its_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Box2D", None)
    for module in [name for name in sys.modules if name.startswith("gymnasium.envs.box2d")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtraError, match=r"worldsdk\[cars\]"):
        open_game("car-racing", 64, 64)
