"""How to steer a game that nobody described: which control walks and which one turns, read off real play."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.poses import Numbers, Pose

LEAST_TURN = 1.0 / 720.0
"""Part of a full turn, for each tick, below which a control does not count as one that turns."""


@dataclass(frozen=True)
class Drive:
    """Control vectors that walk and turn.

    Attributes:
        forward, turn: float32 [A], one control at its limit (turning: at most), the others at rest.
        turn_ticks: ticks of ``turn`` that make a full turn, an even number.
        step: how far one tick of ``forward`` goes on average, in the place's unit.
    """

    forward: NDArray[np.float32]
    turn: NDArray[np.float32]
    turn_ticks: int
    step: float

    @classmethod
    def learn(cls, play: HeldOut, spec: ControlSpec, pose: Pose) -> Drive | None:
        """Least squares of the motions of real play on its controls; None where nothing walks or turns."""
        effect = effects(play, pose)
        limits = np.array([control.high / control.scale for control in spec])
        lowest = np.array([control.low / control.scale for control in spec])
        turner = int(np.abs(effect[:, 0]).argmax())
        # Walking must not turn, so the control that turns is no candidate.
        steps = np.maximum(effect[:, 1] * limits, effect[:, 1] * lowest)
        steps[turner] = -np.inf
        walker = int(steps.argmax())
        turn_value = limits[turner] if limits[turner] >= -lowest[turner] else lowest[turner]
        walk_value = limits[walker] if effect[walker, 1] * limits[walker] >= steps[walker] else lowest[walker]
        speed = abs(float(effect[turner, 0] * turn_value))
        if speed < LEAST_TURN * pose.period or not steps[walker] > 0.0:
            return None
        halves = pose.period / speed / 2.0
        control = list(spec)[turner]
        if control.kind == "axis" and not control.values:
            # A little less than the limit, so that a whole number of ticks makes one turn and no degree more.
            turn_ticks = 2 * math.ceil(halves)
            turn_value *= 2.0 * halves / turn_ticks
        else:
            turn_ticks = max(2, 2 * round(halves))
        forward, turn = np.zeros(len(spec), np.float32), np.zeros(len(spec), np.float32)
        forward[walker], turn[turner] = walk_value, turn_value
        return cls(forward, turn, turn_ticks, float(steps[walker]))


def effects(play: HeldOut, pose: Pose) -> Numbers:
    """What each control does to the pose in one tick, by least squares over all of ``play``: float64 [A, 3],
    ``MOTIONS`` for 1 of the control vector."""
    pressed = np.concatenate([e.controls[1:] for e in play.episodes]).astype(np.float64)
    moved = np.concatenate([pose.motion(e.variables[:-1], e.variables[1:]) for e in play.episodes])
    effect: Numbers = np.linalg.lstsq(pressed, moved, rcond=None)[0]
    return effect
