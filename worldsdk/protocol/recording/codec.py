"""Recording messages as bytes and back, within the limits of ``worldsdk.protocol.limits``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, cast

import msgpack

from worldsdk.protocol.checks import check_of, reader
from worldsdk.protocol.codec import type_of, unpack
from worldsdk.protocol.recording.messages import (
    GAME_MESSAGES,
    MAX_ROW_BYTES,
    RECEIVER_MESSAGES,
    RecordingMessage,
)
from worldsdk.protocol.shapes import REQUIRED, fields_of

Side = Literal["game", "receiver"]

_TYPES = cast(
    dict[str, dict[str, type[RecordingMessage]]], {"game": GAME_MESSAGES, "receiver": RECEIVER_MESSAGES}
)
_ALL = _TYPES["game"] | _TYPES["receiver"]


def encode(message: RecordingMessage) -> bytes:
    """The message as one msgpack map, ``t`` first, fields that have their default left out.

    Raises:
        ProtocolError: a field holds what a peer would refuse.
    """
    out: dict[str, Any] = {"t": message.t}
    for field in fields_of(_ALL[message.t]):
        value = getattr(message, field.name)
        if field.default is REQUIRED or value != field.default:
            out[field.name] = check_of(field.shape, f"{message.t}.{field.name}")(value)
    packed: bytes = msgpack.packb(out)
    return packed


def decode(data: bytes, *, sender: Side, max_bytes: int = MAX_ROW_BYTES) -> RecordingMessage:
    """The message that ``data`` is; keys that it does not know are ignored.

    Raises:
        MessageTooLargeError: ``data`` is longer than ``max_bytes``.
        UnknownTypeError: a well-formed message of a type that this sender does not have.
        ProtocolError: anything else that is not a message.
    """
    value = unpack(data, max_bytes=max_bytes)
    name, cls = type_of(value, _TYPES[sender], sender)
    return cls(**_reader(name)(value))


@cache
def _reader(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return reader(fields_of(_ALL[name]), name)
