from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from worldsdk.data.games.minigrid import MiniGridGame
from worldsdk.data.policies.grid import (
    CLOSED,
    DOOR,
    EMPTY,
    GOAL,
    LOCKED,
    OPEN,
    WALL,
    GridMix,
    GridSolver,
    route,
)

RIGHT, DOWN = 0, 1


@pytest.fixture(scope="module")
def game() -> Iterator[MiniGridGame]:
    pytest.importorskip("minigrid")
    game = MiniGridGame()
    yield game
    game.close()


def board(*rows: str) -> np.ndarray:
    kinds = {"#": WALL, ".": EMPTY, "D": DOOR, "G": GOAL}
    grid = np.zeros((len(rows), len(rows[0]), 3), np.uint8)
    grid[..., 0] = [[kinds[mark] for mark in row] for row in rows]
    return grid


def test_route_goes_round_walls_and_stops_before_the_wanted_cell() -> None:
    grid = board("#####", "#.#G#", "#...#", "#####")
    assert route(grid, (1, 1, DOWN), [(1, 3)]) == "forward"
    assert route(grid, (2, 1, DOWN), [(1, 3)]) == "left"
    assert route(grid, (2, 3, 3), [(1, 3)]) == ""
    assert route(grid, (1, 1, DOWN), []) is None


def test_route_passes_only_open_doors() -> None:
    grid = board("######", "#.D.G#", "######")
    for state, way in ((OPEN, "forward"), (CLOSED, None), (LOCKED, None)):
        grid[1, 2, 2] = state
        assert route(grid, (1, 1, RIGHT), [(1, 4)]) == way


def test_the_solver_reaches_every_goal(game: MiniGridGame) -> None:
    solver = GridSolver(game.info.controls)
    for seed in range(25):
        observation = game.reset(seed)
        solver.reset(np.random.default_rng(seed))
        for _ in range(60):
            observation = game.step(solver.act(observation))
            if observation.ended:
                break
        assert observation.ended, seed
        assert observation.reward > 0


def test_the_mix_shows_all_that_can_happen(game: MiniGridGame) -> None:
    mix = GridMix(game.info.controls)
    seen: set[str] = set()
    for seed in range(40):
        observation = game.reset(seed)
        mix.reset(np.random.default_rng(seed))
        had = 0.0
        for _ in range(150):
            observation = game.step(mix.act(observation))
            grid, carrying = observation.layers["grid"], observation.variables[3]
            if had and not carrying:
                seen.add("dropped")
            if carrying and not had:
                seen.add("picked up")
            had = carrying
            seen.update(f"door {state}" for state in grid[grid[..., 0] == DOOR][:, 2].tolist())
            if observation.ended:
                seen.add("goal")
                break
    assert seen == {"dropped", "picked up", "goal", f"door {OPEN}", f"door {CLOSED}", f"door {LOCKED}"}
