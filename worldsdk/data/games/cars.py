"""Gymnasium's CarRacing as a recordable game with named, analogue controls (the optional extra ``cars``).

A car from above, on one circuit: Gymnasium makes it from a fixed seed, so that it can be learnt. Episodes
differ in where on it the car stands. What is not the world is left out: the first second, in which the
camera flies in, and the panel below the picture (what it tells is in the variables). The picture shows as
many metres across a pixel as up it, so that turning does not bend what is seen.

A lap on the road pays what it pays in the game, but by the metre and as often as it is driven: which of the
road's tiles were driven on before cannot be seen. An episode ends ``FIELD`` metres beside the road, and not
after a lap. Units: metres, seconds and radians, positive to the left; a heading of 0 looks along growing x.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.data.games.circuit import Circuit, wrap_angle
from worldsdk.data.games.game import Observation
from worldsdk.data.games.gym import GymGame
from worldsdk.errors import MissingExtraError
from worldsdk.models.interface import Variable

ENVIRONMENT = "CarRacing-v3"
NOTICE = "GYMNASIUM.txt"
CIRCUIT = 612
"""Seed of the road: of the first thousand, the shortest whose ends keep apart and which bends both ways."""

STEPS = 2
"""Of the physics, which runs at 50 a second, in a tick: at half its rate a picture shows something new."""

ROAD = 20.0 / 3.0
"""Metres from the road's middle to its edge."""

FIELD = 35.0
"""Metres from the road's middle at which an episode ends: from there on nothing but grass would be seen."""

LAP_PAYS = 1000.0
"""Reward of a lap's metres on the road, as in the game; each step of the physics costs ``STEP_COSTS``."""
STEP_COSTS = 0.1

WIDTH, HEIGHT = 1000, 700
"""The game's window in its own pixels, without the panel at the bottom."""

TOP_SPEED = 90.0
"""Metres a second; on the longest straight the car is faster for a moment, and then it is told as this."""

RIMS = ("front_left", "front_right", "rear_left", "rear_right")
"""The wheels in the order that the game keeps them in."""

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


class CarGame(GymGame):
    """CarRacing behind the ``Game`` protocol.

    Attributes:
        circuit: the road.

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
        # Without the wrappers: they would end every episode after 1000 of the game's steps.
        self._env = self._env.unwrapped
        # Drawing takes most of a step's time, and what is drawn between two ticks nobody sees.
        self._env._render = lambda mode: None
        self._env.reset(seed=CIRCUIT)
        points = np.array([point[2:4] for point in self._env.track])
        self.circuit = Circuit(points)
        (left, bottom), (right, top) = points.min(axis=0) - FIELD, points.max(axis=0) + FIELD
        fastest = 1.5 * TOP_SPEED
        self._variables = (
            Variable("x", float(np.floor(left)), float(np.ceil(right)), "metres"),
            Variable("y", float(np.floor(bottom)), float(np.ceil(top)), "metres"),
            Variable("heading", -np.pi, np.pi, "radians", 2.0 * np.pi),
            Variable("speed", -TOP_SPEED, TOP_SPEED, "metres/second"),
            Variable("sideways", -TOP_SPEED / 2.0, TOP_SPEED / 2.0, "metres/second"),
            Variable("yaw_rate", -8.0, 8.0, "radians/second"),
            Variable("wheel_angle", -0.45, 0.45, "radians"),
            Variable("throttle", 0.0, 1.0),
            *(Variable(name, -TOP_SPEED, fastest, "metres/second") for name in RIMS),
        )
        self.info = replace(
            self.info,
            game=name,
            variables=self._variables,
            rate_hz=self.info.rate_hz / STEPS,
            licence="MIT (Gymnasium's CarRacing)",
            notices={NOTICE: (files("worldsdk.data") / "notices" / NOTICE).read_text("utf-8")},
            settings={
                **self.info.settings,
                "circuit": CIRCUIT,
                "steps": STEPS,
                "field": FIELD,
                "lap": self.circuit.length,
                "speed": "along the car; sideways: to its left; front_left and so on: of the rims",
                "throttle": "gas at the engine: it opens by at most 0.2 a tick, and closes at once",
            },
            versions={**self.info.versions, "box2d": box2d},
        )

    def reset(self, seed: int) -> Observation:
        env = self._env
        # A new world besides a new road: what is left in an old one's broad phase orders contacts otherwise.
        env.road, env.world = None, type(env.world)((0, 0))
        env.reset(seed=CIRCUIT)
        rng = np.random.default_rng(seed)
        along = float(rng.uniform(0.0, self.circuit.length))
        x, y = self.circuit.point(along, float(rng.uniform(-0.5, 0.5)) * ROAD)
        heading = self.circuit.heading(along) + float(rng.normal(0.0, 0.1))
        for tile in env.road:
            # The game repaints a tile's array of colour when it is first touched; the drawing keeps another.
            tile.color = tile.color.copy()
        env.car.destroy()
        env.car = type(env.car)(env.world, heading - np.pi / 2.0, x, y)
        # The camera is down after the first second.
        env.t = 1.0
        env.step(None)
        self._stood = (x, y)
        return replace(self._observe(None, 0.0, ended=False, cut=False), reward=0.0)

    def step(self, controls: Controls) -> Observation:
        action = self.action(controls)
        for _ in range(STEPS):
            self._env.step(action)
        return self._observe(None, -STEPS * STEP_COSTS, ended=False, cut=False)

    def _map_actions(self, space: Any) -> ControlSpec:
        self._actions = None
        self._names = _CONTROLS.names
        return _CONTROLS

    def _picture(self, observation: Any) -> NDArray[np.uint8]:
        from pygame import surfarray, transform

        env = self._env.unwrapped
        type(env)._render(env, "state_pixels")
        width, height = self._size
        scale = min(WIDTH / width, HEIGHT / height)
        across, down = round(width * scale), round(height * scale)
        seen = env.surf.subsurface(((WIDTH - across) // 2, HEIGHT - down, across, down))
        # Shrinking, this averages over areas, as ``pool_pixels`` does, without a copy of the whole window.
        small = transform.smoothscale(seen, (width, height))
        return np.ascontiguousarray(surfarray.array3d(small).swapaxes(0, 1))

    def _observe(self, observation: Any, reward: float, *, ended: bool, cut: bool) -> Observation:
        seen = super()._observe(observation, reward, ended=ended, cut=cut)
        car = self._env.car
        hull, front = car.hull, car.wheels[0]
        x, y = hull.position
        # The physics' own zero points along +y.
        heading = wrap_angle(float(hull.angle) + np.pi / 2.0)
        offset = self.circuit.locate(x, y, heading).offset
        values = (
            x,
            y,
            heading,
            *_own_velocity(hull, heading),
            float(hull.angularVelocity),
            float(front.joint.angle),
            float(car.wheels[2].gas),
            *(float(wheel.omega * wheel.wheel_rad) for wheel in car.wheels),
        )
        bounded = [float(np.clip(v, s.low, s.high)) for v, s in zip(values, self._variables, strict=True)]
        if abs(offset) < ROAD:
            driven = float(np.hypot(x - self._stood[0], y - self._stood[1]))
            reward += LAP_PAYS * driven / self.circuit.length
        self._stood = (x, y)
        return replace(
            seen, variables=np.array(bounded, np.float32), reward=reward, ended=abs(offset) >= FIELD
        )


def _own_velocity(hull: Any, heading: float) -> tuple[float, float]:
    """Metres a second forwards and to the left, as the car has it."""
    # Of the point that x and y tell: the body's own velocity is that of its centre of mass.
    x, y = hull.GetLinearVelocityFromWorldPoint(hull.position)
    cos, sin = np.cos(heading), np.sin(heading)
    return float(cos * x + sin * y), float(cos * y - sin * x)
