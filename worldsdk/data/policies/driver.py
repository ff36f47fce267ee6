"""Driving on the road: the scripted player of the car game.

It speaks the controls ``steering``, ``gas`` and ``brake``, and knows the road; where on it the car is it
works out from ``x``, ``y`` and ``heading``.
It steers by pure pursuit (Coulter 1992): for a point of the road some way ahead, the farther the faster it
goes; and it goes no faster than the bends ahead allow. Episodes differ in pace, and in whether it has
sticks or keys; the line that it keeps to wanders from side to side, and now and then far out over the
grass. Now and then a hand slips for up to two seconds, or it stops: what follows, the way back, is what a
model of nothing but good driving would not know.
"""

from __future__ import annotations

import numpy as np

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.cars import ROAD
from worldsdk.data.games.circuit import Circuit, wrap_angle
from worldsdk.data.games.game import Observation

WHEELBASE = 3.24
"""Metres between the axles."""

LOCK = 0.4
"""Radians that the front wheels turn at most. The control says the angle: beyond this it does no more."""

PACES = ((2.0, 10.0), (10.0, 20.0), (20.0, 34.0), (34.0, 75.0))
"""From a crawl to as fast as the bends allow, in metres a second."""

ASTRAY = 24.0
"""Metres beside the road's middle that it goes astray at most: an episode ends at 35."""

KEYS = 0.4
"""Part of the episodes that are driven with keys: all or nothing."""

GRIP = 18.0
"""Metres/second squared to the side that it asks of the tyres: on the road they hold more, on grass less."""

BRAKING = 16.0
"""Metres/second squared that it counts on when it comes to a bend too fast."""

AHEAD = 45.0
"""Metres of road that it looks over for bends."""


class Driver:
    """Args:
    spec: the game's controls.
    circuit: the game's road.
    """

    def __init__(self, spec: ControlSpec, circuit: Circuit) -> None:
        self._spec = spec
        self._circuit = circuit
        spots = np.arange(0.0, circuit.length, 3.0)
        # No corner is sharper than the car can turn, whatever the kinks of the line say.
        self._bends = np.array([abs(circuit.bend(spot)) for spot in spots])
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._style = PACES[int(rng.integers(len(PACES)))]
        self._keys = bool(rng.random() < KEYS)
        self._sense = 0.0
        self._left = 0
        self._until_slip = int(rng.integers(50, 200))
        self._slip: Controls | None = None
        self._slip_left = 0

    @property
    def slipping(self) -> bool:
        """Whether its last controls were not meant."""
        return self._slip is not None

    def act(self, observation: Observation) -> Controls:
        if self._left <= 0:
            self._decide()
        self._left -= 1
        self._until_slip -= 1
        if self._until_slip <= 0:
            self._begin_slip()
        if self._slip_left > 0:
            self._slip_left -= 1
            if self._slip is not None:
                return self._slip
        self._slip = None
        return self._drive(observation)

    def _drive(self, observation: Observation) -> Controls:
        x, y, heading, speed, _, _, wheel = (float(value) for value in observation.variables[:7])
        place = self._circuit.locate(x, y, heading)
        along, offset, slant = place.along, place.offset, place.slant
        # Whichever way it faces it goes on, and does not change its mind on every turn of a spin.
        if self._sense == 0.0 or np.cos(slant) * self._sense < -0.4:
            self._sense = float(np.copysign(1.0, np.cos(slant)))
        turn = self._pursue(speed, along, offset, slant)
        wanted = self._pace if abs(offset) < ROAD else min(self._pace, 20.0)
        wanted = min(wanted, self._allowed(along))
        if abs(turn) >= LOCK:
            wanted = min(wanted, 10.0)
        # Rear wheels that drive hard in a turn lose their hold.
        most = 1.0 - 0.6 * min(abs(turn) / LOCK, 1.0)
        gas = float(np.clip((wanted - speed) / 8.0, 0.0, most))
        brake = float(np.clip((speed - wanted - 2.0) / 15.0, 0.0, 0.8))
        steering = -float(np.clip(turn, -LOCK, LOCK))
        if self._keys:
            # A held key turns the wheels all the way: tapped, they are on average where they should be.
            away = -steering - wheel
            steering = 0.0 if abs(away) < 0.08 else -float(np.copysign(1.0, away))
            gas, brake = float(gas > 0.25), 0.8 * float(brake > 0.2)
        return self._spec.parse({"steering": steering, "gas": gas, "brake": brake})

    def _pursue(self, speed: float, along: float, offset: float, slant: float) -> float:
        """Angle of the front wheels, radians to the left, that leads over the point aimed at."""
        circuit = self._circuit
        reach = 6.0 + 0.3 * speed
        x, y = circuit.point(along, offset)
        to_x, to_y = circuit.point(along + self._sense * reach, self._line)
        away = float(np.hypot(to_x - x, to_y - y))
        angle = wrap_angle(float(np.arctan2(to_y - y, to_x - x)) - circuit.heading(along) - slant)
        if abs(angle) > np.pi / 2.0:
            return float(np.copysign(LOCK, angle))
        return self._gain * float(np.arctan(2.0 * WHEELBASE * np.sin(angle) / away))

    def _allowed(self, along: float) -> float:
        """Speed from which all bends ahead can still be taken."""
        gaps = np.arange(0.0, AHEAD, 3.0)
        rows = np.rint((along + self._sense * gaps) % self._circuit.length / 3.0).astype(int)
        bends = np.maximum(self._bends[rows % len(self._bends)], 1e-3)
        return float(np.sqrt(self._daring * GRIP / bends + 2.0 * BRAKING * gaps).min())

    def _decide(self) -> None:
        rng = self._rng
        self._left = int(rng.integers(25, 100))
        self._pace = float(rng.uniform(*self._style))
        # Above 1 it asks for more than the tyres hold, and slides.
        self._daring = float(rng.uniform(0.5, 1.2))
        self._gain = float(rng.uniform(0.8, 1.3))
        self._line = float(rng.normal(0.0, 0.3)) * ROAD
        if rng.random() < 0.05:
            self._line = float(rng.uniform(-ASTRAY, ASTRAY))
        if rng.random() < 0.06:
            # Stops, and starts again.
            self._pace = 0.0
            self._left = int(rng.integers(25, 60))

    def _begin_slip(self) -> None:
        rng = self._rng
        self._until_slip = int(rng.integers(100, 300))
        self._slip_left = int(rng.integers(12, 45))
        side = float(rng.choice([-1.0, 1.0])) if self._keys else float(rng.uniform(-1.0, 1.0))
        kind = rng.random()
        self._slip = self._spec.parse(
            {
                "steering": side if rng.random() < 0.7 else 0.0,
                "gas": float(rng.uniform(0.2, 1.0)) if kind < 0.4 else 0.0,
                "brake": float(rng.uniform(0.2, 1.0)) if kind > 0.7 else 0.0,
            }
        )
