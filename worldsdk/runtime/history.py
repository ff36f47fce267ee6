"""A session's past, so that it can be wound back: bounded in ticks and in bytes.

States are kept whole every ``stride`` ticks, together with the inputs of every tick since the oldest. A
tick in between is reached by running the model again from the state before it, which gives the same bits.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls
from worldsdk.frame import Frame
from worldsdk.models.interface import State

REWIND_TICKS = 600
"""How far a session can be wound back by default."""

REWIND_BYTES = 128 << 20
"""Most memory that one session's kept states take. Observed frames are kept beside them, as uint8."""


@dataclass(frozen=True)
class Moment:
    """A session at one tick: its memory and the frame it had just shown."""

    tick: int
    state: State
    frame: Frame

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        arrays = [self.frame.pixels.nbytes, *(layer.nbytes for layer in self.frame.layers.values())]
        # A state may be a view: what it keeps alive is its whole storage.
        return sum(arrays) + sum(t.untyped_storage().nbytes() for t in self.state.values())


@dataclass(frozen=True)
class Input:
    """All that made a tick from the one before: enough to make it again.

    Attributes:
        planned, taken: denoising steps that were planned, and that were taken.
        pixels: the observed frame, or None where one was generated.
    """

    tick: int
    controls: Controls
    planned: int
    taken: int
    pixels: NDArray[np.uint8] | None = None


class History:
    """The last ``max_ticks`` ticks and a little more.

    Args:
        first: the earliest moment that can ever be returned to.
        max_ticks: how far back it must be possible to go; 0 keeps nothing.
        max_bytes: what the kept moments may take; sets the stride.
    """

    def __init__(self, first: Moment, max_ticks: int = REWIND_TICKS, max_bytes: int = REWIND_BYTES) -> None:
        self._max_ticks = max_ticks
        self._moments = deque([first])
        self._inputs: deque[Input] = deque()
        self.stride = max(1, math.ceil(max_ticks * first.bytes / max_bytes))

    @property
    def oldest(self) -> int:
        """The earliest tick that can be returned to."""
        return self._moments[0].tick

    @property
    def bytes(self) -> int:
        """Memory that the kept moments and observed frames take."""
        observed = sum(i.pixels.nbytes for i in self._inputs if i.pixels is not None)
        return observed + sum(moment.bytes for moment in self._moments)

    def add(self, moment: Moment, made_by: Input) -> None:
        """Takes the next tick; forgets what is further back than need be."""
        self._inputs.append(made_by)
        if moment.tick % self.stride == 0:
            self._moments.append(moment)
        horizon = moment.tick - self._max_ticks
        while len(self._moments) > 1 and self._moments[1].tick <= horizon:
            self._moments.popleft()
        while self._inputs and self._inputs[0].tick <= self._moments[0].tick:
            self._inputs.popleft()

    def back_to(self, tick: int) -> tuple[Moment, list[Input]]:
        """Forgets all after ``tick`` (not before ``oldest``).

        Returns:
            the latest kept moment up to ``tick``, and the inputs that lead from it to ``tick``.
        """
        while self._moments[-1].tick > tick:
            self._moments.pop()
        while self._inputs and self._inputs[-1].tick > tick:
            self._inputs.pop()
        kept = self._moments[-1]
        return kept, [made_by for made_by in self._inputs if made_by.tick > kept.tick]

    def copy(self) -> History:
        """An independent history that shares the moments, which are never modified."""
        twin = History(self._moments[0], self._max_ticks)
        twin.stride = self.stride
        twin._moments = self._moments.copy()
        twin._inputs = self._inputs.copy()
        return twin
