from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("gymnasium")
pytest.importorskip("Box2D")

from worldsdk.data.games.cars import FIELD, ROAD, CarGame
from worldsdk.data.games.catalogue import open_game
from worldsdk.data.games.game import Observation
from worldsdk.errors import MissingExtraError


@pytest.fixture(scope="module")
def cars() -> Iterator[CarGame]:
    game = open_game("car-racing", 64, 64)
    assert isinstance(game, CarGame)
    yield game
    game.close()


def told(cars: CarGame, seen: Observation) -> dict[str, float]:
    return dict(zip([v.name for v in cars.info.variables], seen.variables.tolist(), strict=True))


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
    for _ in range(20):
        driven = cars.step(parse({"gas": 1.0}))
    for _ in range(6):
        turned = cars.step(parse({"steering": 1.0}))
    for _ in range(30):
        stopped = cars.step(parse({"brake": 0.8}))
    assert told(cars, driven)["speed"] > 20.0
    assert told(cars, turned)["yaw_rate"] < -0.3
    assert abs(told(cars, stopped)["speed"]) < 3.0


def test_same_seed_same_controls_same_frames(cars: CarGame) -> None:
    runs = []
    for _ in range(2):
        cars.reset(8)
        runs.append([cars.step(cars.info.controls.parse({"gas": 0.5, "steering": 0.1})) for _ in range(8)])
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a.pixels, b.pixels)
        np.testing.assert_array_equal(a.variables, b.variables)


def test_the_road_is_where_the_variables_say(cars: CarGame) -> None:
    for seed in (1, 2, 3):
        first = cars.reset(seed)
        state = told(cars, first)
        place = cars.circuit.locate(state["x"], state["y"], state["heading"])
        assert abs(place.offset) < ROAD and abs(place.slant) < 0.5
        # Grey pixels of the car's row are road; a pixel is 43.2 m / 64 wide.
        row = first.pixels[54].astype(int)
        road = np.flatnonzero(row.max(axis=1) - row.min(axis=1) < 24)
        middle = (road.min() + road.max()) / 2.0
        assert (middle - 31.5) * 43.2 / 64 == pytest.approx(place.offset, abs=2.5)


def test_the_road_pays_by_the_metre(cars: CarGame) -> None:
    before = told(cars, cars.reset(3))
    gas, paid, driven = cars.info.controls.parse({"gas": 0.3}), 0.0, 0.0
    # Until it leaves the road.
    for _ in range(15):
        seen = cars.step(gas)
        now = told(cars, seen)
        driven += float(np.hypot(now["x"] - before["x"], now["y"] - before["y"]))
        before, paid = now, paid + seen.reward + 0.2
    assert driven > 3.0
    assert paid == pytest.approx(1000.0 * driven / cars.circuit.length, rel=1e-3)


def test_the_pose_moves_by_the_velocity_that_is_told(cars: CarGame) -> None:
    before = told(cars, cars.reset(5))
    parse = cars.info.controls.parse
    for tick in range(60):
        seen = cars.step(parse({"gas": 0.6, "steering": 0.3 if tick > 30 else -0.2}))
        now = told(cars, seen)
        cos, sin = np.cos(now["heading"]), np.sin(now["heading"])
        x = cos * now["speed"] - sin * now["sideways"]
        y = sin * now["speed"] + cos * now["sideways"]
        # In one of the two steps of a tick the car went at a velocity between the old and the new.
        assert now["x"] - before["x"] == pytest.approx(0.04 * x, abs=0.1)
        assert now["y"] - before["y"] == pytest.approx(0.04 * y, abs=0.1)
        before = now
    assert now["speed"] > 5.0


def test_the_throttle_opens_step_by_step_and_closes_at_once(cars: CarGame) -> None:
    cars.reset(3)
    parse = cars.info.controls.parse
    opened = [told(cars, cars.step(parse({"gas": 1.0})))["throttle"] for _ in range(6)]
    assert opened == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0], abs=1e-5)
    assert told(cars, cars.step(parse({})))["throttle"] == 0.0


def test_far_beside_the_road_it_ends(cars: CarGame) -> None:
    seen = cars.reset(3)
    drive = cars.info.controls.parse({"gas": 0.4})
    for _ in range(400):
        seen = cars.step(drive)
        if seen.ended:
            break
    # Straight on there is no closed circuit.
    state = told(cars, seen)
    offset = cars.circuit.locate(state["x"], state["y"], state["heading"]).offset
    assert seen.ended and FIELD <= abs(offset) < FIELD + 4.0


def test_a_turn_keeps_distances(cars: CarGame) -> None:
    # The road is as wide, in pixels, when it lies across the picture as when it lies along it.
    cars.reset(3)
    widths = []
    for turn in (0.0, np.pi / 2.0):
        x, y = cars.circuit.point(30.0)
        cars._env.car.destroy()
        cars._env.car = type(cars._env.car)(
            cars._env.world, cars.circuit.heading(30.0) - np.pi / 2.0 + turn, x, y
        )
        picture = cars._picture(None).astype(int)
        grey = picture.max(axis=2) - picture.min(axis=2) < 24
        widths.append(
            np.median(grey[20:44].sum(axis=1)) if turn == 0.0 else np.median(grey[:, 4:24].sum(axis=0))
        )
    assert widths[0] == pytest.approx(2 * ROAD / 43.2 * 64, abs=2.0)
    assert widths[1] == pytest.approx(widths[0], abs=2.0)


def test_without_its_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Box2D", None)
    for module in [name for name in sys.modules if name.startswith("gymnasium.envs.box2d")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtraError, match=r"worldsdk\[cars\]"):
        open_game("car-racing", 64, 64)
