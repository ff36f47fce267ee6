"""The client's side of one connection, without the socket: numbers what is sent, checks what comes.

A server that breaks the protocol is met with a ``ProtocolError``: there is no telling what its next message
would mean, so the shell closes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from worldsdk.errors import ProtocolError, UnknownTypeError
from worldsdk.protocol.codec import decode, encode, encode_fields, peek
from worldsdk.protocol.messages import (
    Accepted,
    Ack,
    Applied,
    Command,
    ErrorMessage,
    Event,
    FrameMessage,
    GoAway,
    Hello,
    Input,
    Pong,
    ServerMessage,
    Welcome,
)

Receipt = Literal["sent", "accepted"]


class ClientConnection:
    """See this module's description.

    Args:
        hello: what to begin with; ``opening`` is it as bytes.

    Attributes:
        welcome: the server's answer; None before.
        waiting: id -> how far a command has come, of those not yet done.
        frames: number of the newest frame. over: whether the server has said that it hangs up.
    """

    def __init__(self, hello: Hello) -> None:
        self.hello = hello
        self.opening = encode(hello)
        self.welcome: Welcome | None = None
        self.waiting: dict[int, Receipt] = {}
        self.frames = 0
        self.over = False
        self._acked = 0
        self._input_seq = 0
        self._command_id = 0

    def receive(self, data: bytes | str) -> list[ServerMessage]:
        """The message in ``data``, as a list of one; an empty list for a type that this build does not know.

        Raises:
            ProtocolError: bytes that are no message, or a message that may not come now.
        """
        if isinstance(data, str):
            raise ProtocolError("the server sent text", fix="it should send binary WebSocket messages")
        try:
            message = cast(ServerMessage, decode(data, sender="server", max_bytes=self.hello.max_message))
        except UnknownTypeError:
            # A newer server may say more than this client understands.
            return []
        self._check(message)
        return [message]

    def receive_frame(self, data: bytes) -> FrameMessage | None:
        """The message in ``data``, as ``receive`` would take it, where it is a frame that may come now.

        None for all else, of which nothing was taken: it is for ``receive``.
        """
        if self.welcome is None or len(data) > self.hello.max_message:
            return None
        message = peek(data, sender="server")
        if (
            type(message) is not FrameMessage
            or message.seq != self.frames + 1
            or message.applied > self._input_seq
        ):
            return None
        self.frames = message.seq
        return message

    def input_bytes(
        self, ts: int, controls: Mapping[str, float], mouse: tuple[float, float], ticks: int
    ) -> tuple[int, bytes]:
        """Number and bytes of the next input: ``encode(input(...))`` in fewer steps."""
        self._input_seq += 1
        fields = {
            "seq": self._input_seq,
            "ts": ts,
            "controls": controls,
            "keys": (),
            "pad": {},
            "mouse": mouse,
            "ticks": ticks,
        }
        return self._input_seq, encode_fields(Input, fields)

    def input(self, ts: int, **fields: Any) -> Input:
        """The next input; ``fields`` as in ``Input``."""
        self._input_seq += 1
        return Input(seq=self._input_seq, ts=ts, **fields)

    def command(self, name: str, args: Mapping[str, Any] | None = None) -> Command:
        """The next command; its receipts are expected from here on."""
        self._command_id += 1
        self.waiting[self._command_id] = "sent"
        return Command(id=self._command_id, name=name, args=dict(args or {}))

    def ack(self, shown: int | None = None) -> Ack | None:
        """The ack for all frames so far, or None where all are acknowledged."""
        if self._acked == self.frames:
            return None
        self._acked = self.frames
        return Ack(seq=self.frames, shown=shown)

    def _check(self, message: ServerMessage) -> None:
        # First what comes most.
        if isinstance(message, FrameMessage) and self.welcome is not None:
            if message.seq != self.frames + 1:
                raise ProtocolError(f"is {message.seq}", where="frame.seq", fix=f"{self.frames + 1} is next")
            if message.applied > self._input_seq:
                raise ProtocolError(f"is {message.applied}", where="frame.applied", fix="it was never sent")
            self.frames = message.seq
        elif isinstance(message, Welcome):
            if self.welcome is not None:
                raise ProtocolError("the server said welcome twice")
            low, high = self.hello.v
            if not low <= message.v <= high:
                raise ProtocolError(
                    f"is {message.v}", where="welcome.v", fix=f"it was offered {low} to {high}"
                )
            self.welcome, self._input_seq = message, message.held_seq
        elif isinstance(message, GoAway):
            self.over = True
        elif isinstance(message, ErrorMessage):
            self.over = self.over or message.fatal
            if message.re is not None:
                self._settle(message.re, "error")
        elif isinstance(message, (Event, Pong)):
            return
        elif self.welcome is None or isinstance(message, FrameMessage):
            raise ProtocolError(f"{message.t} came before welcome")
        else:
            self._settle(message.re, message.t)

    def _settle(self, re: int, how: str) -> None:
        stage = self.waiting.get(re)
        if stage is None or ((how == Accepted.t) != (stage == "sent") and how != ErrorMessage.t):
            raise ProtocolError(
                f"{how} for command {re}", fix="a command is accepted once, then applied once"
            )
        if how == Accepted.t:
            self.waiting[re] = "accepted"
        elif how in (Applied.t, ErrorMessage.t):
            del self.waiting[re]
