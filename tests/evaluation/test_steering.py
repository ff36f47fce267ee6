"""Steering learnt from play: a heavy walker on a plane, with an axis, with buttons, with one side only."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from worldsdk.controls import Control, ControlSpec
from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.errands import Errand, ErrandPilot, Timing
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.evaluation.players import Played, Scripted
from worldsdk.evaluation.poses import Pose
from worldsdk.evaluation.steering import Steering

POSE = Pose(0, 1, 2, 360.0, "metres", "degrees")
WALK = Control("walk")
AXIS = ControlSpec((Control("turn", "axis", -8.0, 8.0), WALK))
STEPS = ControlSpec((Control("turn", "axis", -6.0, 6.0, values=(-6.0, -2.0, 0.0, 2.0, 6.0)), WALK))
PAIR = ControlSpec((Control("left"), Control("right"), WALK))
ONE = ControlSpec((Control("left"), WALK))
FRICTION, THRUST = 0.9, 0.5
"""A walker that reaches 4.5 metres a tick, and slides on for 45."""


def turned(spec: ControlSpec, pressed: NDArray[np.floating]) -> float:
    """Degrees that a tick turns: the axis to the right, as in Doom; buttons by 5."""
    if "turn" in spec.names:
        return -spec["turn"].scale * float(pressed[0])
    right = float(pressed[1]) if "right" in spec.names else 0.0
    return 5.0 * (float(pressed[0]) - right)


def step(spec: ControlSpec, now: NDArray[np.float64], pressed: NDArray[np.floating]) -> NDArray[np.float64]:
    """One tick of float64 [5]: x, y, heading, speed along x and y."""
    x, y, heading, vx, vy = now
    heading = (heading + turned(spec, pressed)) % 360.0
    push = THRUST * float(pressed[-1])
    vx, vy = (
        (vx + push * np.cos(np.radians(heading))) * FRICTION,
        (vy + push * np.sin(np.radians(heading))) * FRICTION,
    )
    return np.array([x + vx, y + vy, heading, vx, vy])


def play(spec: ControlSpec, ticks: int = 600) -> HeldOut:
    """A random walk, each choice held for a while."""
    draw = np.random.default_rng(4)
    now, rows, vectors = np.array([0.0, 0.0, 90.0, 0.0, 0.0]), [], []
    vector = np.zeros(len(spec), np.float32)
    for tick in range(ticks):
        if tick % 20 == 0:
            wanted = np.array([draw.uniform(c.low, c.high) for c in spec])
            vector = spec.to_vector(spec.from_vector((wanted / [c.scale for c in spec]).astype(np.float32)))
            vector[-1] = draw.uniform() < 0.6
        now = step(spec, now, vector)
        rows.append(now[:3])
        vectors.append(vector.copy())
    episode = Episode(
        np.zeros((ticks, 2, 2, 3), np.uint8), np.array(vectors, np.float32), np.array(rows, np.float32)
    )
    return HeldOut([episode], (), 35.0, {})


def learn(spec: ControlSpec) -> Steering:
    lessons = play(spec)
    drive = Drive.learn(lessons, spec, POSE)
    assert drive is not None
    steering = Steering.learn(lessons, spec, POSE, drive, 500.0)
    assert steering is not None
    return steering


class Plane:
    """The plane itself as a player; the picture is the same everywhere."""

    def __init__(self, spec: ControlSpec, late: int = 0) -> None:
        self.spec, self.late = spec, late

    def play(self, pilot: ErrandPilot | Scripted, keep: object) -> Played:
        found = np.zeros((pilot.sessions, pilot.ticks, 3), np.float32)
        for session in range(pilot.sessions):
            now = np.array([0.0, 0.0, 30.0, 0.0, 0.0])
            waiting = [np.zeros(len(self.spec), np.float32)] * self.late
            for tick in range(pilot.ticks):
                waiting.append(pilot.press(session, tick, now[:3].astype(np.float32)))
                now = step(self.spec, now, waiting.pop(0))
                found[session, tick] = now[:3]
        return Played(np.zeros((1, 1, 2, 2, 3), np.uint8), found, np.ones(pilot.sessions, bool))


def test_what_turns_and_how_far_one_glides_is_learnt() -> None:
    steering = learn(AXIS)
    assert steering.turning == pytest.approx([-8.0, 0.0], abs=0.1) and steering.moving.all()
    assert steering.glide == pytest.approx(FRICTION / (1.0 - FRICTION), rel=0.1)
    assert steering.speed == pytest.approx(4.5, rel=0.15) and steering.turn_speed == pytest.approx(
        8.0, rel=0.02
    )


@pytest.mark.parametrize("spec", [AXIS, STEPS, PAIR])
def test_turns_go_the_short_way_and_rest_when_there(spec: ControlSpec) -> None:
    steering = learn(spec)
    for off in (100.0, -100.0, 8.0, -8.0):
        assert np.sign(turned(spec, steering.turn(off))) == np.sign(off)
        controls = spec.from_vector(steering.turn(off))
        assert spec.to_vector(controls) == pytest.approx(steering.turn(off))
    assert not steering.turn(0.0).any()


def test_one_button_goes_the_long_way_round() -> None:
    steering = learn(ONE)
    assert turned(ONE, steering.turn(-90.0)) == 5.0 and turned(ONE, steering.turn(90.0)) == 5.0
    assert not steering.turn(1.0).any()


@pytest.mark.parametrize(("spec", "late"), [(AXIS, 0), (AXIS, 1), (STEPS, 0), (PAIR, 0), (ONE, 0)])
def test_a_heavy_walker_goes_round_a_corner_and_back(spec: ControlSpec, late: int) -> None:
    along = np.arange(0.0, 180.0, 15.0)
    way = np.concatenate(
        [np.stack([along, 0 * along], 1), np.stack([180.0 + 0 * along, along], 1), [[180.0, 180.0]]]
    )
    steering, timing = learn(spec), Timing(1000, 35)
    errand = Errand(0, 0, 0, way, 30.0, 500, 250.0)
    played = Plane(spec, late).play(ErrandPilot([errand], steering, timing), [0])
    places = POSE.place(played.variables[0])
    assert np.linalg.norm(places[499] - way[-1]) <= 2.0 * steering.reach
    assert np.linalg.norm(places[-1] - way[0]) <= 2.0 * steering.reach
    # Never far off the way: there are walls beside it.
    off = np.linalg.norm(places[:, None] - way[None], axis=2).min(axis=1)
    assert off.max() < 40.0
    assert abs(float(POSE.turned(np.array(30.0), POSE.angle(played.variables[0, -1])))) <= 3.0


def test_a_script_is_a_pilot_that_looks_at_nothing() -> None:
    script = np.zeros((2, 3, 2), np.float32)
    script[1, 2] = (0.5, 1.0)
    pilot = Scripted(script)
    assert (pilot.sessions, pilot.ticks) == (2, 3)
    assert pilot.press(1, 2, np.zeros(3, np.float32)).tolist() == [0.5, 1.0]
