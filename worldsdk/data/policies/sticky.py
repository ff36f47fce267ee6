"""Random play for any game: one thing is held for a while, then another."""

from __future__ import annotations

import numpy as np

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.game import Observation


class StickyRandom:
    """Holds a random choice for a random time, as hands do: jitter teaches a model nothing.

    Args:
        spec: the game's controls.
        hold: shortest and longest time, in ticks.
        rest: how often nothing is held.
    """

    def __init__(self, spec: ControlSpec, hold: tuple[int, int] = (4, 20), rest: float = 0.15) -> None:
        self._spec = spec
        self._hold = hold
        self._rest = rest
        self._buttons = [control.name for control in spec if control.kind == "button"]
        self._axes = [control for control in spec if control.kind == "axis"]
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left = 0
        self._held = self._spec.rest

    def act(self, observation: Observation) -> Controls:
        if self._left <= 0:
            self._held = self._choose()
            self._left = int(self._rng.integers(*self._hold, endpoint=True))
        self._left -= 1
        return self._held

    def _choose(self) -> Controls:
        rng = self._rng
        values: dict[str, float] = {}
        if rng.random() < self._rest:
            return self._spec.rest
        if self._buttons:
            values[str(rng.choice(self._buttons))] = 1.0
            if rng.random() < 0.2:
                values[str(rng.choice(self._buttons))] = 1.0
        for control in self._axes:
            # Rest, either end, or anywhere between: keyboards reach only the first two.
            kind = rng.random()
            if kind < 0.4:
                value = float(rng.uniform(control.low, control.high))
            else:
                value = 0.0 if kind < 0.6 else (control.low if kind < 0.8 else control.high)
            values[control.name] = control.snap(value)
        return self._spec.parse(values)
