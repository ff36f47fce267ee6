"""What the server's core asks of the parts around it, and what it does where there are none.

Each hook is a ``Protocol`` with a permissive default in ``server.defaults``: an open door, no metrics,
nothing saved. All methods are called on the event loop and must return at once, except where ``async`` or
"on a worker thread" is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import WorldSDKError

if TYPE_CHECKING:
    from worldsdk.protocol.messages import Hello

Role = Literal["player", "viewer", "stepper"]
Outcome = Literal["sent", "replaced", "skipped", "late"]


class RefusedError(WorldSDKError):
    """A connection or a request that is turned away with a documented code.

    Args:
        code: one of ``worldsdk.protocol.codes``; decides the close code.
        what: the sentence for the client: no traceback, no path, no secret.
        retry_after_ms: when trying again may help; None where it never does.
        position: place in the queue, from 1.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        where: str = "",
        fix: str = "",
        retry_after_ms: int | None = None,
        position: int | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.code = code  # type: ignore[misc]  # one class for all codes of the wire
        self.retry_after_ms = retry_after_ms
        self.position = position


@dataclass(frozen=True)
class Grant:
    """What a visitor may do.

    Attributes:
        roles: the roles that may be taken.
        room: the only room that may be entered or made; None for any.
        subject: who it is, for limits and logs; never a secret.
        session_seconds: the longest that this connection may last; None for the server's own limit.
    """

    roles: frozenset[Role] = frozenset(("player", "viewer", "stepper"))
    room: str | None = None
    subject: str = ""
    session_seconds: float | None = None


@dataclass(frozen=True)
class Denied:
    """An HTTP answer instead of an upgrade: status, reason as plain text, further headers."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Meter(Protocol):
    """What one connection has used of its allowance."""

    def count(self, kind: str, size: int) -> bool:
        """Whether one more message of type ``kind`` (``"input"``, ``"command"``, ...; ``"malformed"``) and
        ``size`` bytes is within the allowance. A False is answered with ``rate_limited``."""


class Authority(Protocol):
    """Who may come in. Raises ``RefusedError`` where somebody may not."""

    def check_request(self, address: str, path: str, headers: Mapping[str, str]) -> Denied | None:
        """Before the upgrade: Origin, secrets in the URL, number of connections. None lets it through.

        ``path`` is the request target with its query. ``headers`` compares names without case.
        """

    async def admit(self, address: str, headers: Mapping[str, str], hello: Hello) -> Grant:
        """After ``hello``: the token, its role and room. Raises RefusedError."""

    def give_back(self, grant: Grant) -> None:
        """There was no place for whom ``admit`` let in: what it used up is good for another try."""

    def connected(self, address: str) -> None:
        """A WebSocket from ``address`` is open, its hello still to come."""

    def disconnected(self, address: str) -> None:
        """It has gone; called once for every ``connected``."""

    def meter(self, grant: Grant, rate_hz: float) -> Meter:
        """The allowance of a new connection to a world of ``rate_hz`` ticks a second."""


class ImageReader(Protocol):
    """Pictures that clients upload."""

    async def read(self, data: bytes, width: int, height: int) -> NDArray[np.uint8]:
        """uint8 [height, width, 3] RGB from PNG, JPEG or WebP, fitted to that size, decoded off the loop.

        Raises RefusedError (``image_invalid``, ``too_large``).
        """


class Metrics(Protocol):
    """Counters and times. Methods may be called from the device thread too and must be cheap."""

    def tick(self, stages: Mapping[str, float], total_ms: float, *, met: bool) -> None:
        """One generated frame: ms by stage, ms in all, whether its deadline was met."""

    def frame(self, outcome: Outcome, codec: str, size: int) -> None:
        """One frame for one connection, ``size`` bytes of message (0 unless sent)."""

    def encoded(self, codec: str, seconds: float) -> None:
        """Pixels of one frame were encoded."""

    def input_to_send(self, seconds: float) -> None:
        """From an input's arrival to its frame being handed to the socket."""

    def action_to_photon(self, seconds: float) -> None:
        """From a client's input to its frame on that client's screen, by the client's clock."""

    def joined(self, role: str) -> None:
        """A connection was welcomed."""

    def left(self, role: str, reason: str, seconds: float) -> None:
        """It ended after ``seconds``; ``reason`` is an error code, ``"bye"`` or ``"lost"``."""

    def traffic(self, direction: Literal["in", "out"], size: int) -> None:
        """Bytes of one message."""

    def rejected(self, code: str) -> None:
        """A visitor, a message or a command was refused with that code."""

    def resumed(self, outcome: Literal["resumed", "conflict", "expired"]) -> None:
        """A resume token was presented."""

    def load(self, sessions: int, utilisation: float) -> None:
        """Live sessions, and the share (0..1) of the device's time that they need."""


@dataclass(frozen=True)
class Status:
    """What ``/healthz`` and ``/readyz`` tell.

    Attributes:
        ready: whether a new session would be let in. draining: whether the server is about to leave.
        reason: why it is not ready; empty where it is.
        alive: whether the device thread still runs.
        sessions, viewers: live now.
        world: name of the world. uptime_seconds: since the start.
    """

    ready: bool
    draining: bool
    reason: str
    alive: bool
    sessions: int
    viewers: int
    world: str
    uptime_seconds: float


@dataclass(frozen=True)
class HttpReply:
    """A complete HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class HttpRoutes(Protocol):
    """Plain HTTP on the WebSocket's port."""

    def respond(self, path: str, headers: Mapping[str, str], status: Status) -> HttpReply | None:
        """The answer to GET ``path`` (with its query), or None where there is nothing of that name."""


@dataclass(frozen=True)
class SavedSeat:
    """A place in a room that somebody may come back to.

    Attributes:
        role: of the one who sat there. token_sha256: hex digest of the resume token that opens it.
        held_seq: newest input seen from there. retired: digests of tokens that were used before.
        seconds_left: of the time that its token allowed; None without a limit.
    """

    role: str
    token_sha256: str
    held_seq: int
    retired: tuple[str, ...] = ()
    seconds_left: float | None = None


@dataclass(frozen=True)
class SavedSession:
    """A room's session, complete enough to go on after a restart.

    Attributes:
        session, room: their names on the wire. mode: ``"realtime"`` or ``"lockstep"``.
        world: digest of the pack. snapshot: ``Session.snapshot()``.
        paused, speed: of its clock.
        seats: who may come back.
    """

    session: str
    room: str
    mode: str
    world: str
    snapshot: bytes
    tick: int
    paused: bool
    speed: float
    seats: tuple[SavedSeat, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)


class StateStore(Protocol):
    """Sessions on disk. Called on a worker thread, one call at a time; may take its time."""

    def save(self, saved: SavedSession) -> None:
        """Keeps this in place of what was kept for the same session, atomically."""

    def remove(self, session: str) -> None:
        """Forgets a session that is over; nothing happens where it is not known."""

    def load(self) -> list[SavedSession]:
        """All that was kept and can still be read; what cannot is left out and logged."""
