"""What may come when, how refusals are told, and who has credit."""

from __future__ import annotations

import dataclasses

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.protocol.strategies import messages
from worldsdk.errors import ProtocolError
from worldsdk.protocol import samples
from worldsdk.protocol.codec import encode
from worldsdk.protocol.codes import CODES
from worldsdk.protocol.connection import ServerConnection
from worldsdk.protocol.limits import MAX_INTEGER, MOST_MALFORMED
from worldsdk.protocol.messages import (
    CLIENT_MESSAGES,
    Ack,
    Bye,
    ClientMessage,
    Command,
    Hello,
    Input,
    Message,
    Ping,
    Role,
)

HELLO = Hello(v=(0, 0), role="player", mode="realtime", codecs=("raw_rgb",), max_message=1 << 20)


def opened(role: Role = "player", held_seq: int = 0) -> ServerConnection:
    connection = ServerConnection()
    assert connection.receive(encode(dataclasses.replace(HELLO, role=role)))
    connection.welcomed(dataclasses.replace(samples.welcome(), role=role, held_seq=held_seq))
    return connection


def refused(connection: ServerConnection, message: ClientMessage | bytes | str) -> str:
    """The code with which it is refused; exactly one error must be told."""
    data = message if isinstance(message, (bytes, str)) else encode(message)
    assert connection.receive(data) == []
    (error,) = connection.take_refusals()
    assert error.fatal == (connection.closing is not None)
    assert connection.take_refusals() == []
    return error.code


def test_hello_first_then_the_rest() -> None:
    connection = ServerConnection()
    assert connection.stage == "hello"
    assert connection.receive(encode(HELLO)) == [HELLO]
    assert (connection.stage, connection.hello, connection.minor) == ("admission", HELLO, 0)
    assert connection.receive(encode(Ping(t0=1))) == [Ping(t0=1)]
    assert refused(connection, Input(seq=1, ts=1)) == "bad_message"
    connection.welcomed(samples.welcome())
    assert connection.receive(encode(Input(seq=1, ts=1))) == [Input(seq=1, ts=1)]
    with pytest.raises(ProtocolError, match="welcome"):
        connection.welcomed(samples.welcome())


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (encode(Ping(t0=1)), "bad_message"),
        (encode(Bye()), "bad_message"),
        (b"\xc1", "bad_message"),
        ("hello", "bad_message"),
        (msgpack.packb({"t": "teleport"}), "bad_message"),
        (msgpack.packb({**samples.HELLO, "role": "owner"}), "bad_message"),
        (encode(dataclasses.replace(HELLO, v=(3, 1))), "bad_message"),
        (encode(dataclasses.replace(HELLO, v=(1, 9))), "unsupported_version"),
    ],
)
def test_a_bad_beginning_is_the_end(first: bytes | str, code: str) -> None:
    connection = ServerConnection()
    assert refused(connection, first) == code
    assert connection.closing == code
    assert connection.receive(encode(HELLO)) == []
    assert connection.take_refusals() == []


def test_a_newer_client_is_spoken_to_in_our_version() -> None:
    connection = ServerConnection()
    assert connection.receive(encode(dataclasses.replace(HELLO, v=(0, 9))))
    assert connection.minor == 0


def test_the_eighth_malformed_message_is_the_end() -> None:
    connection = opened()
    for number in range(1, MOST_MALFORMED + 1):
        assert refused(connection, b"\xc1") == "bad_message"
        assert (connection.closing == "bad_message") == (number == MOST_MALFORMED)


def test_unknown_types_are_named_and_not_counted() -> None:
    connection = opened()
    for _ in range(MOST_MALFORMED + 1):
        connection.receive(msgpack.packb({"t": "teleport"}))
    errors = connection.take_refusals()
    assert {error.code for error in errors} == {"unknown_type"}
    assert all("teleport" in error.message and not error.fatal for error in errors)
    assert connection.malformed == 0


def test_too_large_is_the_end() -> None:
    connection = ServerConnection(max_bytes=200)
    assert connection.receive(encode(HELLO))
    assert refused(connection, encode(Bye(reason="x" * 250))) == "too_large"
    assert connection.closing == "too_large"


def test_inputs_that_are_not_newer_are_ignored_without_a_word() -> None:
    connection = opened(held_seq=41)
    for seq in (41, 3, 0):
        assert connection.receive(encode(Input(seq=seq, ts=1))) == []
    assert connection.receive(encode(Input(seq=50, ts=1)))
    assert connection.receive(encode(Input(seq=49, ts=1))) == []
    assert connection.take_refusals() == []
    assert connection.input_seq == 50


def test_viewers_only_watch() -> None:
    connection = opened("viewer")
    assert refused(connection, Input(seq=1, ts=1)) == "not_allowed"
    connection.receive(encode(Command(id=7, name="pause")))
    (error,) = connection.take_refusals()
    assert (error.code, error.re, error.fatal) == ("not_allowed", 7, False)
    assert connection.receive(encode(Ping(t0=1)))
    assert connection.malformed == 0


def test_commands_are_answered_by_id_even_when_malformed() -> None:
    connection = opened()
    assert connection.receive(encode(Command(id=0, name="pause")))
    assert connection.receive(encode(Command(id=3, name="pause")))
    for broken in ({"name": "pause", "id": 3}, {"name": 5, "id": 9}, {"name": "x", "id": 10, "args": []}):
        connection.receive(msgpack.packb({"t": "command", **broken}))
        (error,) = connection.take_refusals()
        assert (error.code, error.re) == ("bad_message", broken["id"])
    connection.receive(msgpack.packb({"t": "command", "name": "pause", "id": "x"}))
    assert connection.take_refusals()[0].re is None


def test_bye_is_the_last_word() -> None:
    connection = opened()
    assert connection.receive(encode(Bye())) == [Bye()]
    assert connection.stage == "closed"
    assert connection.closing is None
    assert connection.receive(encode(Ping(t0=1))) == []
    assert not connection.can_send_frame()


def test_credit() -> None:
    connection = opened()
    assert connection.credit == 2
    for seq in (1, 2):
        assert connection.can_send_frame()
        assert connection.next_seq == seq
        connection.frame_sent(seq)
    assert not connection.can_send_frame()
    with pytest.raises(ProtocolError, match="2 of 2 in flight"):
        connection.frame_sent(3)
    assert connection.receive(encode(Ack(seq=1)))
    assert connection.in_flight == 1
    with pytest.raises(ProtocolError, match="send frame 3"):
        connection.frame_sent(4)
    assert connection.receive(encode(Ack(seq=0, credit=1)))
    assert connection.acked == 1
    assert not connection.can_send_frame()
    assert refused(connection, Ack(seq=3)) == "bad_message"


def test_no_frame_before_welcome() -> None:
    connection = ServerConnection()
    connection.receive(encode(HELLO))
    assert not connection.can_send_frame()


class AnyDialogue(RuleBasedStateMachine):
    """Whatever a client sends and whenever: documented errors, and no more frames than were granted."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = ServerConnection(max_bytes=4096)

    @rule(message=messages(dict(CLIENT_MESSAGES)))
    def say(self, message: Message) -> None:
        self._hear(encode(message))

    @rule(data=st.binary(max_size=30) | st.text(max_size=5))
    def babble(self, data: bytes | str) -> None:
        self._hear(data)

    @rule(role=st.sampled_from(["player", "viewer", "stepper"]))
    def greet(self, role: Role) -> None:
        self._hear(encode(dataclasses.replace(HELLO, role=role)))

    @rule(credit=st.integers(1, 4))
    def let_in(self, credit: int) -> None:
        if self.connection.stage == "admission":
            assert self.connection.hello is not None
            welcome = dataclasses.replace(samples.welcome(), role=self.connection.hello.role, credit=credit)
            self.connection.welcomed(welcome)

    @rule()
    def draw(self) -> None:
        if self.connection.can_send_frame():
            self.connection.frame_sent(self.connection.next_seq)

    @rule(back=st.integers(0, 2))
    def acknowledge(self, back: int) -> None:
        self._hear(encode(Ack(seq=max(0, self.connection.sent - back))))

    def _hear(self, data: bytes | str) -> None:
        before = self.connection.stage
        heard = self.connection.receive(data)
        errors = self.connection.take_refusals()
        assert len(heard) + len(errors) <= 1
        assert all(error.code in CODES for error in errors)
        assert before != "closed" or not (heard or errors)
        assert (self.connection.closing is not None) == (
            self.connection.stage == "closed" and not any(isinstance(one, Bye) for one in heard)
        ) or before == "closed"

    @invariant()
    def no_more_frames_than_granted(self) -> None:
        assert 0 <= self.connection.acked <= self.connection.sent
        assert self.connection.malformed <= MOST_MALFORMED


AnyDialogue.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestAnyDialogue = AnyDialogue.TestCase


@given(st.lists(messages(), max_size=8), st.sampled_from(["player", "viewer"]))
@settings(max_examples=50, deadline=None)
def test_what_is_taken_quickly_is_what_is_taken_at_leisure(sent: list[Message], role: Role) -> None:
    quick, slow = opened(role), opened(role)
    for connection in (quick, slow):
        connection.frame_sent(1)
    for message in [*sent, Ack(seq=1), Input(seq=MAX_INTEGER, ts=1), Ack(seq=2)]:
        data = encode(message)
        taken = quick.receive_quickly(data)
        expected = slow.receive(data)
        if taken is None:
            # Nothing of it was taken yet.
            assert quick.receive(data) == expected
        else:
            assert [taken] == expected and isinstance(taken, (Input, Ack))
        assert (quick.input_seq, quick.acked, quick.credit) == (slow.input_seq, slow.acked, slow.credit)
        assert quick.take_refusals() == slow.take_refusals() and quick.stage == slow.stage


def test_inputs_and_acks_are_taken_quickly() -> None:
    connection = opened()
    connection.frame_sent(1)
    assert connection.receive_quickly(encode(Input(seq=1, ts=1))) == Input(seq=1, ts=1)
    assert connection.receive_quickly(encode(Ack(seq=1))) == Ack(seq=1)
    assert connection.in_flight == 0
    assert connection.receive_quickly(encode(Input(seq=1, ts=1))) is None
    assert ServerConnection().receive_quickly(encode(Input(seq=1, ts=1))) is None
