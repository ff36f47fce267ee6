"""Against the engine itself: what the binding promises about units, signs and repetition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from worldsdk.data.games.doom import DoomGame
from worldsdk.data.games.doom_spec import CLASSES, DEPTH_HIGH
from worldsdk.data.games.game import Observation
from worldsdk.errors import RecordError

vizdoom = pytest.importorskip("vizdoom")


@pytest.fixture(scope="module")
def field() -> Iterator[DoomGame]:
    game = DoomGame("doom-field")
    yield game
    game.close()


def play(game: DoomGame, seed: int, ticks: int) -> list[tuple[dict[str, float], Observation]]:
    """A scripted stroll; (controls, what they led to)."""
    rng = np.random.default_rng(7)
    game.reset(seed)
    seen = []
    for tick in range(ticks):
        if tick % 9 == 0:
            held = {"forward": 1.0} if rng.random() < 0.8 else {"left": 1.0}
            turn = float(rng.choice([0.0, 4.0, -4.0, rng.uniform(-8, 8)]))
        controls = {**held, "turn": turn}
        seen.append((controls, game.step(game.info.controls.parse(controls))))
    return seen


def digest(observation: Observation) -> str:
    parts = [observation.pixels, observation.variables, *observation.layers.values()]
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()


def test_observations_have_the_declared_shapes(field: DoomGame) -> None:
    observation = field.reset(1)
    info = field.info
    assert observation.pixels.shape == (48, 64, 3)
    assert observation.pixels.dtype == np.uint8
    assert observation.variables.shape == (len(info.variables),)
    for layer in info.layers:
        assert observation.layers[layer.name].shape == layer.shape
        assert observation.layers[layer.name].dtype == layer.dtype
    assert set(info.notices) == {"FREEDOOM.txt", "VIZDOOM-SCENARIOS.txt"}
    assert "Freedoom project" in info.notices["FREEDOOM.txt"]


def test_a_turn_shows_in_the_heading_of_the_same_row(field: DoomGame) -> None:
    before = field.reset(3).variables[2]
    for controls, observation in play(field, 3, 80):
        after = observation.variables[2]
        assert abs((after - before + controls["turn"] + 180.0) % 360.0 - 180.0) < 0.006
        before = after


def test_turning_right_moves_the_picture_left() -> None:
    maze = DoomGame("doom-maze")
    try:
        before = maze.reset(0).pixels.astype(int)
        right = maze.info.controls.parse({"turn": 8.0})
        maze.step(right)
        after = maze.step(right).pixels.astype(int)
    finally:
        maze.close()
    errors = {k: np.abs(before[:, 16 + k : 48 + k] - after[:, 16:48]).mean() for k in range(-14, 15)}
    # 16 degrees, in a view of 90 that is 64 pixels wide, are 9 pixels in its middle.
    assert 8 <= min(errors, key=lambda k: float(errors[k])) <= 10


def test_velocity_is_the_move_after_friction(field: DoomGame) -> None:
    before = field.reset(3).variables
    agree = 0
    for _, observation in play(field, 3, 60):
        now = observation.variables
        agree += bool(np.abs((now[:2] - before[:2]) * 0.90625 - now[3:5]).max() < 0.01)
        before = now
    # Only touching a wall breaks the rule.
    assert agree > 50


def test_forward_goes_where_the_heading_points_and_right_is_to_the_right(field: DoomGame) -> None:
    for name, angle in (("forward", 0.0), ("back", 180.0), ("left", 90.0), ("right", -90.0)):
        start = field.reset(11).variables
        for _ in range(6):
            end = field.step(field.info.controls.parse({name: 1.0})).variables
        moved = np.degrees(np.arctan2(end[1] - start[1], end[0] - start[0])) - start[2]
        assert abs((moved - angle + 180.0) % 360.0 - 180.0) < 1.0


def test_the_view_does_not_bob(field: DoomGame) -> None:
    field.reset(3)
    heights = set()
    for _ in range(40):
        field.step(field.info.controls.parse({"forward": 1.0}))
        heights.add(field._game.get_game_variable(vizdoom.GameVariable.CAMERA_POSITION_Z))
    assert len(heights) == 1


def test_depth_agrees_with_the_walls_of_the_field(field: DoomGame) -> None:
    low = np.array([v.low for v in field.info.variables[:2]])
    high = np.array([v.high for v in field.info.variables[:2]])
    checked = 0
    for _, observation in play(field, 5, 250):
        x, y, heading = (float(v) for v in observation.variables[:3])
        if observation.layers["labels"][22:26, 30:34].any():
            continue
        way = np.array([np.cos(np.radians(heading)), np.sin(np.radians(heading))])
        with np.errstate(divide="ignore"):
            reach = np.where(way > 0, (high - (x, y)) / way, (low - (x, y)) / way)
        wall = float(reach.min())
        seen = float(observation.layers["depth"][23:25, 31:33].mean())
        if 40.0 < wall < 650.0:
            checked += 1
            # Rounding of 3.6, and a wall seen aslant is not one distance over the middle pixels.
            assert abs(seen - wall) < 6.0 + 0.05 * wall
        elif wall > 800.0:
            assert seen > DEPTH_HIGH - 8.0
    assert checked > 30


def test_medkits_are_labelled_and_nothing_else_is(field: DoomGame) -> None:
    seen = set()
    for _, observation in play(field, 5, 100):
        seen |= set(np.unique(observation.layers["labels"]).tolist())
    assert seen == {0, CLASSES.index("health")}


def test_same_seed_same_controls_same_frames_also_in_another_engine(field: DoomGame) -> None:
    first = [digest(observation) for _, observation in play(field, 21, 60)]
    again = [digest(observation) for _, observation in play(field, 21, 60)]
    other_seed = [digest(observation) for _, observation in play(field, 22, 60)]
    twin = DoomGame("doom-field")
    try:
        fresh = [digest(observation) for _, observation in play(twin, 21, 60)]
    finally:
        twin.close()
    assert first == again == fresh
    assert first != other_seed


def test_death_is_an_end_without_a_picture(field: DoomGame) -> None:
    last = field.reset(4)
    rest = field.info.controls.rest
    for _ in range(2000):
        observation = field.step(rest)
        if observation.ended:
            break
        last = observation
    assert observation.ended
    assert not observation.drawn
    assert observation.reward < -50
    assert last.variables[5] > 0
    assert digest(observation) == digest(last)
    with pytest.raises(RecordError, match="reset"):
        field.step(rest)


def test_scenarios_with_a_weapon_have_attack_and_the_maze_has_none() -> None:
    for name, attack in (("doom:defend_the_center", True), ("doom-maze", False)):
        game = DoomGame(name, 80, 60)
        try:
            assert ("attack" in game.info.controls.names) == attack
            assert game.reset(0).pixels.shape == (60, 80, 3)
        finally:
            game.close()


def test_the_engine_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    game = DoomGame("doom-field")
    folder = game._folder
    assert folder.is_dir()
    game.close()
    assert not list(tmp_path.iterdir())
    assert not folder.exists()


@pytest.mark.parametrize(("width", "height"), [(65, 48), (64, 64), (0, 48), (4096, 3072), (-64, -48)])
def test_sizes_the_engine_cannot_give_are_refused(width: int, height: int) -> None:
    with pytest.raises(RecordError, match="64x48"):
        DoomGame("doom-field", width, height)


@pytest.mark.parametrize("name", ["doom:", "doom:nowhere", "doom:../my_way_home"])
def test_unknown_scenarios_are_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(RecordError, match="my_way_home"):
        DoomGame(name)
