"""Frame: what a session hands out at every tick."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls


@dataclass(frozen=True)
class Timing:
    """Where a tick's time went.

    Attributes:
        total_ms: from controls in hand to pixels in hand.
        stages: milliseconds by stage name (``condition``, ``denoise``, ``commit``, ``pixels``).
        steps_used: denoising steps taken.
        budget_ms: what the tick was allowed; ``inf`` where no clock runs.
        deadline_met: whether ``total_ms`` stayed within it.
        rung: name of the quality-ladder rung the tick ran on.
    """

    total_ms: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    steps_used: int = 0
    budget_ms: float = float("inf")
    deadline_met: bool = True
    rung: str = "full"


@dataclass(frozen=True)
class Frame:
    """One generated (or observed, or held) picture and all that belongs to its tick.

    Attributes:
        pixels: uint8 [H, W, 3], RGB.
        layers: named per-pixel layers, e.g. ``{"depth": float32 [H, W]}``, in their declared units. Some are
            worked out when first looked at; see ``docs/layers.md``.
        state: the pack's declared state variables as the model tracks them, in their declared units.
        reward: reward the model predicts for this tick; 0 where the pack has none.
        ended: whether the model says the episode is over.
        tick: number of this frame in its session; the start context's last frame is tick 0.
        controls: the controls that were applied.
        timing: cost of the tick.
        given: state variables that were set from outside before this tick; see ``Session.set_state``.
        held: True where the frame repeats the last one because a deadline was missed.
    """

    pixels: NDArray[np.uint8]
    layers: Mapping[str, NDArray[np.float32]]
    state: Mapping[str, float]
    reward: float
    ended: bool
    tick: int
    controls: Controls
    timing: Timing
    held: bool = False
    given: Mapping[str, float] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 of pixels, layers, state, reward, end and tick: equal iff the frames are equal.

        Timing is left out: two identical runs never take identical time.
        """
        h = hashlib.sha256()
        h.update(np.ascontiguousarray(self.pixels).reshape(-1).data)
        for name in sorted(self.layers):
            h.update(name.encode())
            h.update(np.ascontiguousarray(self.layers[name]).reshape(-1).data)
        for name in sorted(self.state):
            h.update(name.encode())
            h.update(np.float64(self.state[name]).tobytes())
        h.update(np.float64(self.reward).tobytes())
        h.update(f"{self.ended}{self.tick}".encode())
        return h.hexdigest()
