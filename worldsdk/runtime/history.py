"""A session's past, so that it can be wound back: bounded in ticks and in bytes.

States are kept every ``stride`` ticks, together with the inputs of every tick since the oldest. A tick in
between is reached by running the model again from the state before it, which gives the same bits. The stride
is 1 as long as memory allows, and doubles whenever it does not; tensors that a tick passed on unchanged are
held, and counted, once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls
from worldsdk.frame import Frame
from worldsdk.models.interface import State
from worldsdk.runtime.layers import Layers
from worldsdk.runtime.shares import Share, own

REWIND_TICKS = 600
"""How far a session can be wound back by default."""

REWIND_BYTES = 128 << 20
"""Most memory that one session's kept states take. Observed frames are kept beside them, as uint8."""


class Moment(NamedTuple):
    """A session at one tick: its memory and the frame it had just shown.

    ``vetted`` says that the memory is known to hold no NaN and no infinity.
    """

    tick: int
    memory: State | Share
    frame: Frame
    vetted: bool = False

    @property
    def state(self) -> State:
        """Its memory, a batch of one."""
        return own(self.memory)

    @property
    def bytes(self) -> int:
        """Memory it keeps alive."""
        return sum(self.parts.values())

    @property
    def parts(self) -> dict[int, int]:
        """Address -> bytes of every piece of memory that it keeps alive."""
        layers = self.frame.layers
        made = layers.made if isinstance(layers, Layers) else layers
        arrays: list[NDArray[Any]] = [self.frame.pixels, *made.values()]
        parts = {id(array): array.nbytes for array in arrays}
        if isinstance(layers, Layers):
            # Counted whether or not somebody has looked: a sum must not change behind its owner's back.
            parts[id(layers)] = layers.derived_bytes
        for tensor in self.state.values():
            # A state may be a view: what it keeps alive is its whole storage.
            storage = tensor.untyped_storage()
            parts[storage.data_ptr()] = storage.nbytes()
        return parts


NOTHING_GIVEN: Mapping[str, float] = MappingProxyType({})


class Input(NamedTuple):
    """All that made a tick from the one before: enough to make it again.

    Attributes:
        planned, taken: denoising steps that were planned, and that were taken.
        pixels: the observed frame, or None where one was generated.
        given: state variables set before it was generated or observed.
        start: index of the stored start whose memory was taken instead of generating, or None.
    """

    tick: int
    controls: Controls
    planned: int
    taken: int
    pixels: NDArray[np.uint8] | None = None
    start: int | None = None
    given: Mapping[str, float] = NOTHING_GIVEN


class _Kept(NamedTuple):
    """A moment, and what it keeps alive: an address may be another's by the time that it is let go."""

    tick: int
    moment: Moment
    parts: Mapping[int, int]


class History:
    """The last ``max_ticks`` ticks and a little more.

    A tick waits for ``add`` only; what its memory comes to, and what is to be forgotten for it, is worked out
    by ``settle``: when there is time (``tidy``), or at the next tick, or where somebody looks at the past.

    Args:
        first: the earliest moment that can ever be returned to.
        max_ticks: how far back it must be possible to go; 0 keeps nothing.
        max_bytes: what the kept moments may take.
    """

    def __init__(self, first: Moment, max_ticks: int = REWIND_TICKS, max_bytes: int = REWIND_BYTES) -> None:
        self._max_ticks, self._max_bytes = max_ticks, max_bytes
        self._moments: deque[_Kept] = deque()
        self._inputs: deque[Input] = deque()
        self._fresh: tuple[Moment, Input] | None = None
        self._holders: Counter[int] = Counter()
        self._bytes = 0
        self.stride = 1
        self._keep(first)

    @property
    def oldest(self) -> int:
        """The earliest tick that can be returned to."""
        self.settle()
        return self._moments[0].tick

    @property
    def bytes(self) -> int:
        """Memory that the kept moments and observed frames take."""
        self.settle()
        return self._bytes + sum(i.pixels.nbytes for i in self._inputs if i.pixels is not None)

    def add(self, moment: Moment, made_by: Input) -> None:
        """Takes the next tick."""
        # Without a past, only the newest is ever looked at.
        self.tidy()
        self._fresh = moment, made_by

    def tidy(self) -> None:
        """Does now what the next ``add`` would begin with."""
        if self._max_ticks:
            self.settle()

    def settle(self) -> None:
        """Takes account of the newest tick; forgets what is further back than need be."""
        if self._fresh is None:
            return
        (moment, made_by), self._fresh = self._fresh, None
        self._inputs.append(made_by)
        if moment.tick % self.stride == 0:
            self._keep(moment)
        horizon = moment.tick - self._max_ticks
        while len(self._moments) > 1 and self._moments[1].tick <= horizon:
            self._drop(self._moments.popleft())
        while self._bytes > self._max_bytes and len(self._moments) > 1:
            self._thin()
        while self._inputs and self._inputs[0].tick <= self._moments[0].tick:
            self._inputs.popleft()

    def _keep(self, moment: Moment) -> None:
        kept = _Kept(moment.tick, moment, moment.parts)
        self._moments.append(kept)
        for part, size in kept.parts.items():
            self._bytes += size if self._holders[part] == 0 else 0
            self._holders[part] += 1

    def _drop(self, kept: _Kept) -> None:
        for part, size in kept.parts.items():
            self._holders[part] -= 1
            if self._holders[part] == 0:
                del self._holders[part]
                self._bytes -= size

    def _thin(self) -> None:
        """Keeps half of the moments; the oldest always, since ticks right after it start from it."""
        self.stride *= 2
        oldest, *rest = self._moments
        for kept in rest:
            if kept.tick % self.stride:
                self._drop(kept)
        self._moments = deque([oldest, *(kept for kept in rest if kept.tick % self.stride == 0)])

    def back_to(self, tick: int) -> tuple[Moment, list[Input]]:
        """Forgets all after ``tick`` (not before ``oldest``).

        Returns:
            the latest kept moment up to ``tick``, and the inputs that lead from it to ``tick``.
        """
        self.settle()
        while self._moments[-1].tick > tick:
            self._drop(self._moments.pop())
        while self._inputs and self._inputs[-1].tick > tick:
            self._inputs.pop()
        kept = self._moments[-1].moment
        return kept, [made_by for made_by in self._inputs if made_by.tick > kept.tick]

    def copy(self) -> History:
        """An independent history that shares the moments, which are never modified."""
        self.settle()
        twin = History(self._moments[0].moment, self._max_ticks, self._max_bytes)
        twin.stride, twin._bytes = self.stride, self._bytes
        twin._holders = self._holders.copy()
        twin._moments = self._moments.copy()
        twin._inputs = self._inputs.copy()
        return twin
