"""Playing MiniGrid's door-and-key boards: a solver, and a mixture of it with idle and random play.

The solver reads the board from the observation's ``grid`` layer and variables alone. Left to itself it
would show one way through each board and no mistakes; the mixture opens and shuts doors, drops keys and
picks them up again, bumps into walls, and stands about.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.sticky import StickyRandom

EMPTY, WALL, DOOR, KEY, GOAL = 1, 2, 4, 5, 8
"""MiniGrid's object numbers."""

OPEN, CLOSED, LOCKED = 0, 1, 2
"""MiniGrid's door states."""

_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (rows, columns) for the directions right, down, left, up
_FREE = (EMPTY, 3, GOAL)

Cell = tuple[int, int]


class GridSolver:
    """Fetches the key, opens the door, goes to the goal. Args: spec: the game's controls."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def act(self, observation: Observation) -> Controls:
        grid = observation.layers["grid"]
        column, row, direction, carrying = (int(n) for n in observation.variables)
        place = (row, column, direction)
        locked = _cells(grid, DOOR, LOCKED)
        keys = _cells(grid, KEY)
        closed = _cells(grid, DOOR, CLOSED)
        goals = _cells(grid, GOAL)
        # What to face, and what to do there; the first that can be reached is taken.
        wishes: list[tuple[list[Cell], str]] = [(goals, "forward"), (closed, "toggle")]
        if locked:
            wishes.insert(0, (locked, "toggle") if carrying == KEY else (keys, "pickup"))
        for cells, action in wishes:
            step = route(grid, place, cells)
            if step is not None:
                return self._spec.parse({step or action: 1.0})
        return self._spec.parse({str(self._rng.choice(["left", "right", "forward"])): 1.0})


class GridMix:
    """The solver and other things that players do, by turns. Args: spec: the game's controls."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self._solver = GridSolver(spec)
        self._random = StickyRandom(spec, hold=(1, 3))
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._solver.reset(rng)
        self._random.reset(rng)
        self._left = 0
        self._mode = "solve"

    def act(self, observation: Observation) -> Controls:
        rng = self._rng
        if self._left <= 0:
            self._mode = str(rng.choice(["solve", "wander", "fiddle", "random", "idle"], p=_MODES))
            self._left = int(rng.integers(1, 4) if self._mode == "idle" else rng.integers(4, 16))
        self._left -= 1
        if self._mode == "solve":
            return self._solver.act(observation)
        if self._mode == "random":
            return self._random.act(observation)
        if self._mode == "idle":
            return self._spec.rest
        return self._spec.parse({self._stroll(observation, fiddle=self._mode == "fiddle"): 1.0})

    def _stroll(self, observation: Observation, *, fiddle: bool) -> str:
        """Walks about; where ``fiddle``, uses whatever is in front or in hand."""
        rng = self._rng
        grid = observation.layers["grid"]
        column, row, direction, carrying = (int(n) for n in observation.variables)
        ahead = int(grid[row + _STEPS[direction][0], column + _STEPS[direction][1], 0])
        if fiddle and ahead == DOOR and rng.random() < 0.7:
            return "toggle"
        if fiddle and ahead == KEY and not carrying and rng.random() < 0.7:
            return "pickup"
        if fiddle and ahead == EMPTY and carrying and rng.random() < 0.4:
            return "drop"
        # Mostly on while there is room, and now and then into the wall.
        if rng.random() < (0.75 if ahead in (*_FREE, DOOR) else 0.15):
            return "forward"
        return "left" if rng.random() < 0.5 else "right"


_MODES = (0.35, 0.2, 0.25, 0.15, 0.05)


def route(grid: NDArray[np.uint8], start: tuple[int, int, int], cells: list[Cell]) -> str | None:
    """First step of a shortest way to face one of ``cells``.

    Args:
        grid: uint8 [rows, columns, 3], MiniGrid's encoding.
        start: (row, column, direction) of the agent.
        cells: (row, column) of what is to be faced.

    Returns:
        ``left``, ``right`` or ``forward``; empty where one is faced already; None where there is no way.
    """
    wanted = set(cells)
    if not wanted:
        return None
    first: dict[tuple[int, int, int], str] = {start: ""}
    queue = deque([start])
    while queue:
        row, column, direction = here = queue.popleft()
        ahead = (row + _STEPS[direction][0], column + _STEPS[direction][1])
        if ahead in wanted:
            return first[here]
        moves = [("left", (row, column, (direction - 1) % 4)), ("right", (row, column, (direction + 1) % 4))]
        if _passable(grid, ahead):
            moves.insert(0, ("forward", (*ahead, direction)))
        for name, place in moves:
            if place not in first:
                first[place] = first[here] or name
                queue.append(place)
    return None


def _passable(grid: NDArray[np.uint8], cell: Cell) -> bool:
    kind, _, state = (int(n) for n in grid[cell])
    return kind in _FREE or (kind == DOOR and state == OPEN)


def _cells(grid: NDArray[np.uint8], kind: int, state: int | None = None) -> list[Cell]:
    found = grid[:, :, 0] == kind
    if state is not None:
        found &= grid[:, :, 2] == state
    return [(int(row), int(column)) for row, column in np.argwhere(found)]
