"""What a policy is."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from worldsdk.controls import Controls
from worldsdk.data.games.game import Observation


class PolicyDone(Exception):  # noqa: N818 - an end, not an error
    """Raised by ``act`` when whoever plays wants to stop; what was recorded so far is kept."""


class Policy(Protocol):
    """Chooses the controls of each tick. All its randomness comes from the generator given to ``reset``."""

    def reset(self, rng: np.random.Generator) -> None:
        """Forgets the last episode."""
        ...

    def act(self, observation: Observation) -> Controls:
        """The controls for the tick after ``observation``. May raise PolicyDone."""
        ...
