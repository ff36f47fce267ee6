"""Every message of the recording protocol, as frozen dataclasses: the one source of its schema and constants.

The forms are those of the playing protocol (``worldsdk.protocol.messages``): one msgpack map a message, ``t``
first, fields that have their default left out. The prose is ``protocol/RECORDING.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NotRequired, TypedDict

from worldsdk.protocol import limits
from worldsdk.protocol.messages import (
    ClientInfo,
    ControlInfo,
    ErrorMessage,
    Label,
    Minor,
    Name,
    Text,
    Token,
    Values,
)
from worldsdk.protocol.shapes import Form, Most, Range

MAJOR = 1
MINOR = 0
SUBPROTOCOL = f"worldsdk.record.v{MAJOR}.msgpack"
"""Offered by the game and chosen by the receiver in the WebSocket handshake."""

PATH = "/record"
PORT = 8766
"""Where a receiver listens unless it says otherwise: beside a server's own 8765."""

MAX_SIDE = 1024
"""Pixels of a recorded picture's longer side: far more than a model learns from."""

MAX_ROW_BYTES = 8 * 1024 * 1024
"""Bytes of one row, layers and all. 1024 x 1024 pixels with a float depth fit."""

MAX_BEGIN_BYTES = 64 * 1024
"""Bytes of any message but a row."""

MAX_VARIABLES = 256
MAX_LAYERS = 16
MAX_WINDOW = 64
"""Rows that may be unacknowledged at most: two seconds at 30 Hz, the time that a shard's writing may take."""

LARGEST = 3.0e38
"""Of a variable and of a reward: they are kept as float32."""

Number = Annotated[float, Range(-LARGEST, LARGEST)]
Side = Annotated[int, Range(8, MAX_SIDE)]


class VariableInfo(TypedDict):
    """A number that describes the game's state, one value a row."""

    name: Name
    low: Number
    high: Number
    unit: NotRequired[Label]
    period: NotRequired[Annotated[float, Range(0, LARGEST), "where the value wraps; 0: it does not"]]


class LayerInfo(TypedDict):
    """A tensor beside the pixels, one entry a row: little-endian, row by row."""

    name: Name
    dtype: Literal["uint8", "float16", "float32"]
    shape: Annotated[tuple[Annotated[int, Range(1, 4096)], ...], Most(4, 1), "of one row's entry"]
    low: Number
    high: Number
    unit: NotRequired[Label]
    classes: NotRequired[
        Annotated[tuple[Name, ...], Most(256), "names of the values, where they are classes"]
    ]
    help: NotRequired[Text]


# ------------------------------------------------------------------------------------ game to receiver


@dataclass(frozen=True, kw_only=True)
class Begin:
    """The first message: what is going to be recorded. The same for all parts of one dataset."""

    t: ClassVar[str] = "begin"
    v: Annotated[tuple[Minor, Minor], "lowest and highest minor version known"]
    game: Annotated[str, Most(limits.MAX_NAME, 1), "what the game is called"]
    size: Annotated[tuple[Side, Side], "width and height of the pictures"]
    rate: Annotated[float, Range(0.1, 1000), "rows a second of the game's own time"]
    controls: Annotated[tuple[Annotated[Mapping[str, Any], Form(ControlInfo)], ...], Most(256, 1)]
    variables: Annotated[tuple[VariableInfo, ...], Most(MAX_VARIABLES)] = ()
    layers: Annotated[tuple[LayerInfo, ...], Most(MAX_LAYERS)] = ()
    licence: Annotated[Text, "terms of what the pictures show: SPDX or a sentence"] = ""
    settings: Annotated[Mapping[str, Any], "of the game, for people"] = field(default_factory=dict)
    token: Annotated[Token | None, "for receivers that ask for one"] = None
    client: ClientInfo | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture, and what led to it."""

    t: ClassVar[str] = "row"
    seq: Annotated[int, "1, 2, 3, ... without gaps"]
    episode: Annotated[int, "rises by any amount where this row does not follow from the one before"]
    pixels: Annotated[bytes, "raw RGB, top row first"]
    controls: Annotated[Values, "name -> value that led to the picture; what is missing is 0"] = field(
        default_factory=dict
    )
    variables: Annotated[Mapping[str, Number], Most(MAX_VARIABLES), "all of them, after the tick"] = field(
        default_factory=dict
    )
    layers: Annotated[Mapping[str, bytes], Most(MAX_LAYERS), "all of them"] = field(default_factory=dict)
    reward: Annotated[Number, "what the tick gave"] = 0.0
    ended: Annotated[bool, "whether the game itself came to its end"] = False
    seed: Annotated[int, Range(0, 2**31 - 1), "of the game, in an episode's first row"] = 0
    dropped: Annotated[int, "ticks since the row before that could not be sent"] = 0


@dataclass(frozen=True, kw_only=True)
class End:
    """The recording is complete: everything is to be written now."""

    t: ClassVar[str] = "end"


# ------------------------------------------------------------------------------------ receiver to game


@dataclass(frozen=True, kw_only=True)
class Ready:
    """The answer to begin: rows may come."""

    t: ClassVar[str] = "ready"
    v: Annotated[Minor, "minor version spoken from here on"]
    window: Annotated[int, Range(1, MAX_WINDOW), "rows that may be unacknowledged"]
    max_message: Annotated[int, "bytes of the largest message that is taken"]
    frames: Annotated[int, "rows that the dataset has already"]
    wanted: Annotated[int, "rows that it is to have; 0: as many as come"] = 0


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Rows taken: returns their place in the window."""

    t: ClassVar[str] = "receipt"
    seq: Annotated[int, "highest row taken; all before it count too"]
    frames: Annotated[int, "rows of the dataset that are safe on the disk"]


@dataclass(frozen=True, kw_only=True)
class Done:
    """The last message: everything is written, and the game may close."""

    t: ClassVar[str] = "done"
    frames: Annotated[int, "rows of the whole dataset"]
    episodes: Annotated[int, "episodes of the whole dataset"]
    dropped: Annotated[int, "ticks that this connection reported as dropped"]
    reason: Annotated[str, Most(limits.MAX_REASON)] = ""


GameMessage = Begin | Row | End
ReceiverMessage = Ready | Receipt | Done | ErrorMessage
RecordingMessage = GameMessage | ReceiverMessage

GAME_MESSAGES: dict[str, type[GameMessage]] = {cls.t: cls for cls in (Begin, Row, End)}
RECEIVER_MESSAGES: dict[str, type[ReceiverMessage]] = {
    cls.t: cls for cls in (Ready, Receipt, Done, ErrorMessage)
}
