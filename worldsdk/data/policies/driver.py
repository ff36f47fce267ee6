"""Driving by sight: the scripted player of the car game.

It speaks the controls ``steering``, ``gas`` and ``brake``. The road is what is grey in the picture; it steers
for the middle of the road some way ahead of the car, farther the faster it goes, and slows down where that is
far to one side. For a while at a time it drives faster or slower, or less exactly, and now and then lets a
hand slip: a model that has seen only the middle of the road does not know the grass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.game import Observation

CAR_ROW = 0.83
"""Where the car stands in the picture, as a part of its height; its column is the middle."""

GREY = 24
"""Most levels between the channels of a pixel of road; grass and kerbs have more."""


class Driver:
    """Args: spec: the game's controls."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left = 0
        self._pace = 40.0
        self._gain = 1.0
        self._slip = 0.0
        self._last_off = 0.0

    def act(self, observation: Observation) -> Controls:
        if self._left <= 0:
            self._decide()
        self._left -= 1
        speed = float(observation.variables[0])
        off = road_ahead(observation.pixels, 0.2 + 0.004 * min(speed, 60.0))
        if off is None:
            # No road in sight: back to where it was last seen.
            off = float(np.copysign(0.5, self._last_off))
        self._last_off = off
        steering = float(np.clip(2.2 * self._gain * off + self._slip, -1.0, 1.0))
        wanted = self._pace * (1.0 - 0.6 * min(abs(off) / 0.4, 1.0))
        gas = float(np.clip((wanted - speed) / 25.0, 0.0, 1.0))
        brake = float(np.clip((speed - wanted - 8.0) / 30.0, 0.0, 0.8))
        return self._spec.parse({"steering": steering, "gas": gas, "brake": brake})

    def _decide(self) -> None:
        rng = self._rng
        self._left = int(rng.integers(25, 120))
        self._pace = float(rng.uniform(25.0, 65.0))
        self._gain = float(rng.uniform(0.6, 1.3))
        self._slip = float(rng.normal(0.0, 0.5)) if rng.random() < 0.15 else float(rng.normal(0.0, 0.05))
        if self._slip > 0.3 or self._slip < -0.3:
            self._left = min(self._left, 30)


def road_ahead(pixels: NDArray[np.uint8], ahead: float) -> float | None:
    """How far to the right the middle of the road is, in parts of the width; None where none is seen.

    Of the stretches of road in the rows looked at, the one nearest to straight ahead is taken, so that a
    road running back beside this one is not followed.

    Args:
        pixels: uint8 [H, W, 3], the car's front up.
        ahead: how far up from the car to look, in parts of the height.
    """
    height, width, _ = pixels.shape
    middle = round(height * (CAR_ROW - ahead))
    rows = pixels[max(middle - 1, 0) : middle + 2].astype(np.int16)
    spread = rows.max(axis=2) - rows.min(axis=2)
    road = ((spread < GREY) & (rows.max(axis=2) > 60)).mean(axis=0) > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[False], road, [False]]).astype(np.int8)))
    if not len(edges):
        return None
    middles = (edges[0::2] + edges[1::2]) / 2.0 / width - 0.5
    return float(middles[int(np.argmin(np.abs(middles)))])
