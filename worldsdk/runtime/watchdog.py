"""The watchdog of a session: says at every frame how far the dream is from the game, and can lead it back.

A session is **lost** when, since it last stood on a real frame, at least ``SHARE`` of the frames of the last
``PATIENCE_S`` were unlike real ones (see ``familiar``). Where it may re-anchor, the next tick after that is
not generated:

* ``"observe"``: the picture of the nearest stored start is taken in as a real frame; the rest of the memory
  (pose, variables) stays. For models whose memory is their last pictures.
* ``"start"``: the memory becomes that of the nearest stored start. The tick count, seed and past go on. For
  models whose memory is more than pictures.

The nearest start is the one whose state variables differ least from the latest frame's, each in parts of
its range; where a world has none, the one whose last picture does (mean absolute difference).

When a session is lost depends on its frames alone, never on time or on who asks. So the same inputs lead
to the same re-anchoring; a frame made so says it in ``timing.rung``, ``Session.replay`` follows it with or
without a watchdog, and ``rewind`` goes back over it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from worldsdk.errors import SessionError
from worldsdk.frame import Frame
from worldsdk.runtime.familiar import Familiar, Verdict
from worldsdk.runtime.ladder import OBSERVED, start_of

if TYPE_CHECKING:
    from worldsdk.runtime.world import World

Reanchor = Literal["observe", "start"]

PATIENCE_S = 2.0
SHARE = 0.8
"""One strange frame is a flash or an unusual place; two seconds of them are a dream that has gone off."""

MOST_BETWEEN = 1000
"""Ticks between two looks; beyond it nobody is watching."""


@dataclass(frozen=True)
class Drift:
    """What a watchdog tells its callback.

    Attributes:
        tick: number of the frame that it is about.
        verdict: of that frame.
        lost: whether the session is lost at it.
        anchored: whether the frame was put there by re-anchoring (or observed), which ends being lost.
    """

    tick: int
    verdict: Verdict
    lost: bool
    anchored: bool


@dataclass(frozen=True)
class _Mark:
    tick: int
    verdict: Verdict
    real: bool


class Watchdog:
    """Made by ``Session.watch``; fed by its session. Not for several threads.

    Args:
        world: of the session.
        familiar: what real frames look like.
        callback: called with a ``Drift`` when a session becomes lost and when it was re-anchored, after the
            frame has become the session's latest. What it raises comes out of ``step``.
        reanchor: how a lost session is led back; None leaves it alone.
        every: looks at the ticks that this divides, and at each that was put there by hand.

    Attributes:
        anchored: how often it has led its session back.
    """

    def __init__(
        self,
        world: World,
        familiar: Familiar,
        callback: Callable[[Drift], object] | None = None,
        reanchor: Reanchor | None = None,
        every: int = 1,
    ) -> None:
        if reanchor is not None and reanchor not in get_args(Reanchor):
            raise SessionError(
                f"reanchor is {reanchor!r}",
                where="watch",
                fix=f"use None or one of {list(get_args(Reanchor))}",
            )
        if not 1 <= every <= MOST_BETWEEN:
            raise SessionError(f"every is {every}", where="watch", fix=f"give 1 to {MOST_BETWEEN}")
        self.familiar = familiar
        self.every = every
        self.reanchor: Reanchor | None = reanchor
        self.callback = callback
        self.anchored = 0
        self._world = world
        self._window = max(1, round(PATIENCE_S * world.rate_hz / every))
        # As far as the session can be wound back, and the window before that.
        self._marks: deque[_Mark] = deque(maxlen=world.rewind_ticks + 2 * self._window + 1)

    @property
    def score(self) -> float:
        """Of the latest frame that was looked at: 0 is a real frame, 1 and above unlike; 0 before any."""
        return self._marks[-1].verdict.score if self._marks else 0.0

    @property
    def verdict(self) -> Verdict | None:
        """Of the latest frame that was looked at, if there is one."""
        return self._marks[-1].verdict if self._marks else None

    @property
    def lost(self) -> bool:
        """Whether the session is lost at its latest frame."""
        if len(self._marks) < self._window:
            return False
        unlike = 0
        for index in range(1, self._window + 1):
            mark = self._marks[-index]
            if mark.real:
                return False
            unlike += mark.verdict.unlike
        return unlike >= SHARE * self._window

    def take(self, frame: Frame) -> None:
        """Looks at the session's new frame; the session calls this."""
        real = frame.timing.rung == OBSERVED or start_of(frame.timing.rung) is not None
        if frame.tick % self.every and not real:
            return
        was_lost = self.lost
        self._marks.append(_Mark(frame.tick, self.familiar.judge(frame.pixels), real))
        lost = self.lost
        if self.callback is not None and ((lost and not was_lost) or (real and was_lost)):
            self.callback(Drift(frame.tick, self._marks[-1].verdict, lost, real))

    def back_to(self, tick: int) -> None:
        """Forgets what came after ``tick``; the session calls this when it is wound back."""
        while self._marks and self._marks[-1].tick > tick:
            self._marks.pop()

    def clear(self) -> None:
        """Forgets everything; the session calls this when it begins anew."""
        self._marks.clear()

    def copy(self) -> Watchdog:
        """An equal one for a twin: what would happen next is the same in both."""
        twin = Watchdog(self._world, self.familiar, self.callback, self.reanchor, self.every)
        twin.anchored = self.anchored
        twin._marks.extend(self._marks)
        return twin

    def wanted(self, frame: Frame) -> int | None:
        """Index of the start to lead the session back to from ``frame``; None where it is not to be led."""
        if self.reanchor is None or not self.lost:
            return None
        self.anchored += 1
        return nearest_start(self._world, frame)


def nearest_start(world: World, frame: Frame) -> int:
    """Index of the stored start that ``frame`` is nearest to; the lowest of equally near ones."""
    variables = world.spec.variables
    distances = np.zeros(world.starts)
    for index in range(world.starts):
        context = world.context(index)
        if not variables:
            stored = context.pixels[0, -1].cpu().numpy().astype(np.int16)
            distances[index] = np.abs(stored - frame.pixels).mean()
            continue
        for variable, value in zip(variables, context.variables[0, -1].tolist(), strict=True):
            difference = abs(frame.state[variable.name] - value)
            if variable.period:
                difference = min(difference % variable.period, -difference % variable.period)
            distances[index] += difference / max(variable.high - variable.low, 1e-9)
    return int(np.argmin(distances))
