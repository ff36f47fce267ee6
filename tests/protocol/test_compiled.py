"""The short way takes nothing that the long way would not, and makes the same of it."""

from __future__ import annotations

import math
from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.protocol.strategies import PLAIN, messages
from worldsdk.errors import ProtocolError
from worldsdk.protocol import codec, samples
from worldsdk.protocol.codec import Sender, check_map, encode, glance, parse, to_map, unpack_map
from worldsdk.protocol.limits import MAX_INTEGER
from worldsdk.protocol.messages import CLIENT_MESSAGES, Ack, FrameMessage, Input, Message

SCALARS = (None, True, 0, -1, 1, MAX_INTEGER + 1, 0.5, -0.0, math.nan, math.inf, 1e300, "", "x" * 200, b"")
ARRAYS: tuple[Any, ...] = ([], [1], [0.5, 0.5], ["KeyW"], [None], [["a"]])
MAPS: tuple[Any, ...] = ({}, {"a": 1.0}, {"a": math.nan}, {"a": {}}, {"a" * 129: 1.0})
ODD = st.sampled_from((*SCALARS, *ARRAYS, *MAPS)) | PLAIN


def sender_of(message: Message) -> Sender:
    return "client" if message.t in CLIENT_MESSAGES else "server"


def both(value: Any, sender: Sender) -> tuple[Message | None, Message | None]:
    """What the short way and the long way make of ``value``."""
    data = msgpack.packb(value)
    quick = glance(unpack_map(data), data, sender=sender)
    try:
        return quick, parse(check_map(unpack_map(data), data), sender=sender)
    except ProtocolError:
        return quick, None


@given(messages(), st.data())
@settings(max_examples=400, deadline=None)
def test_what_is_read_the_short_way_is_what_the_long_way_reads(message: Message, data: st.DataObject) -> None:
    value = msgpack.unpackb(encode(message))
    for _ in range(data.draw(st.integers(0, 2))):
        key = data.draw(st.sampled_from(sorted(value)) | st.sampled_from(["ts", "keys", "unknown", "layers"]))
        value[key] = data.draw(ODD)
    quick, slow = both(value, sender_of(message))
    assert quick is None or (quick == slow and repr(quick) == repr(slow))


@given(messages(), st.data())
@settings(max_examples=300, deadline=None)
@example(Input(seq=1, ts=2, controls={"a": math.nan}), None)
def test_what_is_written_the_short_way_is_what_the_long_way_writes(message: Message, data: Any) -> None:
    name = data.draw(st.sampled_from(sorted(vars(message)))) if data is not None else ""
    if name:
        vars(message)[name] = data.draw(ODD)
    quick = codec._quick_writer(message.t)
    short = None if quick is None else quick(vars(message))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_quick_writer", lambda name: None)
        try:
            long = to_map(message)
        except ProtocolError:
            long = None
    assert short is None or (short == long and list(short) == list(long or {}))


def test_the_messages_of_every_tick_take_the_short_way() -> None:
    frame = samples.full_frame()
    given = Input(seq=2, ts=3, keys=("KeyW",), mouse=(1.0, 2.0), controls={"a": 1.0}, pad={"A": 0.5}, ticks=2)
    for message in (frame, given, Ack(seq=3), Ack(seq=3, shown=7, credit=2)):
        quick, slow = both(msgpack.unpackb(encode(message)), sender_of(message))
        assert quick == slow == message
        writer = codec._quick_writer(message.t)
        assert writer is not None and writer(vars(message)) is not None


def test_what_only_the_long_way_can_judge_is_left_to_it() -> None:
    value = msgpack.unpackb(encode(Input(seq=2, ts=3)))
    for more in ({"unknown": 1}, {"controls": {"a": 1}}, {"controls": {f"c{n}": 0.0 for n in range(65)}}):
        quick, slow = both({**value, **more}, "client")
        assert quick is None and slow is not None
    assert both({**value, "ts": None}, "client") == (None, None)


def test_nil_and_absence_mean_the_default_and_maps_are_the_receivers_own() -> None:
    value = {**msgpack.unpackb(encode(Ack(seq=3))), "shown": None, "credit": None}
    assert both(value, "client") == (Ack(seq=3), Ack(seq=3))
    one, other = (both(msgpack.unpackb(encode(Input(seq=1, ts=1))), "client")[0] for _ in range(2))
    assert isinstance(one, Input) and isinstance(other, Input) and one.controls is not other.controls


def test_a_message_is_made_with_all_its_fields() -> None:
    frame = samples.full_frame()
    assert codec.make(FrameMessage, vars(frame)) == frame
    assert codec.make(Input, {"seq": 1, "ts": 2}) == Input(seq=1, ts=2)
