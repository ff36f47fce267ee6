"""Messages to bytes and back; bytes that are no message are refused and nothing else happens."""

from __future__ import annotations

import dataclasses
import math
import tracemalloc
from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.protocol.strategies import PLAIN, messages
from worldsdk.errors import MessageTooLargeError, ProtocolError, UnknownTypeError
from worldsdk.protocol import samples
from worldsdk.protocol.codec import Sender, decode, encode, encode_fields, peek
from worldsdk.protocol.codes import CODES
from worldsdk.protocol.limits import MAX_VALUES, SCANNED_BYTES
from worldsdk.protocol.messages import (
    CLIENT_MESSAGES,
    SERVER_MESSAGES,
    Applied,
    FrameMessage,
    Input,
    Message,
    Ping,
)


def sender_of(message: Message) -> Sender:
    return "client" if message.t in CLIENT_MESSAGES else "server"


@given(messages())
@settings(max_examples=300, deadline=None)
def test_what_is_encoded_is_decoded_the_same(message: Message) -> None:
    assert decode(encode(message), sender=sender_of(message)) == message


def test_a_map_that_was_left_out_is_its_receivers_own() -> None:
    data = encode(Applied(re=1, tick=2))
    first, second = decode(data, sender="server"), decode(data, sender="server")
    assert isinstance(first, Applied)
    assert isinstance(first.result, dict)
    first.result["seed"] = 7
    assert second == decode(data, sender="server") == Applied(re=1, tick=2)


@given(messages(), st.dictionaries(st.text(min_size=1).map(lambda key: f"x-{key}"), PLAIN, max_size=2))
@settings(max_examples=60, deadline=None)
def test_unknown_keys_are_ignored(message: Message, more: dict[str, Any]) -> None:
    value = {**more, **msgpack.unpackb(encode(message)), **more}
    assert decode(msgpack.packb(value), sender=sender_of(message)) == message


@given(st.binary(max_size=200), st.sampled_from(["client", "server"]))
@example(b"\x91" * 3000, "client")
@example(b"\xdf\xff\xff\xff\xff", "client")
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_taken_or_refused_with_a_documented_code(data: bytes, sender: Sender) -> None:
    try:
        decode(data, sender=sender)
    except ProtocolError as error:
        assert error.code in CODES


@given(messages(), st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_messages_are_taken_or_refused_with_a_documented_code(
    message: Message, data: st.DataObject
) -> None:
    raw = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for damaged in (bytes(raw), bytes(raw[:cut])):
        try:
            decode(damaged, sender=sender_of(message))
        except ProtocolError as error:
            assert error.code in CODES


@given(st.dictionaries(st.sampled_from(["t", "t0", "seq", "ts", "args", "keys", "v"]), PLAIN, max_size=5))
@settings(max_examples=200, deadline=None)
def test_any_map_is_taken_or_refused_with_a_documented_code(value: dict[str, Any]) -> None:
    for kind in (None, *CLIENT_MESSAGES):
        try:
            decode(msgpack.packb({**value, "t": kind} if kind else value), sender="client")
        except ProtocolError as error:
            assert error.code in CODES


@pytest.mark.parametrize("name", [*CLIENT_MESSAGES, *SERVER_MESSAGES])
def test_every_required_field_is_asked_for(name: str) -> None:
    message = next(one for _, one in samples.messages() if one.t == name)
    whole = msgpack.unpackb(encode(message))
    for field in dataclasses.fields(message):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            for broken in ({k: v for k, v in whole.items() if k != field.name}, {**whole, field.name: None}):
                with pytest.raises(ProtocolError, match=rf"^{name}\.{field.name}: is (missing|nil)"):
                    decode(msgpack.packb(broken), sender=sender_of(message))


def test_defaults_are_left_out_and_t_comes_first() -> None:
    raw = encode(FrameMessage(**{k: v for k, v in samples.frame().items() if k != "t"}))
    assert list(msgpack.unpackb(raw)) == list(samples.frame())


def test_too_many_bytes_are_refused_before_they_are_looked_at() -> None:
    raw = encode(Ping(t0=5))
    assert decode(raw, sender="client", max_bytes=len(raw)) == Ping(t0=5)
    with pytest.raises(MessageTooLargeError, match="has 12 bytes"):
        decode(raw, sender="client", max_bytes=11)


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownTypeError, match="'teleport'"):
        decode(msgpack.packb({"t": "teleport"}), sender="client")
    with pytest.raises(UnknownTypeError, match="'ping' from a server"):
        decode(encode(Ping(t0=5)), sender="server")


def test_the_refusal_names_the_field_and_the_cure() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(msgpack.packb({**samples.INPUT, "controls": {"forward": "1"}}), sender="client")
    assert caught.value.code == "bad_message"
    assert caught.value.where == "input.controls{}"
    assert caught.value.detail == {"where": "input.controls{}", "fix": caught.value.fix}
    assert "finite number" in caught.value.fix


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reward", math.nan),
        ("reward", math.inf),
        ("seq", 2**53),
        ("seq", -1),
        ("seq", True),
        ("tick", 1.0),
        ("data", "pixels"),
        ("data", None),
        ("state", {"x": math.nan}),
        ("state", {1: 2.0}),
        ("stages", {"denoise": -1.0}),
        ("codec", ""),
        ("key", 1),
        ("layers", [b""]),
    ],
)
def test_nothing_leaves_that_a_peer_would_refuse(field: str, value: Any) -> None:
    with pytest.raises(ProtocolError, match=rf"^frame\.{field}"):
        encode(dataclasses.replace(samples.full_frame(), **{field: value}))


def test_free_data_is_plain_when_it_leaves() -> None:
    command = next(one for _, one in samples.messages() if one.t == "command")
    for args in ({"x": math.nan}, {"x": object()}, {"x": {1: 2}}, {"x": 2**60}):
        with pytest.raises(ProtocolError, match=r"^command\.args"):
            encode(dataclasses.replace(command, args=args))


def test_a_bomb_takes_no_more_memory_than_its_bytes() -> None:
    """Two million empty maps would be 140 MB: a long message is counted before it is unpacked."""
    bomb = b"\x83\xa1t\xa4ping\xa2t0\x05\xa1x" + b"\xdc\x04\x00" + (b"\xdc\x08\x00" + b"\x80" * 2048) * 1024
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match=f"more than {MAX_VALUES} values"):
            decode(bomb, sender="client")
        assert tracemalloc.get_traced_memory()[1] < 4 * len(bomb)
    finally:
        tracemalloc.stop()


def test_long_messages_with_large_pictures_are_fine() -> None:
    frame = dataclasses.replace(samples.full_frame(), data=bytes(SCANNED_BYTES * 4))
    assert decode(encode(frame), sender="server") == frame


@given(messages(), st.integers(0, 255), st.integers(0))
@settings(max_examples=150, deadline=None)
def test_a_peek_sees_what_is_there_or_nothing(message: Message, byte: int, place: int) -> None:
    data, sender = encode(message), sender_of(message)
    damaged = bytearray(data)
    damaged[place % len(data)] = byte
    for one in (data, bytes(damaged), data[:-1]):
        seen = peek(one, sender=sender)
        assert seen is None or seen == decode(one, sender=sender)
    for other in (b"", b"\x90", b"\x81\xa1t\x90", b"\x81\x01\x02"):
        assert peek(other, sender=sender) is None


def test_the_messages_of_every_tick_are_seen_at_a_peek() -> None:
    assert peek(encode(samples.full_frame()), sender="server") == samples.full_frame()
    assert peek(encode(Input(seq=1, ts=2)), sender="client") == Input(seq=1, ts=2)
    assert peek(encode(Input(seq=1, ts=2)), sender="server") is None
    long = dataclasses.replace(samples.full_frame(), data=bytes(SCANNED_BYTES))
    assert peek(encode(long), sender="server") is None


def test_fields_are_written_as_their_message_is() -> None:
    frame = samples.full_frame()
    assert encode_fields(FrameMessage, vars(frame)) == encode(frame)
    # What takes a second look is looked at.
    assert encode_fields(Input, vars(Input(seq=1, ts=2, controls={"a": 1}))) == encode(
        Input(seq=1, ts=2, controls={"a": 1.0})
    )
    with pytest.raises(ProtocolError, match=r"input\.ts"):
        encode_fields(Input, vars(Input(seq=1, ts=-1)))
