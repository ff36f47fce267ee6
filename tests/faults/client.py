"""A client that says exactly what a test tells it to, well-behaved or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from worldsdk.protocol.codec import decode, encode
from worldsdk.protocol.messages import (
    Ack,
    ClientMessage,
    ErrorMessage,
    FrameMessage,
    Hello,
    Input,
    ServerMessage,
    Welcome,
)
from worldsdk.protocol.version import MINOR, SUBPROTOCOL

PATIENCE = 20.0
"""Seconds until a test gives up: generous, since a busy machine is not a fault under test."""

CLOSE_NO_CAPACITY = 4503

_Kind = TypeVar("_Kind")


class Client:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: Welcome | None = None
        self.seq = 0
        self.frames: list[FrameMessage] = []

    @classmethod
    async def open(
        cls,
        port: int,
        *,
        headers: Mapping[str, str] | None = None,
        origin: str | None = None,
        path: str = "/play",
    ) -> Client:
        """A WebSocket, without hello."""
        socket = await connect(
            f"ws://127.0.0.1:{port}{path}",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=PATIENCE,
            close_timeout=0.2,
            additional_headers=headers,
            origin=Origin(origin) if origin is not None else None,
            proxy=None,
        )
        return cls(socket)

    @classmethod
    async def join(
        cls, port: int, *, headers: Mapping[str, str] | None = None, origin: str | None = None, **fields: Any
    ) -> Client:
        """A WebSocket that was welcomed. Raises ``Closed`` where it was not.

        A server on a busy machine may find it has no place: then this waits and asks again, as clients do.
        """
        for _ in range(20):
            client = await cls.open(port, headers=headers, origin=origin)
            await client.hello(**fields)
            try:
                client.welcome = await client.next(Welcome)
            except Closed as closed:
                if closed.code != CLOSE_NO_CAPACITY:
                    raise
                await asyncio.sleep(1.0)
            else:
                client.seq = client.welcome.held_seq
                return client
        raise AssertionError("the server had no place for 20 s")

    async def hello(self, **fields: Any) -> None:
        await self.send(make_hello(**fields))

    async def send(self, message: ClientMessage) -> None:
        """Raises ``Closed``."""
        await self.throw(encode(message))

    async def throw(self, data: bytes | str) -> None:
        """Sends anything at all. Raises ``Closed``."""
        try:
            await self.socket.send(data)
        except ConnectionClosed as error:
            raise Closed.of(error) from None

    async def receive(self) -> ServerMessage:
        """The next message. Raises ``Closed``."""
        try:
            async with asyncio.timeout(PATIENCE):
                data = await self.socket.recv(decode=False)
        except ConnectionClosed as error:
            raise Closed.of(error) from None
        message = decode(data, sender="server")
        if isinstance(message, FrameMessage):
            self.frames.append(message)
        return message  # type: ignore[return-value]

    async def next(self, kind: type[_Kind]) -> _Kind:
        """The next message of that kind; what comes before it is passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.receive()
                if isinstance(message, kind):
                    return message

    async def frame(self) -> FrameMessage:
        """The next frame, acknowledged."""
        frame = await self.next(FrameMessage)
        await self.send(Ack(seq=frame.seq))
        return frame

    async def press(self, **controls: float) -> int:
        """Sends an input and returns its number."""
        self.seq += 1
        await self.send(Input(seq=self.seq, ts=self.seq * 1000, controls=controls))
        return self.seq

    async def step(self, **controls: float) -> FrameMessage:
        """Lockstep: one input, its frame."""
        await self.press(**controls)
        while True:
            frame = await self.frame()
            if frame.applied == self.seq:
                return frame

    async def see(self, seq: int) -> FrameMessage:
        """Takes frames until one shows input ``seq``."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.frame()
                if frame.applied >= seq:
                    return frame

    async def ending(self) -> tuple[int, list[ErrorMessage]]:
        """Reads until the server hangs up: the close code, and the errors on the way."""
        errors = []
        try:
            while True:
                message = await self.receive()
                if isinstance(message, ErrorMessage):
                    errors.append(message)
        except Closed as closed:
            return closed.code, errors

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Takes and acknowledges frames beside the block, as a client that is not under test does."""

        async def read() -> None:
            while True:
                await self.frame()

        task = asyncio.create_task(read())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def abort(self) -> None:
        """Ends like a killed process: no goodbye on any layer."""
        self.socket.transport.abort()

    async def close(self) -> None:
        await self.socket.close()


class Closed(Exception):  # noqa: N818  # an outcome that tests look at
    """The server hung up. Attributes: code of the close frame (1006 for none), reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason

    @classmethod
    def of(cls, error: ConnectionClosed) -> Closed:
        frame = error.rcvd
        return cls(frame.code if frame else 1006, frame.reason if frame else "")


def make_hello(**fields: Any) -> Hello:
    """A player's hello, changed by ``fields``."""
    given: dict[str, Any] = {
        "v": (MINOR, MINOR),
        "role": "player",
        "mode": "realtime",
        "codecs": ("raw_rgb",),
        "max_message": 1 << 22,
    }
    return Hello(**(given | fields))
