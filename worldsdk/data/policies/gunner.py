"""Turning on the spot and shooting at what comes: the scripted player of the arena.

It speaks the controls ``turn`` and ``attack``, and looks at the labels: of the monsters in view it takes the
one that is nearest (its feet are lowest in the picture), turns to it as a hand or a key would, and fires when
it is in line. Where none is in view it turns one way round until one is.
"""

from __future__ import annotations

import numpy as np

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.doom_spec import CLASSES
from worldsdk.data.games.game import Observation
from worldsdk.data.policies.sight import direction

MONSTER = CLASSES.index("monster")

IN_LINE = 4.0
"""Degrees off a monster's middle at which firing still hits it at most distances."""

WASTE = 0.03
"""How often it fires at nothing: a model must see a shot that misses."""


class Gunner:
    """Args: spec: the game's controls."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._side = 1.0 if rng.random() < 0.5 else -1.0
        self._speed = float(rng.uniform(3.0, 8.0))
        self._left = 0
        self._by_key = True

    def act(self, observation: Observation) -> Controls:
        if self._left <= 0:
            self._decide()
        self._left -= 1
        off = direction(observation.layers["labels"], (MONSTER,))
        if off is None:
            fire = self._rng.random() < WASTE
            return self._spec.parse({"turn": self._side * self._speed, "attack": float(fire)})
        # The pistol fires when the key goes down and again while it is held: both happen.
        fire = abs(off) < IN_LINE or self._rng.random() < WASTE
        return self._spec.parse({"turn": self._turn(off), "attack": float(fire)})

    def _decide(self) -> None:
        rng = self._rng
        self._left = int(rng.integers(30, 150))
        self._by_key = bool(rng.random() < 0.4)
        self._speed = float(rng.choice([4.0, 8.0, rng.uniform(2.0, 8.0)]))
        if rng.random() < 0.3:
            self._side = -self._side

    def _turn(self, off: float) -> float:
        if self._by_key:
            return float(np.sign(off)) * 4.0 if abs(off) > 2.0 else 0.0
        return float(np.clip(0.4 * off * self._rng.uniform(0.7, 1.3), -8.0, 8.0))
