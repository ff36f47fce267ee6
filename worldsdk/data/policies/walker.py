"""Two ways of walking through a first-person world, and their mixture.

Both speak the controls ``forward``, ``back``, ``left``, ``right``, ``turn`` and, where there is one,
``attack``. The explorer looks at the depth layer and goes where there is room, so that every place is seen
from many sides; the wanderer does what players also do and models must have seen: standing still, turning
on the spot, stepping sideways, backing off, walking into walls and along them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.policy import Policy
from worldsdk.data.policies.sight import degrees

TOUCH = 40.0
"""Depth, in map units, of a wall that is reached in a few ticks; a player is 16 wide either way."""

KEY_TURN = 4.0
"""Degrees per tick of a turn by keyboard."""


class Explorer:
    """Walks to far places that it sees, turns away before walls, sometimes goes to an object it sees.

    Args:
        spec: the game's controls.
        near: depth, in map units, at which it looks for another way.
        seek: labels worth walking to.
    """

    def __init__(self, spec: ControlSpec, near: float = 80.0, seek: tuple[int, ...] = ()) -> None:
        self._spec = spec
        self._near = near
        self._seek = seek
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left = 0
        self._target = 0.0  # degrees still to turn
        self._drift = 0.0
        self._by_key = True
        self._speed = KEY_TURN
        self._held: dict[str, float] = {}

    def act(self, observation: Observation) -> Controls:
        depth = _horizon(observation)
        ahead = float(depth[len(depth) * 3 // 8 : len(depth) * 5 // 8].min())
        blocked = ahead < self._near and abs(self._target) < 1.0
        if self._left <= 0 or blocked:
            self._decide(observation, depth, blocked)
        self._left -= 1
        held = dict(self._held)
        if ahead < TOUCH:
            # Close enough to touch in a few ticks: turn on the spot, as a player would.
            held.pop("forward", None)
        turn = self._turn()
        if turn:
            held["turn"] = turn
        return self._spec.parse(held)

    def _decide(self, observation: Observation, depth: NDArray[np.float32], blocked: bool) -> None:
        rng = self._rng
        self._left = int(rng.integers(6, 36))
        self._by_key = bool(rng.random() < 0.4)
        self._speed = float(rng.uniform(1.0, 8.0))
        self._drift = float(rng.normal(0.0, 0.6)) if rng.random() < 0.4 else 0.0
        self._held = {"forward": 1.0} if rng.random() < 0.9 else {}
        strafe = rng.random()
        if strafe < 0.16:
            self._held["left" if strafe < 0.08 else "right"] = 1.0
        if blocked and rng.random() < 0.15:
            self._held = {"back": 1.0}
        if "attack" in self._spec.names and rng.random() < 0.2:
            self._held["attack"] = 1.0
        sought = _nearest(observation, depth, self._seek)
        if sought is not None and not blocked and rng.random() < 0.5:
            self._target = sought
        elif blocked and depth.max() < 2.0 * self._near:
            # Nowhere to go in view: turn right round, by the side that is a little less shut.
            half = len(depth) // 2
            side = 1.0 if depth[half:].mean() > depth[:half].mean() else -1.0
            self._target = side * float(rng.uniform(60.0, 180.0))
            self._speed = float(rng.uniform(5.0, 8.0))
            self._by_key = bool(rng.random() < 0.25)
        elif blocked or rng.random() < 0.75:
            # A way out is chosen with a probability that grows with how far it goes.
            weight = np.maximum(depth - self._near, 1.0) ** 2
            column = float(rng.choice(len(depth), p=weight / weight.sum()))
            self._target = degrees(column, len(depth))
        else:
            self._target = float(rng.normal(0.0, 50.0))

    def _turn(self) -> float:
        if abs(self._target) < 0.5:
            return float(np.clip(self._drift, -8.0, 8.0))
        if self._by_key:
            turn = float(np.sign(self._target)) * KEY_TURN
            # Keys come in whole steps: stop at the last one that does not overshoot by more than half.
            self._target = 0.0 if abs(self._target) <= KEY_TURN * 1.5 else self._target - turn
            return turn
        # A hand on a mouse: fast at first, slower towards the goal, never quite even.
        wish = 0.35 * self._target * float(self._rng.uniform(0.7, 1.3))
        turn = float(np.clip(wish, -self._speed, self._speed))
        self._target -= turn
        return turn


@dataclass(frozen=True)
class _Habit:
    """Something a player does for a while.

    Attributes:
        weight: how often, relative to the others.
        buttons: held ones; ``side`` stands for left or right, drawn once.
        turn: ``none``, ``key``, ``mouse`` (wandering smoothly), ``burst`` (fast), or ``circle``.
        ticks: shortest and longest.
    """

    weight: float
    buttons: tuple[str, ...]
    turn: str
    ticks: tuple[int, int]


_HABITS = (
    _Habit(0.12, (), "none", (6, 40)),
    _Habit(0.10, (), "key", (4, 24)),
    _Habit(0.08, (), "mouse", (10, 50)),
    _Habit(0.05, (), "burst", (3, 12)),
    _Habit(0.04, (), "circle", (45, 95)),
    _Habit(0.18, ("forward",), "none", (10, 70)),
    _Habit(0.08, ("forward",), "key", (4, 20)),
    _Habit(0.08, ("forward",), "mouse", (10, 50)),
    _Habit(0.06, ("side",), "none", (6, 40)),
    _Habit(0.05, ("side",), "mouse", (10, 50)),
    _Habit(0.08, ("forward", "side"), "none", (10, 50)),
    _Habit(0.08, ("back",), "none", (6, 35)),
    _Habit(0.04, ("back",), "mouse", (10, 35)),
    _Habit(0.03, ("back", "side"), "none", (6, 25)),
)


class Wanderer:
    """Does one habit after another, whatever it sees. Args: spec: the game's controls."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left = 0
        self._habit = _HABITS[0]
        self._held: dict[str, float] = {}
        self._sign = 1.0
        self._rate = 0.0

    def act(self, observation: Observation) -> Controls:
        if self._left <= 0:
            self._decide()
        self._left -= 1
        return self._spec.parse({**self._held, "turn": self._turn()})

    def _decide(self) -> None:
        rng = self._rng
        weights = np.array([habit.weight for habit in _HABITS])
        self._habit = _HABITS[int(rng.choice(len(_HABITS), p=weights / weights.sum()))]
        self._left = int(rng.integers(*self._habit.ticks, endpoint=True))
        self._sign = 1.0 if rng.random() < 0.5 else -1.0
        side = "left" if rng.random() < 0.5 else "right"
        self._held = {side if button == "side" else button: 1.0 for button in self._habit.buttons}
        self._rate = float(rng.choice([KEY_TURN, 8.0, rng.uniform(2.0, 8.0)]))
        if "attack" in self._spec.names and rng.random() < 0.3:
            self._held["attack"] = 1.0

    def _turn(self) -> float:
        kind = self._habit.turn
        if kind == "key":
            return self._sign * KEY_TURN
        if kind == "circle":
            return self._sign * self._rate
        if kind == "burst":
            return self._sign * float(self._rng.uniform(5.0, 8.0))
        if kind == "mouse":
            # Kept as an unsigned wander in [-8, 8]: each tick mostly like the last.
            self._rate = float(np.clip(0.85 * self._rate * self._sign + self._rng.normal(0.0, 1.5), -8, 8))
            self._sign = 1.0
            return self._rate
        return 0.0


class Mix:
    """Explorer and wanderer by turns, each for some seconds.

    Args:
        explorer, wanderer: the two.
        share: part of the ticks that the explorer gets.
    """

    def __init__(self, explorer: Policy, wanderer: Policy, share: float = 0.75) -> None:
        self._explorer = explorer
        self._wanderer = wanderer
        self._share = share
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._explorer.reset(rng)
        self._wanderer.reset(rng)
        self._left = 0
        self._exploring = True

    def act(self, observation: Observation) -> Controls:
        if self._left <= 0:
            self._exploring = bool(self._rng.random() < self._share)
            self._left = int(self._rng.integers(50, 250))
        self._left -= 1
        return (self._explorer if self._exploring else self._wanderer).act(observation)


def _horizon(observation: Observation) -> NDArray[np.float32]:
    """float32 [W]: the depth of each column at eye height."""
    depth = observation.layers["depth"]
    middle = depth.shape[0] // 2
    return np.asarray(depth[middle - 1 : middle + 1].min(axis=0), np.float32)


def _nearest(observation: Observation, depth: NDArray[np.float32], seek: tuple[int, ...]) -> float | None:
    """Degrees to the right to the nearest object of a sought class, or None where none is in view."""
    if not seek:
        return None
    labels = observation.layers["labels"]
    rows, columns = np.nonzero(np.isin(labels, seek))
    if not len(rows):
        return None
    # Things lie on the floor: the lowest in the picture is the nearest.
    return degrees(float(columns[int(np.argmax(rows))]), labels.shape[1])
