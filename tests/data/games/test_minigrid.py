from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from worldsdk.data.games.minigrid import GRID_CONTROLS, MiniGridGame
from worldsdk.errors import RecordError

pytest.importorskip("minigrid")


@pytest.fixture(scope="module")
def game() -> Iterator[MiniGridGame]:
    game = MiniGridGame()
    yield game
    game.close()


def test_the_grid_is_the_picture_tile_by_tile(game: MiniGridGame) -> None:
    """Cells with the same encoding look the same, cells with another look different."""
    pictures: dict[bytes, set[bytes]] = {}
    for seed in range(5):
        observation = game.reset(seed)
        tiles = observation.pixels.reshape(8, 8, 8, 8, 3).swapaxes(1, 2)
        for row in range(8):
            for column in range(8):
                code = observation.layers["grid"][row, column].tobytes()
                pictures.setdefault(code, set()).add(tiles[row, column].tobytes())
    assert all(len(looks) == 1 for looks in pictures.values())
    assert len({next(iter(looks)) for looks in pictures.values()}) == len(pictures)
    assert len(pictures) >= 5


def test_variables_say_where_the_agent_is(game: MiniGridGame) -> None:
    rng = np.random.default_rng(0)
    observation = game.reset(2)
    for _ in range(60):
        x, y, direction, _ = (int(n) for n in observation.variables)
        assert observation.layers["grid"][y, x].tolist() == [10, 0, direction]
        observation = game.step(GRID_CONTROLS.parse({str(rng.choice(["left", "right", "forward"])): 1.0}))


def test_each_row_shows_what_its_control_did(game: MiniGridGame) -> None:
    before = game.reset(4).variables[2]
    right = game.step(GRID_CONTROLS.parse({"right": 1.0}))
    assert right.variables[2] == (before + 1) % 4
    same = game.step(GRID_CONTROLS.rest)
    np.testing.assert_array_equal(same.pixels, right.pixels)
    np.testing.assert_array_equal(same.variables, right.variables)


def test_the_first_held_button_counts(game: MiniGridGame) -> None:
    game.reset(4)
    both = game.step(GRID_CONTROLS.parse({"left": 1.0, "right": 1.0, "forward": 1.0}))
    game.reset(4)
    left = game.step(GRID_CONTROLS.parse({"left": 1.0}))
    np.testing.assert_array_equal(both.variables, left.variables)


def test_same_seed_same_board(game: MiniGridGame) -> None:
    first = game.reset(9).pixels
    other = game.reset(10).pixels
    np.testing.assert_array_equal(game.reset(9).pixels, first)
    assert (first != other).any()


def test_other_environments_and_sizes(game: MiniGridGame) -> None:
    small = MiniGridGame("minigrid/MiniGrid-Empty-5x5-v0", 40, 40)
    assert small.reset(0).pixels.shape == (40, 40, 3)
    assert small.info.layers[0].shape == (5, 5, 3)
    small.close()
    shrunk = MiniGridGame("minigrid", 32, 32)
    assert shrunk.reset(0).pixels.shape == (32, 32, 3)
    shrunk.close()


@pytest.mark.parametrize("name", ["minigrid/Nothing-v0", "minigrid/CartPole-v1"])
def test_what_is_no_minigrid_is_refused(name: str) -> None:
    with pytest.raises(RecordError, match=name.partition("/")[2]):
        MiniGridGame(name)
