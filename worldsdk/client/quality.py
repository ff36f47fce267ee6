"""How good a connection is: round trips, jitter, action-to-photon, and what became of the frames."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

KEPT = 512
"""Samples behind each percentile: about a quarter of a minute at 35 Hz."""

LONGEST_SECONDS = 60.0
"""An action-to-photon time above this is a machine that slept, not a connection."""

ROUND_TRIPS = 16
"""Round trips that the clock offset is chosen from: the quickest tells the offset best."""


@dataclass(frozen=True)
class Quality:
    """One look at a connection. Times in milliseconds, 0 where nothing was measured yet.

    Attributes:
        rtt: median of the last round trips of a ping.
        jitter: 95th percentile of how much later than the quickest a frame arrived.
        action_p50, action_p95: from an input leaving the client to the first frame that holds it being shown.
        frames: received. replaced: made by the server and overtaken by a newer one before they could be sent.
        late: shown after their due moment. dropped: received, and overtaken before they were shown.
        held: beats that showed the last frame once more. warped: of those, moved with the camera.
        reconnects: times the connection was lost and taken up again.
    """

    rtt: float = 0.0
    jitter: float = 0.0
    action_p50: float = 0.0
    action_p95: float = 0.0
    frames: int = 0
    replaced: int = 0
    late: int = 0
    dropped: int = 0
    held: int = 0
    warped: int = 0
    reconnects: int = 0


class Meter:
    """Gathers what ``Quality`` is read from. Moments are in seconds of the client's clock, or in micros."""

    def __init__(self) -> None:
        self.frames = 0
        self.replaced = 0
        self.reconnects = 0
        self._trips: deque[tuple[float, float]] = deque(maxlen=ROUND_TRIPS)
        self._transit: deque[float] = deque(maxlen=KEPT)
        self._actions: deque[float] = deque(maxlen=KEPT)
        self._applied = 0

    @property
    def offset(self) -> float | None:
        """Seconds to add to a server's moment to get the client's; None before the first round trip."""
        return min(self._trips)[1] if self._trips else None

    def pong(self, t0: int, t1: int, t2: int, now: float) -> None:
        """A round trip: client's micros at sending, server's at receiving and answering, and now."""
        trip = max(0.0, now - t0 / 1e6 - (t2 - t1) / 1e6)
        offset = (t0 / 1e6 + now) / 2.0 - (t1 + t2) / 2e6
        self._trips.append((trip, offset))

    def frame(self, pts: int, replaced: int, now: float) -> None:
        """A frame arrived that the server finished at ``pts`` micros of its own clock."""
        self.frames += 1
        self.replaced += replaced
        self._transit.append(now - pts / 1e6)

    def shown(self, applied: int, ts: int | None, now: float) -> None:
        """A frame was shown. Only the first frame that holds an input says how long that input took."""
        if ts is None or applied <= self._applied:
            return
        self._applied = applied
        took = now - ts / 1e6
        if 0.0 <= took <= LONGEST_SECONDS:
            self._actions.append(took)

    def skip(self, seq: int) -> None:
        """Inputs up to ``seq`` measure nothing: time stood still, or went elsewhere, while they were on
        their way."""
        self._applied = max(self._applied, seq)

    def renumber(self, seq: int) -> None:
        """Inputs go on from ``seq`` on a new connection."""
        self._applied = min(self._applied, seq)

    def forget_transit(self) -> None:
        """For a new connection or a world that jumped: its clock or its way here is another."""
        self._transit.clear()
        self._trips.clear()

    def read(self) -> Quality:
        """What was measured so far; the counts of a presentation are for its owner to fill in."""
        transit = np.asarray(self._transit)
        late = transit - transit.min() if len(transit) else transit
        return Quality(
            rtt=_percentile([trip for trip, _ in self._trips], 50),
            jitter=_percentile(late, 95),
            action_p50=_percentile(self._actions, 50),
            action_p95=_percentile(self._actions, 95),
            frames=self.frames,
            replaced=self.replaced,
            reconnects=self.reconnects,
        )


def _percentile(values: object, percent: float) -> float:
    """Nearest rank, in milliseconds; 0 without values."""
    numbers = np.asarray(list(values) if isinstance(values, deque) else values, dtype=np.float64)
    if not numbers.size:
        return 0.0
    return float(np.percentile(numbers, percent, method="inverted_cdf")) * 1000.0
