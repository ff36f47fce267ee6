"""The client numbers what it sends and catches a server that breaks the rules."""

from __future__ import annotations

import dataclasses

import pytest

from worldsdk.errors import ProtocolError
from worldsdk.protocol import samples
from worldsdk.protocol.client_connection import ClientConnection
from worldsdk.protocol.codec import decode, encode
from worldsdk.protocol.messages import (
    Accepted,
    Ack,
    Applied,
    ErrorMessage,
    Event,
    FrameMessage,
    GoAway,
    Hello,
    Pong,
    ServerMessage,
)

HELLO = Hello(v=(0, 0), role="player", mode="realtime", codecs=("raw_rgb",), max_message=1 << 20)


def frame(seq: int, applied: int = 0) -> FrameMessage:
    return dataclasses.replace(samples.full_frame(), seq=seq, applied=applied)


def welcomed() -> ClientConnection:
    connection = ClientConnection(HELLO)
    connection.receive(encode(samples.welcome()))
    return connection


def breach(connection: ClientConnection, message: ServerMessage) -> str:
    with pytest.raises(ProtocolError) as caught:
        connection.receive(encode(message))
    return str(caught.value)


def test_the_opening_is_hello() -> None:
    assert decode(ClientConnection(HELLO).opening, sender="client") == HELLO


def test_frames_come_one_by_one_and_are_acknowledged_together() -> None:
    connection = welcomed()
    assert connection.ack() is None
    for seq in (1, 2):
        assert connection.receive(encode(frame(seq))) == [frame(seq)]
    assert connection.ack(shown=5) == Ack(seq=2, shown=5)
    assert connection.ack() is None
    assert "3 is next" in breach(connection, frame(4))


def test_inputs_go_on_from_what_the_server_knows() -> None:
    connection = ClientConnection(HELLO)
    connection.receive(encode(dataclasses.replace(samples.welcome(), held_seq=41)))
    assert connection.input(7, keys=("KeyW",)).seq == 42
    connection.receive(encode(frame(1, applied=42)))
    assert "never sent" in breach(connection, frame(2, applied=43))


def test_commands_have_two_receipts_or_an_error() -> None:
    connection = welcomed()
    first, second, third = (connection.command("pause") for _ in range(3))
    assert [first.id, second.id, third.id] == [1, 2, 3]
    connection.receive(encode(Accepted(re=1)))
    assert connection.waiting == {1: "accepted", 2: "sent", 3: "sent"}
    connection.receive(encode(Applied(re=1, tick=4)))
    error = ErrorMessage(code="not_capable", message="no", retry=False, fatal=False, re=2)
    connection.receive(encode(error))
    assert connection.waiting == {3: "sent"}
    assert "command 1" in breach(connection, Applied(re=1, tick=4))
    assert "command 3" in breach(connection, Applied(re=3, tick=4))
    assert "command 2" in breach(connection, error)


def test_before_welcome_only_news_and_errors() -> None:
    connection = ClientConnection(HELLO)
    for fine in (Event(name="queue"), Pong(t0=1, t1=2, t2=3)):
        assert connection.receive(encode(fine)) == [fine]
    assert "before welcome" in breach(connection, frame(1))
    assert "before welcome" in breach(connection, Accepted(re=1))


def test_welcome_comes_once_and_in_a_version_that_was_offered() -> None:
    assert "twice" in breach(welcomed(), samples.welcome())
    assert "welcome.v" in breach(ClientConnection(HELLO), dataclasses.replace(samples.welcome(), v=4))


def test_the_end_is_noticed() -> None:
    connection = welcomed()
    connection.receive(encode(GoAway(action="stop", reason="night", in_ms=0)))
    assert connection.over
    other = ClientConnection(HELLO)
    other.receive(encode(ErrorMessage(code="no_room", message="no", retry=False, fatal=True)))
    assert other.over


def test_types_from_the_future_are_skipped_and_text_is_not() -> None:
    connection = welcomed()
    assert connection.receive(b"\x81\xa1t\xa5later") == []
    with pytest.raises(ProtocolError, match="text"):
        connection.receive("hello")
    with pytest.raises(ProtocolError):
        connection.receive(b"\xc1")


def test_frames_taken_quickly_are_taken_as_ever() -> None:
    connection = welcomed()
    assert connection.receive_frame(encode(frame(1))) == frame(1)
    assert connection.receive(encode(frame(2))) == [frame(2)]
    for other in (
        encode(frame(2)),
        encode(frame(4)),
        encode(frame(3, applied=1)),
        encode(Pong(t0=1, t1=2, t2=3)),
    ):
        assert connection.receive_frame(other) is None
    assert connection.receive_frame(b"\xc1") is None and connection.frames == 2
    assert connection.receive_frame(encode(frame(3))) == frame(3)
    assert connection.ack() == Ack(seq=3)
    assert ClientConnection(HELLO).receive_frame(encode(frame(1))) is None


def test_inputs_written_quickly_are_the_same_bytes() -> None:
    one, other = welcomed(), welcomed()
    for controls, mouse, ticks in (({}, (0.0, 0.0), 1), ({"turn": -2.5}, (1.0, -2.0), 3)):
        message = one.input(7, controls=controls, mouse=mouse, ticks=ticks)
        assert other.input_bytes(7, controls, mouse, ticks) == (message.seq, encode(message))
