from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("gymnasium")
pytest.importorskip("Box2D")

from worldsdk.data.games.cars import ROAD, CarGame
from worldsdk.data.games.catalogue import make_policy
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.driver import PACES, Driver


@pytest.fixture(scope="module")
def cars() -> Iterator[CarGame]:
    game = CarGame(width=8, height=8)
    # Driving does not depend on pictures, and drawing them takes most of the time.
    game._picture = lambda observation: np.zeros((8, 8, 3), np.uint8)  # type: ignore[method-assign]
    yield game
    game.close()


def drive(cars: CarGame, seed: int, ticks: int, kind: str = "explore") -> tuple[np.ndarray, np.ndarray]:
    """Variables and controls of each tick, float32 [T, ...]."""
    policy = make_policy(kind, "car-racing", cars)
    policy.reset(np.random.default_rng(seed))
    seen: Observation = cars.reset(seed)
    variables, controls = [], []
    for _ in range(ticks):
        pressed = policy.act(seen)
        seen = cars.step(pressed)
        variables.append(seen.variables)
        controls.append(cars.info.controls.to_vector(pressed))
        if seen.ended:
            break
    return np.array(variables), np.array(controls)


def column(cars: CarGame, variables: np.ndarray, name: str) -> np.ndarray:
    return variables[:, [v.name for v in cars.info.variables].index(name)]


def places(cars: CarGame, variables: np.ndarray) -> np.ndarray:
    """Metres along the circuit and to the left of its middle, [T, 2]."""
    found = [cars.circuit.locate(*row[:3].tolist()) for row in variables]
    return np.array([(place.along, place.offset) for place in found])


def test_it_keeps_to_the_road_and_gets_round(cars: CarGame) -> None:
    runs = [drive(cars, seed, 500)[0] for seed in range(6)]
    where = [places(cars, run) for run in runs]
    offsets = np.concatenate([run[:, 1] for run in where])
    assert (np.abs(offsets) < ROAD).mean() > 0.7
    speeds = np.concatenate([column(cars, run, "speed") for run in runs])
    assert (speeds > PACES[1][0]).mean() > 0.3
    turns = [np.unwrap(run[:, 0] / cars.circuit.length * 2 * np.pi) for run in where]
    assert max(abs(turn[-1] - turn[0]) for turn in turns) > np.pi


def test_paces_differ_between_episodes(cars: CarGame) -> None:
    means = [column(cars, drive(cars, seed, 150)[0], "speed")[50:].mean() for seed in range(8)]
    assert max(means) > 2.0 * min(means)


def test_some_drive_with_keys_and_some_with_sticks(cars: CarGame) -> None:
    by_keys = []
    for seed in range(8):
        _, controls = drive(cars, seed, 60)
        by_keys.append(bool(np.isin(controls[:45, 0], (-1.0, 0.0, 1.0)).all()))
    assert any(by_keys) and not all(by_keys)


def test_same_seed_same_drive(cars: CarGame) -> None:
    first, again, other = drive(cars, 4, 80), drive(cars, 4, 80), drive(cars, 5, 80)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_it_finds_back_from_the_grass(cars: CarGame) -> None:
    driver = Driver(cars.info.controls, cars.circuit)
    found = 0
    for seed in range(4):
        driver.reset(np.random.default_rng(seed))
        cars.reset(seed)
        car, env = cars._env.car, cars._env
        car.destroy()
        x, y = cars.circuit.point(200.0 * seed, 18.0 * (-1) ** seed)
        env.car = type(car)(env.world, cars.circuit.heading(200.0 * seed) - np.pi / 2.0 + seed, x, y)
        seen = cars.step(cars.info.controls.rest)
        for _ in range(200):
            seen = cars.step(driver.act(seen))
            offset = abs(places(cars, seen.variables[None])[0, 1])
            if seen.ended or offset < ROAD - 1.0:
                break
        found += not seen.ended and offset < ROAD
    assert found >= 3


def test_mixed_play_knows_the_grass_too(cars: CarGame) -> None:
    offsets = np.concatenate([places(cars, drive(cars, s, 300, "mix")[0])[:, 1] for s in range(6)])
    off = (np.abs(offsets) > ROAD).mean()
    assert 0.03 < off < 0.5
