"""Errands: ways out of a room that real players have walked, and the pilot that walks one out and back.

A way is a stretch of real play, thinned to waypoints, without its loops: what was walked can be walked again,
and back. The pilot steers by nothing but the variables that are reported with each frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.evaluation.poses import Numbers
from worldsdk.evaluation.steering import Steering

FAR = 0.25
"""Part of the ground's extent that B lies from A, in a straight line: more than a room."""
LEAST = 0.2
"""The same where there is no time to go as far; nearer than this B could pass for A."""
APART = 0.03
"""Part of the extent between two waypoints."""
SPARE = 1.1
"""Times what a leg would take if nothing were in the way: what a pilot gets for it."""
REST_S, REST_PART = 1.0, 0.1
"""Rest at the end, in seconds, but no more than this part of an errand: for the last motion to die out."""


DETOUR = 4
"""Times the ticks of an errand within which the recorded player must have got to B: it may have strolled."""


@dataclass(frozen=True)
class Timing:
    """How long errands are.

    Attributes:
        ticks: of all of it.
        rest: of them, at the end.
    """

    ticks: int
    rest: int

    @classmethod
    def of(cls, seconds: float, rate_hz: float) -> Timing:
        ticks = max(4, round(seconds * rate_hz))
        return cls(ticks, max(1, round(min(REST_S * rate_hz, REST_PART * ticks))))


@dataclass(frozen=True)
class Errand:
    """One way out and back, of a session that begins after frame ``start`` of ``episode``.

    Attributes:
        away: frame of the episode that was recorded at B.
        way: float64 [N, 2], N at least 2, from A to B.
        heading: at A, to be taken up again.
        leave: tick at which B is left.
        distance: from A to B in a straight line.
    """

    episode: int
    start: int
    away: int
    way: Numbers
    heading: float
    leave: int
    distance: float


def find_errands(
    play: HeldOut,
    steering: Steering,
    extent: float,
    timing: Timing,
    starts: Sequence[Sequence[int]],
    most: int,
) -> list[Errand]:
    """At most ``most`` errands that there is time for, about as many of each episode.

    B is the first place of the recorded way that is ``FAR`` away; where there is no time for that, the
    farthest that there is time for, if it is at least ``LEAST`` away.

    Args:
        starts: of each episode the frames after which an errand may begin; earlier ones are preferred.
    """
    rounds: list[list[Errand]] = []
    for number, episode in enumerate(play.episodes):
        found: list[Errand] = []
        for start in starts[number]:
            errand = _errand(episode, steering, extent, timing, number, start)
            if errand is not None:
                found.append(errand)
            if sum(e.distance >= FAR * extent for e in found) == most:
                break
        # Those that lead far enough come first.
        rounds.append(sorted(found, key=lambda e: e.distance < FAR * extent))
    deep = max((len(found) for found in rounds), default=0)
    return [found[i] for i in range(deep) for found in rounds if i < len(found)][:most]


def _errand(
    episode: Episode, steering: Steering, extent: float, timing: Timing, number: int, start: int
) -> Errand | None:
    pose, apart = steering.pose, APART * extent
    stop = start + DETOUR * timing.ticks
    variables = np.asarray(episode.variables[start:stop])
    # What is done on the way with other controls, such as opening a door, is not done again.
    other = np.asarray(episode.controls[start:stop])[:, ~steering.moving]
    places, heading = pose.place(variables), float(pose.angle(variables[0]))
    way, best = places[:1], None
    for now in range(1, len(places)):
        if other[now].any() or np.linalg.norm(places[now] - places[now - 1]) > max(
            2.0 * steering.speed, apart
        ):
            break
        if np.linalg.norm(places[now] - way[-1]) < apart:
            continue
        again = np.flatnonzero(np.linalg.norm(way - places[now], axis=1) < apart)
        way = way[: again[0] + 1] if len(again) else np.concatenate([way, places[now : now + 1]])
        distance = float(np.linalg.norm(way[-1] - way[0]))
        if len(again) or distance < (best.distance if best is not None else LEAST * extent):
            continue
        out, back = _legs(way, heading, steering)
        leave = timing.ticks - timing.rest - back
        if out <= leave:
            best = Errand(number, start, start + now, way, heading, leave, distance)
            if distance >= FAR * extent:
                break
    return best


def _legs(way: Numbers, heading: float, steering: Steering) -> tuple[int, int]:
    """Ticks that there should be for the way out and for the way back."""
    pose = steering.pose
    along = np.diff(way, axis=0)
    angles = np.arctan2(along[:, 1], along[:, 0]) * pose.period / (2.0 * np.pi)
    corners = np.abs(pose.turned(angles[:-1], angles[1:])).sum()
    first = abs(float(pose.turned(np.asarray(heading), angles[0])))
    half = pose.period / 2.0
    walk = np.linalg.norm(along, axis=1).sum() / steering.speed + steering.glide
    out = walk + (first + corners) / steering.turn_speed
    back = walk + (half + corners + half - first) / steering.turn_speed
    return math.ceil(SPARE * out), math.ceil(SPARE * back)


class ErrandPilot:
    """Walks errands, one a session: out, waits, back, and looks where it looked at first. A ``Pilot``.

    It presses the world's own controls and sees nothing but the reported variables, as a player reads them
    off the screen. Where the way is blocked it goes on pressing against it until its time is up.
    """

    def __init__(self, errands: Sequence[Errand], steering: Steering, timing: Timing) -> None:
        self._errands, self._steering, self._timing = errands, steering, timing
        self._aims = [1] * len(errands)
        self._there = [False] * len(errands)
        self._last: list[Numbers | None] = [None] * len(errands)

    @property
    def sessions(self) -> int:
        return len(self._errands)

    @property
    def ticks(self) -> int:
        return self._timing.ticks

    def press(self, session: int, tick: int, variables: NDArray[np.float32]) -> NDArray[np.float32]:
        errand, steering = self._errands[session], self._steering
        pose, last = steering.pose, self._last[session]
        place, angle = pose.place(variables), float(pose.angle(variables))
        self._last[session] = place
        back = tick >= errand.leave
        if tick == 0:
            self._aims[session], self._there[session], last = 1, False, None
        if tick == errand.leave:
            self._aims[session], self._there[session] = max(self._aims[session] - 1, 0), False
        aim = self._aim(session, place, back)
        target = errand.way[aim]
        ahead = errand.way[aim::-1] if back else errand.way[aim:]
        left = float(np.linalg.norm(np.diff(ahead, axis=0), axis=1).sum() + np.linalg.norm(target - place))
        # Once there, a small slide is not walked back: that would be one more.
        there = len(ahead) == 1 and left <= steering.reach * (1.0 if self._there[session] else 0.5)
        self._there[session] = there
        if there:
            off = float(pose.turned(np.asarray(angle), np.asarray(errand.heading))) if back else 0.0
            return steering.turn(off)
        if last is not None and left <= steering.glide * float(np.linalg.norm(place - last)):
            return steering.turn(steering.off(angle, place, target))
        return steering.towards(angle, place, target)

    def _aim(self, session: int, place: Numbers, back: bool) -> int:
        """The waypoint to go for: the next one that is neither reached nor passed."""
        way, aim = self._errands[session].way, self._aims[session]
        step, end = (-1, 0) if back else (1, len(way) - 1)
        while aim != end and (
            np.linalg.norm(way[aim] - place) <= self._steering.reach
            or np.linalg.norm(way[aim + step] - place) < np.linalg.norm(way[aim + step] - way[aim])
        ):
            aim += step
        self._aims[session] = aim
        return aim
