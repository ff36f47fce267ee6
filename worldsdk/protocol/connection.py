"""The server's side of one connection, without the socket: what may come when, and what may be sent.

The shell hands in each WebSocket message and acts on what comes out::

    for message in connection.receive(data):
        ...
    send all of connection.take_refusals()
    where connection.closing is set, close with close_code(connection.closing)

No clock and no waiting: deadlines and rates are the shell's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from worldsdk.errors import (
    MessageTooLargeError,
    NotAllowedError,
    ProtocolError,
    ProtocolVersionError,
    UnknownTypeError,
)
from worldsdk.protocol.codec import check_map, glance, parse, peek, unpack_map
from worldsdk.protocol.limits import MAX_INTEGER, MAX_MESSAGE_BYTES, MOST_MALFORMED
from worldsdk.protocol.messages import (
    Ack,
    Bye,
    ClientMessage,
    Command,
    ErrorMessage,
    Hello,
    Input,
    Ping,
    Role,
    Welcome,
)
from worldsdk.protocol.refusals import refusal
from worldsdk.protocol.version import MINOR, choose_minor

Stage = Literal["hello", "admission", "open", "closed"]
"""Waiting for hello; hello is here and the server makes up its mind; welcomed; over."""


class ServerConnection:
    """See this module's description.

    Args:
        max_bytes: of one message from the client.

    Attributes:
        stage: how far the dialogue is.
        hello: what the client said; None before.
        minor: version spoken, once hello is here.
        closing: error code that the connection must be closed with, or None. Nothing is received after it.
        malformed: bad messages so far.
        input_seq: newest input, of earlier connections of the session too.
        credit: window of frames in flight. sent, acked: numbers of frames.
    """

    def __init__(self, *, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.max_bytes = max_bytes
        self.stage: Stage = "hello"
        self.hello: Hello | None = None
        self.minor = MINOR
        self.role: Role = "viewer"
        self.closing: str | None = None
        self.malformed = 0
        self.input_seq = 0
        self.command_id = -1
        self.credit = 0
        self.sent = 0
        self.acked = 0
        self._refusals: list[ErrorMessage] = []

    def receive(self, data: bytes | str) -> list[ClientMessage]:
        """The message in ``data``, as a list of one; an empty list where it was ignored or refused.

        Never raises for what a client sends: refusals wait in ``take_refusals``. Acks are accounted for
        before they are returned.
        """
        if self.stage == "closed":
            return []
        value: dict[str, Any] = {}
        try:
            if isinstance(data, str):
                raise ProtocolError("the message is text", fix="send binary WebSocket messages")
            value = unpack_map(data, max_bytes=self.max_bytes)
            known = glance(value, data, sender="client")
            found = parse(check_map(value, data), sender="client") if known is None else known
            message = cast(ClientMessage, found)
            return [message] if self._allows(message) else []
        except (MessageTooLargeError, ProtocolVersionError) as error:
            self._refuse(error, fatal=True)
        except NotAllowedError as error:
            self._refuse(error, re=_command_of(value))
        except UnknownTypeError as error:
            if self.stage == "hello":
                self._refuse(ProtocolError(error.what, fix="send hello first"), fatal=True)
            else:
                self._refuse(error)
        except ProtocolError as error:
            self.malformed += 1
            fatal = self.stage == "hello" or self.malformed >= MOST_MALFORMED
            self._refuse(error, fatal=fatal, re=_command_of(value))
        return []

    def receive_quickly(self, data: bytes) -> Input | Ack | None:
        """The message in ``data``, as ``receive`` would take it, where it is an input or ack that may come.

        None for all else, of which nothing was taken: it is for ``receive``.
        """
        if self.stage != "open" or len(data) > self.max_bytes:
            return None
        message = peek(data, sender="client")
        if type(message) is Input:
            if message.seq > self.input_seq and self.role != "viewer":
                self.input_seq = message.seq
                return message
        elif type(message) is Ack and message.seq <= self.sent:
            self.frame_acked(message.seq, message.credit)
            return message
        return None

    def take_refusals(self) -> list[ErrorMessage]:
        """Errors to be sent, oldest first; each is handed out once."""
        taken, self._refusals = self._refusals, []
        return taken

    def welcomed(self, welcome: Welcome) -> None:
        """The client is in: inputs, acks and commands are taken from here on, and frames may be sent."""
        if self.stage != "admission":
            raise ProtocolError(f"welcome at stage {self.stage!r}", fix="welcome a client once, after hello")
        self.stage = "open"
        self.role = welcome.role
        self.credit = welcome.credit
        self.input_seq = welcome.held_seq

    def close(self) -> None:
        """The connection is over: whatever still arrives is ignored."""
        self.stage = "closed"

    # Frames.

    @property
    def next_seq(self) -> int:
        """The number of the next frame. It is used up by ``frame_sent``, not by a frame that is replaced."""
        return self.sent + 1

    @property
    def in_flight(self) -> int:
        """Frames sent and not acknowledged."""
        return self.sent - self.acked

    def can_send_frame(self) -> bool:
        """Whether the client has granted one more frame."""
        return self.stage == "open" and self.sent - self.acked < self.credit

    def frame_sent(self, seq: int) -> None:
        """Frame ``seq`` was handed to the socket.

        Raises:
            ProtocolError: it is not the next number, or there is no credit: a fault of the caller.
        """
        if seq != self.sent + 1 or self.stage != "open" or self.sent - self.acked >= self.credit:
            raise ProtocolError(
                f"frame {seq} with {self.in_flight} of {self.credit} in flight",
                fix=f"send frame {self.next_seq} when can_send_frame()",
            )
        self.sent = seq

    def frame_acked(self, seq: int, credit: int | None = None) -> None:
        """Frames up to ``seq`` have arrived; an older number changes nothing.

        Raises:
            ProtocolError: ``seq`` was never sent.
        """
        if seq > self.sent:
            raise ProtocolError(f"is {seq}", where="ack.seq", fix=f"frames so far end at {self.sent}")
        self.acked = max(self.acked, seq)
        if credit is not None:
            self.credit = credit

    # What may come when.

    def _allows(self, message: ClientMessage) -> bool:
        # First what comes most.
        if isinstance(message, Input) and self.stage == "open" and self.role != "viewer":
            if message.seq <= self.input_seq:
                return False
            self.input_seq = message.seq
            return True
        if isinstance(message, Hello):
            self._take_hello(message)
            return True
        if self.stage == "hello":
            raise ProtocolError(f"{message.t} came first", fix="send hello first")
        if isinstance(message, Bye):
            self.stage = "closed"
            return True
        if isinstance(message, Ping):
            return True
        if self.stage == "admission":
            raise ProtocolError(f"{message.t} came before welcome", fix="wait for welcome")
        if isinstance(message, Ack):
            self.frame_acked(message.seq, message.credit)
            return True
        if self.role == "viewer":
            raise NotAllowedError(f"a viewer sends no {message.t}", fix="join as a player")
        assert isinstance(message, Command)
        if message.id <= self.command_id:
            raise ProtocolError(
                f"is {message.id}", where="command.id", fix=f"give more than {self.command_id}"
            )
        self.command_id = message.id
        return True

    def _take_hello(self, hello: Hello) -> None:
        if self.stage != "hello":
            raise ProtocolError("hello came twice", fix="send it once, first")
        lowest, highest = hello.v
        if lowest > highest:
            raise ProtocolError(
                f"is {[lowest, highest]}",
                where="hello.v",
                fix="give the lowest minor version, then the highest",
            )
        minor = choose_minor(lowest, highest)
        if minor is None:
            raise ProtocolVersionError(
                f"is {[lowest, highest]}",
                where="hello.v",
                fix=f"this server speaks minor versions 0 to {MINOR}",
            )
        self.minor, self.hello, self.stage = minor, hello, "admission"

    def _refuse(self, error: ProtocolError, *, fatal: bool = False, re: int | None = None) -> None:
        self._refusals.append(refusal(error, fatal=fatal, re=re))
        if fatal:
            self.closing, self.stage = error.code, "closed"


def _command_of(value: Mapping[str, Any]) -> int | None:
    """The id of the command that ``value`` was meant to be: even a malformed one is answered by its id."""
    number = value.get("id")
    is_command = value.get("t") == Command.t
    return number if is_command and type(number) is int and 0 <= number <= MAX_INTEGER else None
