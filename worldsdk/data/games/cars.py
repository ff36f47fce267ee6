"""Gymnasium's CarRacing as a recordable game with named, analogue controls (the optional extra ``cars``).

A car from above, on a new track each episode. What is not the world is left out: the first second, in which
the camera flies in, and the panel below the picture (what it tells is in the variables). Units: speed in the
game's metres per second, angles in radians, positive to the left as the physics has them.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Control, ControlSpec
from worldsdk.data.games.game import Observation
from worldsdk.data.games.gym import GymGame
from worldsdk.data.games.pool import pool_pixels
from worldsdk.errors import MissingExtraError
from worldsdk.models.interface import Variable

ENVIRONMENT = "CarRacing-v3"
FLY_IN_TICKS = 50
"""The camera comes down in the first second of an episode, at 50 ticks a second."""

ROWS, COLUMNS = slice(0, 84), slice(6, 90)
"""Of the 96 x 96 picture: without the panel, and as much less across as it is less high."""

_CONTROLS = ControlSpec(
    (
        Control(
            "steering",
            "axis",
            low=-1.0,
            high=1.0,
            keys={"ArrowLeft": -1.0, "ArrowRight": 1.0, "KeyA": -1.0, "KeyD": 1.0},
            pad={"LeftStickX": 1.0},
            help="steer, positive to the right",
        ),
        Control(
            "gas",
            "axis",
            low=0.0,
            high=1.0,
            keys={"ArrowUp": 1.0, "KeyW": 1.0},
            pad={"RightTrigger": 1.0},
            help="drive",
        ),
        Control(
            "brake",
            "axis",
            low=0.0,
            high=1.0,
            keys={"ArrowDown": 0.8, "KeyS": 0.8, "Space": 1.0},
            pad={"LeftTrigger": 1.0},
            help="brake; all the way blocks the wheels",
        ),
    )
)
_VARIABLES = (
    Variable("speed", 0.0, 120.0, "metres/second"),
    Variable("yaw_rate", -8.0, 8.0, "radians/second"),
    Variable("wheel_angle", -0.45, 0.45, "radians"),
)


class CarGame(GymGame):
    """CarRacing behind the ``Game`` protocol.

    Args:
        name: what the dataset calls the game.
        width, height: of the frames.

    Raises:
        MissingExtraError: Gymnasium or Box2D is not installed.
    """

    def __init__(self, name: str = "car-racing", width: int = 64, height: int = 64) -> None:
        try:
            super().__init__(ENVIRONMENT, width, height)
            box2d = version("box2d")
        except MissingExtraError as error:
            raise MissingExtraError(error.what, where=name, fix="pip install 'worldsdk[cars]'") from None
        settings = {**self.info.settings, "fly_in_ticks": FLY_IN_TICKS}
        self.info = replace(
            self.info,
            game=name,
            variables=_VARIABLES,
            licence="MIT (Gymnasium's CarRacing)",
            settings=settings,
            versions={**self.info.versions, "box2d": box2d},
        )

    def reset(self, seed: int) -> Observation:
        seen = super().reset(seed)
        rest = self.info.controls.rest
        for _ in range(FLY_IN_TICKS):
            seen = super().step(rest)
        return replace(seen, reward=0.0)

    def _map_actions(self, space: Any) -> ControlSpec:
        self._actions = None
        self._names = _CONTROLS.names
        return _CONTROLS

    def _picture(self, observation: Any) -> NDArray[np.uint8]:
        return pool_pixels(np.asarray(observation, np.uint8)[ROWS, COLUMNS], *self._size)

    def _observe(self, observation: Any, reward: float, *, ended: bool, cut: bool) -> Observation:
        seen = super()._observe(observation, reward, ended=ended, cut=cut)
        car = self._env.unwrapped.car
        speed = float(np.hypot(*car.hull.linearVelocity))
        values = (speed, float(car.hull.angularVelocity), float(car.wheels[0].joint.angle))
        bounded = [float(np.clip(v, s.low, s.high)) for v, s in zip(values, _VARIABLES, strict=True)]
        return replace(seen, variables=np.array(bounded, np.float32))
