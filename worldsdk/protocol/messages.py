"""Every message of the wire, as frozen dataclasses: the one source of its schemas and constants.

A message is one msgpack map; the key ``t`` names its class. A field without a default must be there; one with
a default is left out where it has that value. Nothing is checked when a message is made: ``encode`` and
``decode`` do that. Maps inside messages are plain dictionaries of the ``TypedDict`` forms below.

Times are integer microseconds on the sender's own monotonic clock. Durations end in their unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NotRequired, TypedDict

from worldsdk.protocol import limits
from worldsdk.protocol.shapes import Form, Most, Range

Role = Literal["player", "viewer", "stepper"]
Mode = Literal["realtime", "lockstep"]
GoAwayAction = Literal["resume", "reconnect", "stop"]

Name = Annotated[str, Most(limits.MAX_NAME, 1)]
Label = Annotated[str, Most(limits.MAX_NAME)]
Id = Annotated[str, Most(limits.MAX_ID, 1)]
Token = Annotated[str, Most(limits.MAX_TOKEN)]
Text = Annotated[str, Most(limits.MAX_TEXT)]
Credit = Annotated[int, Range(1, limits.MAX_CREDIT)]
Milliseconds = Annotated[float, Range(0, 1e12)]
Values = Annotated[Mapping[str, float], Most(limits.MAX_CONTROLS)]
Minor = Annotated[int, Range(0, 65_535)]

CODECS = ("raw_rgb", "raw_rgba", "jpeg", "webp", "png", "h264")
"""Frame codecs with a meaning. A client may offer others; a server skips those that it does not know."""

CAPABILITIES = (
    "snapshot",
    "fork",
    "rewind",
    "observe",
    "state",
    "record",
    "reset",
    "start",
    "speed",
    "quality",
    "image_start",
    "prompt",
    "anchor",
)
"""What a server may say it can do; the list grows."""

ALL_LAYERS = "*"
"""In ``hello.layers``: every layer that the world has. No layer is called so."""

EVENTS = (
    "queue",
    "viewers",
    "recording",
    "quality",
    "warning",
    "drift",
    "ended",
    "paused",
    "resumed",
    "speed",
)
"""Names of events; the list grows, and clients skip those that they do not know."""


class ClientInfo(TypedDict):
    """Who is connecting."""

    name: NotRequired[Label]
    version: NotRequired[Label]
    engine: NotRequired[Label]


class ServerInfo(TypedDict):
    """Who is answering."""

    name: Label
    version: Label


class WorldInfo(TypedDict):
    """The world that is played."""

    name: Name
    title: Text
    summary: Text
    digest: Annotated[str, Most(limits.MAX_ID), "SHA-256 of the world pack, hex"]
    license: Annotated[str, Most(limits.MAX_ID), "SPDX expression"]


class ControlInfo(TypedDict):
    """One button or axis of the world, and what moves it."""

    name: Name
    kind: Literal["button", "axis"]
    low: Annotated[float, "least value; 0 for a button"]
    high: Annotated[float, "greatest value; 1 for a button"]
    values: Annotated[tuple[float, ...] | None, "the only values allowed, ascending; nil: any in range"]
    unit: Label
    keys: Annotated[Values, "KeyboardEvent.code -> value while it is held"]
    pad: Annotated[Values, "standard gamepad input -> value at full press"]
    mouse: Annotated[
        tuple[Literal["x", "y"], float] | None, "axis of the mouse and units per pixel of motion; nil: none"
    ]
    help: Text


class LayerInfo(TypedDict):
    """A per-pixel layer that comes with each frame: little-endian uint16 [H, W], row by row."""

    name: Name
    low: Annotated[float, "what 0 stands for"]
    high: Annotated[float, "what 65535 stands for"]
    unit: Label
    encoding: Literal["u16"]


class StateInfo(TypedDict):
    """A number that the world tracks and sends with each frame."""

    name: Name
    low: float
    high: float
    unit: Label
    cyclic: NotRequired[Annotated[bool, "whether high is the same place as low, as with an angle"]]
    settable: NotRequired[Annotated[bool, "whether the command state takes it"]]


class LimitsInfo(TypedDict):
    """What the server allows one connection. 0 means that it sets no limit, or lacks the feature."""

    max_message: Annotated[int, "bytes of one message to the server"]
    input_hz: Annotated[float, "inputs a second"]
    command_hz: Annotated[float, "commands a second"]
    keys: Annotated[int, "keys held in one input"]
    image_bytes: Annotated[int, "bytes of one uploaded image"]
    image_pixels: Annotated[int, "pixels of one uploaded image"]
    session_seconds: Annotated[float, "life of a session"]
    idle_seconds: Annotated[float, "time without any message before the server hangs up"]
    resume_seconds: Annotated[float, "time that a dropped session waits for its player"]
    rewind_ticks: Annotated[int, "how far back rewind reaches"]


# ------------------------------------------------------------------------------------ client to server


@dataclass(frozen=True, kw_only=True)
class Hello:
    """The first message of a connection: who connects, to do what, and what it can take."""

    t: ClassVar[str] = "hello"
    v: Annotated[tuple[Minor, Minor], "lowest and highest minor version known"]
    role: Role
    mode: Mode
    codecs: Annotated[tuple[Name, ...], Most(16, 1), "in order of preference"]
    max_message: Annotated[
        int, Range(limits.LEAST_MAX_MESSAGE, limits.MAX_INTEGER), "bytes of the largest message it can take"
    ]
    credit: Annotated[Credit, "frames that may be in flight"] = 2
    room: Annotated[Id | None, "room to join; a new one where none is named"] = None
    token: Annotated[Token | None, "signed admission"] = None
    resume: Annotated[Token | None, "single-use token of an earlier welcome, or of a fork"] = None
    layers: Annotated[tuple[Name, ...], Most(16), "layers wanted with each frame; *: all"] = ()
    client: ClientInfo | None = None


@dataclass(frozen=True, kw_only=True)
class Input:
    """The state of the player's devices now; in lockstep also the order to take a tick."""

    t: ClassVar[str] = "input"
    seq: Annotated[int, "strictly rising; duplicates and older ones are ignored"]
    ts: Annotated[int, "sender's clock"]
    controls: Annotated[Values, "the world's own control names -> value held"] = field(default_factory=dict)
    keys: Annotated[tuple[Name, ...], Most(limits.MAX_KEYS), "KeyboardEvent.code of each key held"] = ()
    pad: Annotated[Values, "standard gamepad input -> level"] = field(default_factory=dict)
    mouse: Annotated[tuple[float, float], "pixels moved since the last input, right and down positive"] = (
        0.0,
        0.0,
    )
    ticks: Annotated[int, Range(1, limits.MAX_TICKS), "lockstep: ticks to take with these controls"] = 1


@dataclass(frozen=True, kw_only=True)
class Ack:
    """Frames received: returns their credit."""

    t: ClassVar[str] = "ack"
    seq: Annotated[int, "highest frame number received; all before it count too"]
    shown: Annotated[int | None, "sender's clock when that frame was on the screen"] = None
    credit: Annotated[Credit | None, "new size of the window"] = None


@dataclass(frozen=True, kw_only=True)
class Command:
    """Asks for something other than a tick; answered with ``accepted`` then ``applied``, or ``error``."""

    t: ClassVar[str] = "command"
    id: Annotated[int, "the client's own, rising"]
    name: Name
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Ping:
    """Asks for the server's clock, and shows that the client lives."""

    t: ClassVar[str] = "ping"
    t0: Annotated[int, "sender's clock"]


@dataclass(frozen=True, kw_only=True)
class Bye:
    """Leaves for good: the server frees the seat at once."""

    t: ClassVar[str] = "bye"
    reason: Annotated[str, Most(limits.MAX_REASON)] = ""


# ------------------------------------------------------------------------------------ server to client


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The answer to hello: all that a client must know to bind keys and allocate textures."""

    t: ClassVar[str] = "welcome"
    v: Annotated[Minor, "minor version spoken from here on"]
    session: Id
    room: Id
    role: Role
    mode: Mode
    resume: Annotated[Token, "single-use token to come back with; empty for viewers"]
    world: WorldInfo
    size: Annotated[
        tuple[Annotated[int, Range(1, 65_535)], Annotated[int, Range(1, 65_535)]],
        "width and height of frames",
    ]
    codec: Annotated[Name, "codec of the frames"]
    rate: Annotated[float, Range(1e-3, 1000), "ticks a second of the world's own clock"]
    budget_ms: Annotated[Milliseconds, "what a tick may take"]
    tick: Annotated[int, "number of the latest tick"]
    controls: tuple[Annotated[Mapping[str, Any], Form(ControlInfo)], ...]
    layers: Annotated[tuple[LayerInfo, ...], "those of hello.layers that the world has"]
    state: tuple[StateInfo, ...]
    starts: Annotated[int, "number of start contexts"]
    commands: Annotated[Mapping[str, Mapping[str, Any]], "name -> JSON Schema of its args"]
    limits: LimitsInfo
    capabilities: tuple[Name, ...]
    credit: Annotated[Credit, "window granted"]
    server: ServerInfo
    paused: bool
    held_seq: Annotated[int, "newest input known: a resumed client numbers on from it"]


@dataclass(frozen=True, kw_only=True)
class FrameMessage:
    """One picture and all that belongs to its tick."""

    t: ClassVar[str] = "frame"
    seq: Annotated[int, "1, 2, ... in each connection, without gaps: a replaced frame is never numbered"]
    tick: int
    pts: Annotated[int, "server's clock when the tick was done"]
    applied: Annotated[int, "number of the newest input of this client that is in the frame; 0: none"]
    key: Annotated[bool, "whether the picture can be decoded without those before it"]
    codec: Name
    data: Annotated[bytes, "the picture"]
    reward: float
    ended: Annotated[bool, "whether the world came to its end at this tick"]
    steps: Annotated[int, "denoising steps taken"]
    met: Annotated[bool, "whether the tick met its deadline"]
    replaced: Annotated[int, "frames replaced by newer ones since the last that was sent to this client"]
    ts: Annotated[int | None, "that input's ts"] = None
    layers: Annotated[Mapping[str, bytes], Most(16)] = field(default_factory=dict)
    state: Values = field(default_factory=dict)
    truncated: Annotated[bool, "whether the episode was cut off at this tick"] = False
    held: Annotated[bool, "whether the picture repeats the last, for want of time"] = False
    stages: Annotated[Mapping[str, Milliseconds], Most(32), "milliseconds of the tick by stage"] = field(
        default_factory=dict
    )
    total_ms: Annotated[Milliseconds, "from controls in hand to pixels in hand"] = 0.0
    queue_ms: Annotated[Milliseconds, "from that input's arrival to the start of the pass"] = 0.0
    encode_ms: Annotated[Milliseconds, "of the picture's encoding"] = 0.0
    hash: Annotated[str, Most(limits.MAX_ID), "digest of the frame, hex, where asked for"] = ""
    drift: Annotated[float | None, "how far the model says it is from what it was trained on"] = None


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """First receipt: the command is understood and will be done."""

    t: ClassVar[str] = "accepted"
    re: Annotated[int, "id of the command"]
    position: Annotated[int | None, "commands before it"] = None


@dataclass(frozen=True, kw_only=True)
class Applied:
    """Second receipt: the command is done."""

    t: ClassVar[str] = "applied"
    re: Annotated[int, "id of the command"]
    tick: Annotated[int, "the first tick that it holds for"]
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ErrorMessage:
    """Something was refused. Where ``fatal``, the connection closes next."""

    t: ClassVar[str] = "error"
    code: Annotated[Name, "stable; programs match on it"]
    message: Annotated[Text, "for people"]
    retry: Annotated[bool, "whether the same may work later"]
    fatal: bool
    re: Annotated[int | None, "id of the command that failed"] = None
    retry_after_ms: int | None = None
    position: Annotated[int | None, "place in the queue for a seat"] = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened that nobody asked for."""

    t: ClassVar[str] = "event"
    name: Name
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pong:
    """The answer to a ping."""

    t: ClassVar[str] = "pong"
    t0: Annotated[int, "as in the ping"]
    t1: Annotated[int, "server's clock when the ping arrived"]
    t2: Annotated[int, "server's clock when this was sent"]


@dataclass(frozen=True, kw_only=True)
class GoAway:
    """The server is about to hang up, and says what to do then."""

    t: ClassVar[str] = "goaway"
    action: Annotated[
        GoAwayAction, "resume: come back with the resume token; reconnect: with a new hello; stop: do not"
    ]
    reason: Annotated[str, Most(limits.MAX_REASON)]
    in_ms: int
    url: Annotated[Text | None, "where to, if elsewhere"] = None


ClientMessage = Hello | Input | Ack | Command | Ping | Bye
ServerMessage = Welcome | FrameMessage | Accepted | Applied | ErrorMessage | Event | Pong | GoAway
Message = ClientMessage | ServerMessage

CLIENT_MESSAGES: dict[str, type[ClientMessage]] = {
    cls.t: cls for cls in (Hello, Input, Ack, Command, Ping, Bye)
}
SERVER_MESSAGES: dict[str, type[ServerMessage]] = {
    cls.t: cls for cls in (Welcome, FrameMessage, Accepted, Applied, ErrorMessage, Event, Pong, GoAway)
}
