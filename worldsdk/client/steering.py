"""What a player's hands do to a served world: said once when it changes, and never as a flood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from worldsdk.client.session import RemoteSession
    from worldsdk.controls import Controls

INPUT_GAP_BEATS = 0.3
"""Least time between two inputs, in ticks: servers allow a few inputs a tick and refuse a flood."""


class Hands(Protocol):
    """Devices, bound to a world's controls."""

    def sample_with_mouse(self) -> tuple[Controls, tuple[float, float]]:
        """What is held at this tick, and the pixels that the mouse moved since the last call."""

    def forget_motion(self) -> None:
        """Drops what the mouse moved."""


class Steering:
    """Sends what ``hands`` hold to ``session``, which is in real time.

    Nothing is sent for a viewer, while the world stands still, or while the connection is lost; what the
    hands do then is not meant for the world.

    Attributes:
        plays: whether this session steers at all.
    """

    def __init__(self, session: RemoteSession, hands: Hands) -> None:
        self.plays = session.world.plan.wishes.role != "viewer"
        self._session, self._hands = session, hands
        self._period = 1.0 / session.world.rate_hz
        self._changed = False
        self._said: Controls | None = None
        self._sent = -math.inf

    def moved(self) -> None:
        """A device has changed; from any thread, never waits."""
        self._changed = True

    def next_due(self) -> float:
        """The moment to call ``update`` again, in seconds of the session's clock."""
        if not self._steers:
            return math.inf
        # Sent at once, an input may still make the tick that is about to begin.
        return self._sent + (INPUT_GAP_BEATS if self._changed else 1.0) * self._period

    def update(self, now: float) -> None:
        """Says what is held, where that is new and it is time to."""
        if not self._steers:
            self._hands.forget_motion()
            self._said = None
            return
        if now < self.next_due():
            return
        self._changed, self._sent = False, now
        controls, mouse = self._hands.sample_with_mouse()
        # Levels hold at the server: repeating them would only blur what action-to-photon measures.
        if controls != self._said or any(mouse):
            self._said = controls
            self._session.send(controls, mouse=mouse)

    @property
    def _steers(self) -> bool:
        return self.plays and self._session.connected and not self._session.paused
