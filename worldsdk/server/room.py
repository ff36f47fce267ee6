"""A room: one session, those who play it and those who watch. Lives on the event loop."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from worldsdk.protocol.latch import InputLatch
from worldsdk.protocol.messages import Event
from worldsdk.server.hooks import Role, SavedSeat
from worldsdk.server.live import Job, Live, Mode
from worldsdk.server.made import Made
from worldsdk.server.options import VIEWERS_A_TURN

if TYPE_CHECKING:
    from worldsdk.server.guest import Guest

TOKEN_BYTES = 32
"""Of randomness in a resume token: not to be guessed in the life of any server."""

MOST_RETIRED = 64
"""Used tokens that are remembered for each seat, to tell a replayed one from an unknown one."""

NEWS_SECONDS = 0.2
"""Between two messages about how many watch: a hundred viewers who come at once are one piece of news."""

_ids = itertools.count(1)


def digest_of(token: str) -> str:
    """How a resume token is kept: whoever reads the server's memory or disk cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(eq=False)
class Seat:
    """The place of one player or stepper, kept for a while when the connection drops.

    Attributes:
        role: of whoever sits there. guest: who does now, or None.
        token_digest: of the one token that opens it. retired: of those that did before.
        latch: what the player holds. held_seq: newest input seen.
        until: moment at which the time that was granted is over; None without a limit.
        waiting: lockstep ticks that wait for credit; ordered: how many the device was given and has not made.
    """

    role: Role
    latch: InputLatch
    token_digest: str = ""
    retired: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_RETIRED))
    held_seq: int = 0
    until: float | None = None
    guest: Guest | None = None
    waiting: deque[Job] = field(default_factory=deque)
    ordered: int = 0
    expiry: asyncio.TimerHandle | None = None
    id: int = field(default_factory=lambda: next(_ids))

    def rotate(self) -> str:
        """A new token that opens this seat; the one before no longer does."""
        if self.token_digest:
            self.retired.append(self.token_digest)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.token_digest = digest_of(token)
        return token

    def saved(self, now: float) -> SavedSeat:
        """What of it is written down at the moment ``now``, in seconds of the server's clock."""
        left = None if self.until is None else max(0.0, self.until - now)
        return SavedSeat(self.role, self.token_digest, self.held_seq, tuple(self.retired), left)


class Room:
    """One session and its people.

    Attributes:
        name, session: its names on the wire.
        live: the session on the device thread; reached by ``Host.post`` alone.
        seats: of players and steppers, present or not. viewers: present ones, in order of arrival.
        latest: the newest frame, for those who come late.
        paused, speed: of its clock, as the last command left them.
    """

    def __init__(self, name: str, session: str, mode: Mode) -> None:
        self.name = name
        self.session = session
        self.mode: Mode = mode
        self.live: Live | None = None
        self.seats: dict[int, Seat] = {}
        self.viewers: dict[Guest, None] = {}
        self.latest: Made | None = None
        self.paused = False
        self.speed = 1.0
        self.over = False
        self._unserved: dict[Guest, None] = {}
        self._fanning = False
        self._ended = False
        self._news: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def players(self) -> list[Guest]:
        """Those who are there now and may play."""
        return [seat.guest for seat in self.seats.values() if seat.guest is not None]

    @property
    def guests(self) -> Iterable[Guest]:
        """Everybody who is there now, players first."""
        return [*self.players, *self.viewers]

    # Frames.

    def publish(self, made: Made) -> None:
        """A new frame: players at once, viewers a few at a time between looks at the sockets."""
        if self.over:
            return
        self.latest = made
        for seat in self.seats.values():
            if seat.ordered and seat.id in made.applied:
                seat.ordered -= 1
            if seat.guest is not None:
                seat.guest.outbox.offer(made)
        if self.viewers:
            self._unserved.update(self.viewers)
            if not self._fanning:
                self._fanning = True
                self._loop.call_soon(self._fan_out)
        if made.frame.ended != self._ended:
            self._ended = made.frame.ended
            if self._ended:
                self.tell(Event(name="ended", data={"tick": made.frame.tick}))

    def _fan_out(self) -> None:
        for _ in range(VIEWERS_A_TURN):
            if not self._unserved:
                self._fanning = False
                return
            guest = next(iter(self._unserved))
            del self._unserved[guest]
            # The newest: another may have been made since this viewer's turn was set down.
            if self.latest is not None:
                guest.outbox.offer(self.latest)
        self._loop.call_soon(self._fan_out)

    def tell(self, event: Event, *, besides: Guest | None = None) -> None:
        """Sends an event to everybody in the room."""
        for guest in self.guests:
            if guest is not besides:
                guest.send(event)

    # People.

    def watch(self, guest: Guest) -> None:
        """A viewer comes."""
        self.viewers[guest] = None
        self._tell_viewers_soon()

    def leave(self, guest: Guest) -> None:
        """A viewer goes."""
        self._unserved.pop(guest, None)
        if guest in self.viewers:
            del self.viewers[guest]
            self._tell_viewers_soon()

    def _tell_viewers_soon(self) -> None:
        if self._news is None and not self.over:
            self._news = self._loop.call_later(NEWS_SECONDS, self._tell_viewers)

    def _tell_viewers(self) -> None:
        self._news = None
        if not self.over:
            self.tell(Event(name="viewers", data={"count": len(self.viewers)}))

    def close(self) -> None:
        """Nothing goes out any more."""
        self.over = True
        if self._news is not None:
            self._news.cancel()
        for seat in self.seats.values():
            if seat.expiry is not None:
                seat.expiry.cancel()
        self._unserved.clear()
