"""What a policy is."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from worldsdk.controls import Controls
from worldsdk.data.games.game import Observation


class Policy(Protocol):
    """Chooses the controls of each tick. All its randomness comes from the generator given to ``reset``."""

    def reset(self, rng: np.random.Generator) -> None:
        """Forgets the last episode."""
        ...

    def act(self, observation: Observation) -> Controls:
        """The controls for the tick after ``observation``."""
        ...
