"""MiniGrid as a recordable game (part of the optional extra ``gym``).

The whole board is seen from above, tile by tile, without the shading of what the agent can see: a frame
is then a function of the board alone, and every cell can be checked. What the agent carries is the one
thing that does not show; it is a variable.

A tick carries out one action. Of several held buttons the first in the order of the control spec counts;
with none held the board stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.data.format import LayerInfo
from worldsdk.data.games.game import GameInfo, Observation
from worldsdk.data.games.pool import pool_pixels
from worldsdk.errors import MissingExtraError, RecordError
from worldsdk.models.interface import Variable

DEFAULT_ENV = "MiniGrid-DoorKey-8x8-v0"
RATE_HZ = 8.0
"""Turn-based games have no rate of their own: as fast as a person presses keys."""

GRID_CONTROLS = ControlSpec(
    (
        Control(
            "left",
            keys={"ArrowLeft": 1.0, "KeyA": 1.0},
            pad={"DPadLeft": 1.0},
            help="turn left by 90 degrees",
        ),
        Control(
            "right",
            keys={"ArrowRight": 1.0, "KeyD": 1.0},
            pad={"DPadRight": 1.0},
            help="turn right by 90 degrees",
        ),
        Control("forward", keys={"ArrowUp": 1.0, "KeyW": 1.0}, pad={"DPadUp": 1.0}, help="one cell forward"),
        Control("pickup", keys={"KeyE": 1.0}, pad={"A": 1.0}, help="pick up the thing in front"),
        Control("drop", keys={"KeyQ": 1.0}, pad={"B": 1.0}, help="put down what is carried"),
        Control("toggle", keys={"Space": 1.0}, pad={"X": 1.0}, help="open or close the door in front"),
    )
)
"""In the order of MiniGrid's own actions 0 to 5."""

_DONE = 6  # MiniGrid's seventh action changes nothing in boards without a mission that asks for it


class MiniGridGame:
    """A MiniGrid environment behind the ``Game`` protocol.

    Args:
        name: ``minigrid`` or ``grid-rooms`` for the 8x8 door-and-key board, or ``minigrid/<environment id>``.
        width, height: of the frames; the board's cells times 8 show every tile exactly.

    Raises:
        MissingExtraError: MiniGrid is not installed.
        RecordError: no such environment.
    """

    def __init__(self, name: str = "minigrid", width: int = 64, height: int = 64) -> None:
        try:
            import gymnasium
            import minigrid
        except ImportError:
            raise MissingExtraError(
                "MiniGrid is not installed", where=name, fix="pip install 'worldsdk[gym]'"
            ) from None
        env_id = name.partition("/")[2] or DEFAULT_ENV
        try:
            self._env = gymnasium.make(env_id, highlight=False).unwrapped
        except (gymnasium.error.Error, TypeError) as error:
            raise RecordError(
                f"there is no environment {env_id!r} ({error})", where=name, fix="name one of MiniGrid's"
            ) from error
        if not isinstance(self._env, minigrid.minigrid_env.MiniGridEnv):
            raise RecordError(f"{env_id!r} is not a MiniGrid environment", where=name)
        self._codes: Mapping[str, int] = minigrid.core.constants.OBJECT_TO_IDX
        self._env.reset(seed=0)
        columns, rows = self._env.width, self._env.height
        self._tile = 8 if (width, height) == (8 * columns, 8 * rows) else 16
        self._size = (width, height)
        self.info = GameInfo(
            game=name,
            height=height,
            width=width,
            controls=GRID_CONTROLS,
            variables=(
                Variable("agent_x", 0.0, columns - 1.0, "cells"),
                Variable("agent_y", 0.0, rows - 1.0, "cells"),
                Variable("agent_dir", 0.0, 4.0, "quarter turns", 4.0),
                Variable("carrying", 0.0, float(max(self._codes.values())), "object"),
            ),
            layers=(
                LayerInfo(
                    "grid",
                    "uint8",
                    (rows, columns, 3),
                    0.0,
                    float(max(self._codes.values())),
                    "class",
                    classes=tuple(sorted(self._codes, key=lambda kind: self._codes[kind])),
                    help="MiniGrid's encoding (object, colour, state) of each cell, row by row from the top; "
                    "the agent's cell is (agent, 0, direction); classes name the objects",
                ),
            ),
            rate_hz=RATE_HZ,
            licence="MIT (MiniGrid)",
            settings={
                "engine": "minigrid",
                "environment": env_id,
                "tile": self._tile,
                "highlight": False,
                "carrying": "0 for nothing, else MiniGrid's object number",
            },
            versions={"minigrid": version("minigrid"), "gymnasium": version("gymnasium")},
        )

    def reset(self, seed: int) -> Observation:
        self._env.reset(seed=seed)
        return self._observe(0.0, ended=False, cut=False)

    def step(self, controls: Controls) -> Observation:
        held = [number for number, name in enumerate(GRID_CONTROLS.names) if controls[name]]
        _, reward, ended, cut, _ = self._env.step(held[0] if held else _DONE)
        return self._observe(float(reward), ended=bool(ended), cut=bool(cut))

    def close(self) -> None:
        self._env.close()

    def _observe(self, reward: float, *, ended: bool, cut: bool) -> Observation:
        env: Any = self._env
        grid = env.grid.encode()
        x, y = (int(n) for n in env.agent_pos)
        grid[x, y] = (self._codes["agent"], 0, env.agent_dir)
        carrying = self._codes[env.carrying.type] if env.carrying is not None else 0
        return Observation(
            pixels=pool_pixels(env.get_frame(highlight=False, tile_size=self._tile), *self._size),
            variables=np.array([x, y, env.agent_dir, carrying], np.float32),
            layers={"grid": np.ascontiguousarray(grid.swapaxes(0, 1))},
            reward=reward,
            ended=ended,
            cut=cut,
        )
