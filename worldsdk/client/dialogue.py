"""One client's side of a session, across all of its connections. Bytes in, bytes out: no socket, no waiting.

The synchronous and the asynchronous client are thin shells around this: they connect, hand received bytes to
``receive``, send what lies in ``outgoing``, and look at the rest until what they wait for has come.
Not safe to use from two threads at once; shells that have threads hold a lock.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from worldsdk.client.clock import ClientClock, micros
from worldsdk.client.description import Description, describe
from worldsdk.client.failures import failure
from worldsdk.client.frames import RemoteFrame, remote_frame
from worldsdk.client.pictures import PictureReader
from worldsdk.client.quality import Meter
from worldsdk.controls import Controls
from worldsdk.errors import ConnectionLostError, WorldSDKError
from worldsdk.protocol.client_connection import ClientConnection
from worldsdk.protocol.codec import encode
from worldsdk.protocol.limits import MAX_MESSAGE_BYTES
from worldsdk.protocol.messages import (
    Accepted,
    Ack,
    Applied,
    Bye,
    ErrorMessage,
    Event,
    FrameMessage,
    GoAway,
    Hello,
    Ping,
    Pong,
    ServerMessage,
    Welcome,
)
from worldsdk.protocol.version import MINOR

Role = Literal["player", "viewer", "stepper"]
Mode = Literal["realtime", "lockstep"]

CLIENT_VERSION = "1"

REMEMBERED = 256
"""Inputs of which the controls are kept, to say which a frame holds."""

EVENTS_KEPT = 64
"""Events that wait to be read; older ones are dropped, for a program that never looks."""

STEP_CREDIT = 64
"""Frames in flight in lockstep, where an input asks for each: a large window spares an ack for most steps."""

LIVE_CREDIT = 2
"""Frames in flight in real time: one on its way while one is being taken."""

REPEATABLE = frozenset(
    {"pause", "resume", "reset", "start", "speed", "snapshot", "restore", "state", "quality"}
)
"""Commands that may be sent again when it is not known whether they arrived: twice does what once does."""


TIME_CHANGING = frozenset({"pause", "resume", "reset", "start", "restore", "rewind", "speed", "observe"})
"""Commands after which an earlier input says nothing about how long inputs take to be seen."""


@dataclass(frozen=True)
class Wishes:
    """What a client asks for in ``hello``; see there."""

    role: Role = "player"
    mode: Mode = "realtime"
    codecs: tuple[str, ...] = ("raw_rgb", "png")
    room: str | None = None
    layers: tuple[str, ...] = ()
    credit: int = LIVE_CREDIT
    engine: str = "python"


@dataclass
class Asked:
    """A command on its way. ``result``, ``tick`` and ``frames`` (how many had come by then) are set once
    it was applied, ``error`` if refused."""

    name: str
    args: Mapping[str, Any]
    accepted: bool = False
    tick: int | None = None
    frames: int = 0
    result: Mapping[str, Any] | None = None
    error: WorldSDKError | None = None

    @property
    def answered(self) -> bool:
        return self.result is not None or self.error is not None


class Dialogue:
    """See this module's description.

    Attributes:
        outgoing: encoded messages to be sent, in order.
        welcome: of the latest connection; None until it came. description: what it said.
        frame: the newest frame. frames: how many came, over all connections. applied: newest input in them.
        events: (name, data) not yet read.
        fatal: why the server will not go on, once it said so. trouble: a refused input, until it is taken.
        goaway: the server's wish that this connection ends.
        paused, ended, speed: as the server last said.
        on_frame: called with each frame as it comes.
    """

    def __init__(self, wishes: Wishes, clock: ClientClock) -> None:
        self.wishes = wishes
        self.outgoing: deque[bytes] = deque()
        self.welcome: Welcome | None = None
        self.description: Description | None = None
        self.frame: RemoteFrame | None = None
        self.frames = 0
        self.applied = 0
        self.events: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=EVENTS_KEPT)
        self.fatal: WorldSDKError | None = None
        self.retry_after: float | None = None
        self.trouble: WorldSDKError | None = None
        self.goaway: GoAway | None = None
        self.paused = False
        self.ended = False
        self.speed = 1.0
        self.on_frame: Callable[[RemoteFrame], None] | None = None
        self.meter = Meter()
        self.seq = 0
        self.resume_token: str | None = None
        self.room: str | None = None
        self._clock = clock
        self._connection: ClientConnection | None = None
        self._since = 0.0
        self._asked: dict[int, Asked] = {}
        self._sent: OrderedDict[int, Controls] = OrderedDict()
        self._newest: tuple[Controls, tuple[float, float], int] | None = None
        self._reader: PictureReader | None = None
        self._unacked = 0
        self._owes = False

    # Beginning and ending.

    def open(self, token: str | None, resume: str | None = None) -> bytes:
        """A new connection begins: forgets the old one's state and returns the ``hello`` to send first."""
        self.outgoing.clear()
        self.welcome, self.goaway, self.fatal, self.trouble, self.retry_after = None, None, None, None, None
        self._reader = None
        self._unacked, self._owes = 0, False
        self._since = self._clock.seconds()
        self.meter.forget_transit()
        wishes = self.wishes
        # Viewers have no token to come back with, only the room's name.
        room = self.room if wishes.room is None and wishes.role == "viewer" else wishes.room
        self._connection = ClientConnection(
            Hello(
                v=(0, MINOR),
                role=wishes.role,
                mode=wishes.mode,
                codecs=wishes.codecs,
                max_message=MAX_MESSAGE_BYTES,
                credit=wishes.credit,
                room=room,
                token=token,
                resume=resume if resume is not None else self.resume_token,
                layers=wishes.layers,
                client={"name": "worldsdk", "version": CLIENT_VERSION, "engine": wishes.engine},
            )
        )
        return self._connection.opening

    def bye(self, reason: str = "") -> None:
        self.outgoing.append(encode(Bye(reason=reason)))

    # What a client says.

    def input(self, controls: Controls, *, mouse: tuple[float, float] = (0.0, 0.0), ticks: int = 1) -> int:
        """Queues an input and returns its number. ``mouse``: pixels since the last one."""
        self._newest = controls, mouse, ticks
        return self._say_newest()

    def command(self, name: str, args: Mapping[str, Any]) -> Asked:
        """Queues a command; the returned object is filled in when its answer comes."""
        asked = Asked(name, dict(args))
        self._say_command(asked)
        return asked

    def ping(self) -> None:
        self.outgoing.append(encode(Ping(t0=micros(self._clock.seconds()))))

    def shown(self, frame: RemoteFrame, now: float) -> None:
        """A frame is on screen since ``now``: tells the server, so that it knows action-to-photon too."""
        self.meter.shown(frame.wire.applied, frame.wire.ts, now)
        if self.welcome is not None and frame.wire.arrived >= self._since:
            self.outgoing.append(encode(Ack(seq=frame.wire.seq, shown=micros(now))))

    def _say_newest(self) -> int:
        assert self._newest is not None and self._connection is not None
        if self._owes:
            self._acknowledge()
        controls, mouse, ticks = self._newest
        now = int(self._clock.seconds() * 1e6)
        seq, data = self._connection.input_bytes(now, controls.held, mouse, ticks)
        self.seq = seq
        sent = self._sent
        if seq in sent:
            sent.move_to_end(seq)
        sent[seq] = controls
        if len(sent) > REMEMBERED:
            sent.popitem(last=False)
        self.outgoing.append(data)
        return seq

    def _say_command(self, asked: Asked) -> None:
        assert self._connection is not None
        message = self._connection.command(asked.name, asked.args)
        self._asked[message.id] = asked
        self.outgoing.append(encode(message))

    # What a server says.

    def receive_frame(self, data: bytes) -> bool:
        """Takes a message that is a frame beyond doubt, as ``receive`` would. False where it is not: then
        nothing has been taken."""
        assert self._connection is not None
        message = self._connection.receive_frame(data)
        if message is None:
            return False
        self._frame(message)
        return True

    def receive(self, data: bytes) -> None:
        """Takes one message. Raises ProtocolError where it breaks the protocol: the connection is no good."""
        assert self._connection is not None
        for message in self._connection.receive(data):
            self._take(message)

    def _take(self, message: ServerMessage) -> None:
        match message:
            case FrameMessage():
                self._frame(message)
            case Accepted():
                self._asked[message.re].accepted = True
            case Applied():
                asked = self._asked.pop(message.re)
                asked.tick, asked.frames, asked.result = message.tick, self.frames, message.result
                self._applied(asked)
            case ErrorMessage():
                self._error(message)
            case Event():
                self._event(message)
            case Pong():
                self.meter.pong(message.t0, message.t1, message.t2, self._clock.seconds())
            case Welcome():
                self._welcome(message)
            case GoAway():
                self.goaway = message

    def _welcome(self, message: Welcome) -> None:
        self.description = describe(message)
        self.welcome = message
        self.paused = message.paused
        self.resume_token = message.resume or None
        self.room = message.room
        width, height = message.size
        self._reader = PictureReader(width, height)
        self._resend(message.held_seq)

    def _resend(self, held_seq: int) -> None:
        """After a resume: what the server did not get is said again, what cannot be repeated is given up."""
        # What was queued since the hello is among what is said again.
        self.outgoing.clear()
        lost, self._asked = list(self._asked.values()), {}
        self.meter.renumber(held_seq)
        if self._newest is not None and self.seq > held_seq:
            self._say_newest()
        else:
            self.seq = held_seq
        for asked in lost:
            if asked.name in REPEATABLE:
                self._say_command(asked)
            else:
                asked.error = ConnectionLostError(
                    f"the connection was lost while {asked.name!r} was on its way",
                    fix="it may or may not have happened: look at the session's tick",
                )

    def _frame(self, message: FrameMessage) -> None:
        description, reader = self.description, self._reader
        if description is None or reader is None:
            return
        self._credit()
        pixels = reader.read(message.codec, message.data)
        if pixels is None:
            if self.frame is None:
                return
            pixels = self.frame.pixels
        now = self._clock.seconds()
        controls = self._sent.get(message.applied)
        if controls is None:
            controls = description.controls.rest
        budget = description.budget_ms
        self.frame = remote_frame(message, pixels, controls, description.spec, budget, now)
        self.frames += 1
        self.applied = message.applied
        self.ended = message.ended
        self.meter.frame(message.pts, message.replaced, now)
        if self.on_frame is not None:
            self.on_frame(self.frame)

    def _credit(self) -> None:
        """Gives credit back at once in real time; in lockstep only when half of the window is used up, then
        together with the next input, or by itself where none comes for another quarter."""
        assert self.welcome is not None
        self._unacked += 1
        credit = self.welcome.credit
        if self.welcome.mode == "realtime" or 4 * self._unacked >= 3 * credit:
            self._acknowledge()
        else:
            self._owes = 2 * self._unacked >= credit

    def _acknowledge(self) -> None:
        assert self._connection is not None
        ack = self._connection.ack()
        self._unacked, self._owes = 0, False
        if ack is not None:
            self.outgoing.append(encode(ack))

    def _error(self, message: ErrorMessage) -> None:
        error = failure(message)
        if message.re is not None:
            self._asked.pop(message.re).error = error
        elif message.fatal:
            self.fatal = error
        else:
            self.trouble = error
        if message.fatal and message.retry:
            self.retry_after = (message.retry_after_ms or 0) / 1000.0

    def _applied(self, asked: Asked) -> None:
        """What a command changed: the server tells others by an event, but not always whoever asked."""
        if asked.name in TIME_CHANGING:
            self.meter.skip(self.seq)
        if asked.name in ("pause", "resume"):
            self.paused = asked.name == "pause"
        elif asked.name == "speed":
            self.speed = float(asked.args["factor"])

    def _event(self, message: Event) -> None:
        self.events.append((message.name, message.data))
        if message.name == "paused":
            self.paused = True
            self.meter.skip(self.seq)
        elif message.name == "resumed":
            self.paused = False
        elif message.name == "ended":
            self.ended = True
        elif message.name == "speed":
            factor = message.data.get("factor")
            if isinstance(factor, (int, float)) and factor > 0:
                self.speed = float(factor)
