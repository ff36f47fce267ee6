"""When to show which frame: an absolute schedule from the server's time stamps, behind a buffer that adapts.

The server stamps each frame with the moment its tick was done (``pts``). A frame's way here takes a least
time, learnt from the quickest of the last seconds, plus jitter. Each frame is due at ``pts`` + least time +
delay, where the delay covers all but the worst jitter: pictures then follow each other as evenly as they were
made. A frame that comes after its due moment is shown at once (late); one that is overtaken before it was
shown is dropped; a beat without a new frame shows the last once more (held). No clock of its own, no I/O.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from worldsdk.client.quality import KEPT

T = TypeVar("T")

COVERED_PERCENT = 95.0
"""Part of the frames that the delay makes wait for their moment; covering the rest would cost every frame."""

LONGEST_DELAY_BEATS = 3.0
LONGEST_DELAY_SECONDS = 0.1
"""More delay than either is felt in the hand before it is seen as smoothness: some worlds have long beats."""

MARGIN_SECONDS = 0.0005
"""What a loop that waits for a due moment may itself be late."""

GAP_SECONDS = 0.5
"""Between the stamps of two frames: time stood still (a pause, a reconnect), so what was learnt is stale."""

WAITING = 8
"""Frames that may wait; credit keeps it far below."""

FRAME_SHARE = 0.2
"""Of each of an engine's frames in the mean length that counts as the engine's."""


@dataclass(frozen=True)
class _Waiting(Generic[T]):
    frame: T
    due: float
    late: bool


class Presenter(Generic[T]):
    """Decides what is on screen.

    Args:
        period: seconds between two ticks of the world.

    Attributes:
        late, dropped, held: see this module's description.
        delay: seconds that frames are kept back at present.
    """

    def __init__(self, period: float) -> None:
        self.period = period
        self.late = self.dropped = self.held = 0
        self.delay = 0.0
        self._transit: deque[float] = deque(maxlen=KEPT)
        self._waiting: deque[_Waiting[T]] = deque()
        self._last_pts: float | None = None
        self._expected: float | None = None
        self._held_since = 0

    def add(self, frame: T, pts: int, arrived: float) -> None:
        """A frame came in: ``pts`` in the server's micros, ``arrived`` in the client's seconds."""
        stamp = pts / 1e6
        if self._last_pts is None or not 0.0 <= stamp - self._last_pts <= GAP_SECONDS:
            self.restart()
        self._last_pts = stamp
        self._transit.append(arrived - stamp)
        least = min(self._transit)
        # By the schedule as it was: no frame may excuse its own lateness.
        due = stamp + least + self.delay
        self._adapt(least)
        self._waiting.append(_Waiting(frame, due, late=arrived > due + MARGIN_SECONDS))
        while len(self._waiting) > WAITING:
            self._waiting.popleft()
            self.dropped += 1

    def take(self, now: float) -> T | None:
        """The frame to show from now on, or None where what is shown stays."""
        newest: _Waiting[T] | None = None
        while self._waiting and self._waiting[0].due <= now:
            if newest is not None:
                self.dropped += 1
            newest = self._waiting.popleft()
        if newest is None:
            return None
        self.late += newest.late
        self._expected = max(newest.due, now - self.period) + self.period
        self._held_since = 0
        return newest.frame

    def overdue(self, now: float) -> float:
        """Beats by which the next frame is late at ``now``; 0 where it is not, or none has been shown yet."""
        if self._expected is None or now <= self._expected or self._waiting:
            return 0.0
        return (now - self._expected) / self.period

    def hold(self, now: float) -> bool:
        """Whether one more beat has passed without a frame; each is said, and counted in ``held``, once."""
        if self.overdue(now) < self._held_since + 0.5:
            return False
        self.held += 1
        self._held_since += 1
        return True

    def next_due(self) -> float | None:
        """The moment the next waiting frame is due."""
        return self._waiting[0].due if self._waiting else None

    def restart(self) -> None:
        """Forgets the schedule, for a world that stood still or jumped; what waits is due at once."""
        self._transit.clear()
        self._waiting = deque(_Waiting(entry.frame, 0.0, entry.late) for entry in self._waiting)
        self._last_pts = self._expected = None
        self.delay = 0.0

    def _adapt(self, least: float) -> None:
        transit = np.fromiter(self._transit, np.float64, len(self._transit))
        # Rounded down: one hitch among the first few frames is not yet a habit of the way.
        rank = math.floor(COVERED_PERCENT / 100.0 * (len(transit) - 1))
        jitter = float(np.partition(transit, rank)[rank]) - least
        wanted = min(jitter, LONGEST_DELAY_BEATS * self.period, LONGEST_DELAY_SECONDS)
        # Up at once, for a hitch is seen; down slowly, for each step down is one too.
        self.delay = wanted if wanted > self.delay else max(wanted, self.delay - 0.01 * self.period)


class FrameLead:
    """How far ahead an engine looks that draws at a rate of its own: half of its frame.

    What is due nearer to this frame than to the next is then shown now: pictures are on time on average, and
    not half a frame late.

    Args:
        period: seconds between two ticks of the world; more than half of it is never looked ahead.
    """

    def __init__(self, period: float) -> None:
        self.period = period
        self._last: float | None = None
        self._mean = 0.0

    def at(self, now: float) -> float:
        """Seconds; to be asked once in each of the engine's frames."""
        passed = min(now - (now if self._last is None else self._last), self.period)
        self._last = now
        self._mean += FRAME_SHARE * (passed - self._mean)
        return 0.5 * self._mean
