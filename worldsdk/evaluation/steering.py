"""Steering by the variables that a world reports: how to turn towards a place, walk there and stop there,
with the world's own controls, as learnt from real play."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Control, ControlSpec
from worldsdk.evaluation.drive import Drive, effects
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.poses import Numbers, Pose

TURNERS = 0.25
"""A control turns if it does so at least by this part of the fastest one's speed; least squares leave all
others a little, too."""
MOVERS = 0.1
"""A control moves if it does so at least by this part of the strongest one; the others are left alone."""
EAGER = 0.7
"""Part of the way still to turn that one tick turns at most: a world that answers a frame late would
otherwise swing to and fro for ever."""
WALKING = 1.0 / 12.0
"""Part of a full turn that the heading may be off while walking."""
REACH = 0.02
"""Part of the extent within which a place counts as reached; less than a doorway's width."""
LEAST_GLIDES = 20
"""Ticks of gliding without which there is nothing to tell its length by."""


@dataclass(frozen=True)
class Steering:
    """How to get from place to place.

    Attributes:
        spec: the world's controls.
        forward: float32 [A], the vector that walks.
        turning: float64 [A], how far 1 of each control turns in a tick, in the heading's unit; 0 for those
            that do not turn.
        moving: bool [A], which controls move the player at all.
        speed: of walking freely, in the place's unit a tick.
        glide: ticks at the present speed that a walker goes on for after letting go.
        reach: distance within which a place counts as reached.
        pose: of the game.
    """

    spec: ControlSpec
    forward: NDArray[np.float32]
    turning: Numbers
    moving: NDArray[np.bool_]
    speed: float
    glide: float
    reach: float
    pose: Pose

    @classmethod
    def learn(
        cls, play: HeldOut, spec: ControlSpec, pose: Pose, drive: Drive, extent: float
    ) -> Steering | None:
        """From real play; None where it never walks as ``drive`` does."""
        effect = effects(play, pose)
        strength = np.abs(effect)
        turning = np.where(strength[:, 0] >= TURNERS * strength[:, 0].max(), effect[:, 0], 0.0)
        shift = strength[:, 1:].max(axis=1)
        moving = (turning != 0.0) | (shift >= MOVERS * shift.max())
        walker = int(np.abs(drive.forward).argmax())
        walked, glided = [], []
        walks = moving & (turning == 0.0)
        for episode in play.episodes:
            variables = np.asarray(episode.variables)
            steps = pose.motion(variables[:-1], variables[1:])
            pressed = np.asarray(episode.controls[1:])
            walked.append(steps[pressed[:, walker] * np.sign(drive.forward[walker]) > 0.5, 1])
            lengths = np.linalg.norm(np.diff(pose.place(variables), axis=0), axis=1)
            free = np.all(pressed[:, walks] == 0.0, axis=1)
            rows = np.flatnonzero(free[1:] & (lengths[:-1] > drive.step / 2.0))
            glided.append(lengths[rows + 1] / lengths[rows])
        ahead, kept = np.concatenate(walked), np.concatenate(glided)
        ahead = ahead[ahead > 0.0]
        if not len(ahead):
            return None
        # Walls stop walkers, and they gather speed first: the upper quarter of all steps is walking freely.
        speed = float(np.percentile(ahead, 75.0))
        part = min(float(np.median(kept)), 0.98) if len(kept) >= LEAST_GLIDES else 0.0
        reach = max(speed / 2.0, REACH * extent)
        return cls(spec, drive.forward, turning, moving, speed, part / (1.0 - part), reach, pose)

    @property
    def turn_speed(self) -> float:
        """How far a tick turns at most, to the slower side where there are two, in the heading's unit."""
        return min(self._sides.values(), default=0.0)

    @cached_property
    def _sides(self) -> dict[float, float]:
        """Sign of a turn -> the farthest that one tick turns to that side."""
        found: dict[float, float] = {}
        for _, _, angle in self._choices(None):
            side = math.copysign(1.0, angle)
            found[side] = max(found.get(side, 0.0), abs(angle))
        return found

    def turn(self, off: float) -> NDArray[np.float32]:
        """The vector, float32 [A], that turns towards a heading which is ``off`` by so much (in the heading's
        unit, positive where the heading must grow); rest where resting is nearest to it."""
        vector = np.zeros(len(self.spec), np.float32)
        side = math.copysign(1.0, off)
        if off and side not in self._sides:
            off -= side * self.pose.period
        wanted = EAGER * off
        best = abs(wanted)
        for column, value, angle in self._choices(wanted):
            if abs(wanted - angle) < best:
                best = abs(wanted - angle)
                vector[:] = 0.0
                vector[column] = value
        return vector

    def off(self, angle: float, place: Numbers, target: Numbers) -> float:
        """How far the heading must grow for ``target`` to be straight ahead, by the short way round."""
        ahead = np.arctan2(target[1] - place[1], target[0] - place[0]) * self.pose.period / (2.0 * np.pi)
        return float(self.pose.turned(np.asarray(angle), np.asarray(ahead)))

    def towards(self, angle: float, place: Numbers, target: Numbers) -> NDArray[np.float32]:
        """The vector that turns to ``target``, and walks where that is about ahead."""
        off = self.off(angle, place, target)
        vector = self.turn(off)
        # Where one turns by quarters, what no turn makes better is walked off.
        if not vector.any() or abs(off) <= WALKING * self.pose.period:
            vector = vector + self.forward
        return vector

    def _choices(self, wanted: float | None) -> Iterator[tuple[int, float, float]]:
        """(column, value of the vector, how far that turns), of each control that turns: each value that it
        allows; where it allows any number, that which is nearest to ``wanted``, or with None both ends."""
        for column, control in enumerate(self.spec):
            gain = float(self.turning[column])
            if gain == 0.0:
                continue
            for value in _values(control, None if wanted is None else wanted / gain):
                if value:
                    yield column, value, gain * value


def _values(control: Control, wanted: float | None) -> list[float]:
    low, high = control.low / control.scale, control.high / control.scale
    if control.kind == "button":
        return [1.0]
    if control.values is not None:
        return [value / control.scale for value in control.values]
    return [low, high] if wanted is None else [min(max(wanted, low), high)]
