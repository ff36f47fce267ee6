"""What a recordable game is: it takes controls, and shows frames with all that it knows about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls
from worldsdk.data.format import GameInfo as GameInfo


@dataclass(frozen=True)
class Observation:
    """One frame of a real game.

    Attributes:
        pixels: uint8 [H, W, 3], RGB.
        variables: float32 [len(game.variables)].
        layers: name -> array of the dtype and shape of ``game.layers``.
        reward: what the last tick gave; 0 after a reset.
        ended: the game itself is over (death, goal).
        cut: the game stops here for a reason outside the world, such as a time limit.
        drawn: False where the game ended without drawing a frame; ``pixels`` are then the last ones drawn.
    """

    pixels: NDArray[np.uint8]
    variables: NDArray[np.float32]
    layers: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    reward: float = 0.0
    ended: bool = False
    cut: bool = False
    drawn: bool = True


class Game(Protocol):
    """A running game. Same seed and same controls give the same observations."""

    info: GameInfo

    def reset(self, seed: int) -> Observation:
        """Starts an episode. seed: 0 to 2**31 - 1."""
        ...

    def step(self, controls: Controls) -> Observation:
        """One tick. After an observation that ended or was cut, ``reset`` comes first."""
        ...

    def close(self) -> None: ...
