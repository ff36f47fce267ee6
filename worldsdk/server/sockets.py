"""WebSockets as the server's core sees them: written to without waiting, with a word when there is room."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection as WebSocket
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConcurrencyError, ConnectionClosed


class Connection(WebSocket):
    """A WebSocket that says when its write buffer has drained.

    Attributes:
        on_room: called then, on the event loop.
    """

    on_room: Callable[[], None] | None = None

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_room is not None:
            self.on_room()


class WebSocketWire:
    """A ``guest.Socket`` over a connection."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._one = (connection,)
        self._transport: Any = connection.transport

    def write(self, data: bytes) -> None:
        # ``send`` would wait for a slow reader; this is the library's way to write at once.
        broadcast(self._one, data)

    @property
    def waiting(self) -> int:
        size: int = self._transport.get_write_buffer_size()
        return size

    async def receive(self) -> bytes | str | None:
        try:
            return await self._connection.recv()
        except ConnectionClosed:
            return None

    async def close(self, code: int, reason: str) -> None:
        # Behind messages that nobody takes any more, the other side's goodbye would not be seen.
        discarding = asyncio.ensure_future(self._discard())
        try:
            await self._connection.close(code, reason)
        finally:
            discarding.cancel()

    async def _discard(self) -> None:
        # Somebody who waits for a message already takes them off as well.
        with contextlib.suppress(ConcurrencyError):
            while await self.receive() is not None:
                pass
