"""Messages of the recording protocol: there and back, refusals, and their schema."""

from __future__ import annotations

import contextlib
from typing import Any

import jsonschema
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldsdk.errors import MessageTooLargeError, ProtocolError, UnknownTypeError
from worldsdk.protocol.jsonform import to_json
from worldsdk.protocol.messages import ErrorMessage
from worldsdk.protocol.recording.codec import decode, encode
from worldsdk.protocol.recording.messages import (
    GAME_MESSAGES,
    RECEIVER_MESSAGES,
    Begin,
    Done,
    End,
    Ready,
    Receipt,
    RecordingMessage,
    Row,
)
from worldsdk.protocol.schema import recording_schema

JUMP = {
    "name": "jump",
    "kind": "button",
    "low": 0.0,
    "high": 1.0,
    "values": None,
    "unit": "",
    "keys": {"Space": 1.0},
    "pad": {},
    "mouse": None,
    "help": "",
}
BEGIN = Begin(v=(0, 0), game="garden", size=(16, 8), rate=30.0, controls=(JUMP,))
FULL = Begin(
    v=(0, 2),
    game="garden",
    size=(16, 8),
    rate=30.0,
    controls=(JUMP,),
    variables=({"name": "x", "low": -1.0, "high": 1.0, "unit": "m", "period": 0.0},),
    layers=({"name": "depth", "dtype": "float16", "shape": (8, 16), "low": 0.0, "high": 9.0},),
    licence="MIT",
    settings={"level": 3},
    token="x" * 16,
    client={"name": "test", "engine": "none"},
)
ROW = Row(seq=1, episode=0, pixels=bytes(384))
GAME = [
    BEGIN,
    FULL,
    ROW,
    Row(seq=2, episode=1, pixels=b"x", controls={"jump": 1.0}, variables={"x": 0.5}, reward=-1.0, ended=True),
    End(),
]
RECEIVER: list[RecordingMessage] = [
    Ready(v=0, window=64, max_message=1 << 20, frames=0),
    Receipt(seq=8, frames=0),
    Done(frames=9, episodes=1, dropped=0, reason="complete"),
    ErrorMessage(code="conflict", message="busy", retry=False, fatal=True),
]


@pytest.mark.parametrize("message", GAME, ids=lambda m: m.t)
def test_there_and_back_from_a_game(message: RecordingMessage) -> None:
    assert decode(encode(message), sender="game") == message


@pytest.mark.parametrize("message", RECEIVER, ids=lambda m: m.t)
def test_there_and_back_from_a_receiver(message: RecordingMessage) -> None:
    assert decode(encode(message), sender="receiver") == message


def test_the_schema_fits_every_message_and_describes_them_all() -> None:
    schema = recording_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    assert set(schema["definitions"]) == {*GAME_MESSAGES, *RECEIVER_MESSAGES}
    for message in [*GAME, *RECEIVER]:
        one = jsonschema.Draft7Validator({**schema, "$ref": f"#/definitions/{message.t}"})
        assert one.is_valid(to_json(msgpack.unpackb(encode(message)))), message.t


def changed(**fields: Any) -> bytes:
    value = msgpack.unpackb(encode(FULL))
    packed: bytes = msgpack.packb({**value, **fields})
    return packed


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"size": [16, 4]}, "begin.size"),
        ({"size": [16, 4096]}, "begin.size"),
        ({"rate": 0.0}, "begin.rate"),
        ({"game": ""}, "begin.game"),
        ({"controls": []}, "begin.controls"),
        ({"controls": [{"name": "jump"}]}, "begin.controls"),
        ({"variables": [{"name": "x", "low": 0.0, "high": 1e39}]}, "begin.variables"),
        ({"layers": [{"name": "d", "dtype": "int64", "shape": [1], "low": 0, "high": 1}]}, "begin.layers"),
        ({"layers": [{"name": "d", "dtype": "uint8", "shape": [], "low": 0, "high": 1}]}, "begin.layers"),
        ({"token": "x" * 5000}, "begin.token"),
    ],
)
def test_a_begin_out_of_bounds_is_refused_by_the_field(fields: dict[str, Any], where: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(changed(**fields), sender="game")
    assert caught.value.where.startswith(where)


def test_what_is_no_message() -> None:
    for data in (b"", b"\x81", msgpack.packb([1]), msgpack.packb({"t": 5}), encode(ROW) + b"x"):
        with pytest.raises(ProtocolError):
            decode(data, sender="game")
    with pytest.raises(UnknownTypeError, match="begin, row, end"):
        decode(msgpack.packb({"t": "hello"}), sender="game")
    with pytest.raises(MessageTooLargeError):
        decode(encode(ROW), sender="game", max_bytes=100)
    with pytest.raises(ProtocolError, match=r"row\.pixels"):
        encode(Row(seq=1, episode=0, pixels="text"))  # type: ignore[arg-type]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_bytes_from_anywhere_are_refused_or_read(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(data, sender="game")


@given(st.sampled_from(GAME), st.text(max_size=12), VALUES)
@settings(max_examples=150, deadline=None)
def test_a_message_with_one_field_made_up_is_refused_or_read(
    message: RecordingMessage, extra: str, value: Any
) -> None:
    fields = msgpack.unpackb(encode(message))
    for name in [*fields, extra]:
        with contextlib.suppress(ProtocolError):
            decode(msgpack.packb({**fields, name: value}), sender="game")
