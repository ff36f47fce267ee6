"""A world without a model, whose every number can be worked out by hand.

A session ends at tick ``3 + start``. The reward of tick ``t`` is ``t``, plus 100 where "go" is held. Pixel
values are ``seed + 7 * start + tick`` modulo 256, so that two sessions look alike only if they are.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np

from worldsdk.controls import Control, ControlSpec
from worldsdk.errors import SnapshotError
from worldsdk.frame import Frame, Timing
from worldsdk.models.interface import Variable

CONTROLS = ControlSpec(
    (
        Control("go"),
        Control("aim", "axis", -10.0, 5.0, keys={"KeyA": -4.0, "KeyD": 4.0}),
        Control("gear", "axis", -1.0, 1.0, values=(-1.0, 0.0, 1.0)),
        Control("lean", "axis", -2.0, 2.0),
    )
)


class ToySession:
    def __init__(self, world, seed, start):
        self.world, self.seed, self.start, self.tick, self.held = world, seed, start, 0, {}
        self.closed = 0

    @property
    def frame(self):
        value = (self.seed + 7 * self.start + self.tick) % 256
        return Frame(
            pixels=np.full((4, 6, 3), value, np.uint8),
            layers={},
            state={"x": float(self.tick), "heading": 90.0 * self.tick},
            reward=float(self.tick) + 100.0 * self.held.get("go", 0.0),
            ended=self.tick >= 3 + self.start,
            tick=self.tick,
            controls=CONTROLS.parse(self.held),
            timing=Timing(),
        )

    def reset(self, seed=None, start=None):
        self.seed, self.start, self.tick, self.held = seed, start, 0, {}
        return self.frame

    def snapshot(self):
        return json.dumps([self.seed, self.start, self.tick, self.held]).encode()

    def fork(self):
        return self.world.restore(self.snapshot())

    def close(self):
        self.closed += 1


class ToyWorld:
    controls = CONTROLS
    rate_hz = 20.0
    starts = 5
    manifest = SimpleNamespace(name="toy")
    spec = SimpleNamespace(
        height=4,
        width=6,
        variables=(Variable("x", 0.0, 4.0), Variable("heading", 0.0, 360.0, "degrees", period=360.0)),
    )

    def __init__(self):
        self.passes = []
        self.made = []
        self.closed = 0

    def session(self, seed=0, start=0):
        self.made.append(ToySession(self, seed, start))
        return self.made[-1]

    def restore(self, blob):
        try:
            seed, start, tick, held = json.loads(blob)
        except ValueError as error:
            raise SnapshotError("not a toy's") from error
        session = self.session(seed, start)
        session.tick, session.held = tick, held
        return session

    def step_many(self, sessions, controls):
        parsed = [self.controls.parse(values) for values in controls]
        self.passes.append(len(sessions))
        for session, held in zip(sessions, parsed, strict=True):
            session.tick, session.held = session.tick + 1, dict(held)
        return [session.frame for session in sessions]

    def close(self):
        self.closed += 1
