"""Policies that never look: what playing blindly is paid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from worldsdk.controls import Controls, ControlSpec
from worldsdk.data.games.game import Observation


class Hold:
    """Holds the same controls all the time. Raises ControlError for controls that are none."""

    def __init__(self, spec: ControlSpec, held: Mapping[str, float]) -> None:
        self._held = spec.parse(held)

    def reset(self, rng: np.random.Generator) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation) -> Controls:
        return self._held


class Scatter:
    """Presses something else at every tick. Args: spec: the game's controls."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def act(self, observation: Observation) -> Controls:
        values = {
            control.name: control.snap(
                float(self._rng.random() < 0.3)
                if control.kind == "button"
                else float(self._rng.uniform(control.low, control.high))
            )
            for control in self._spec
        }
        return self._spec.parse(values)
