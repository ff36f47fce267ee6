"""WebSockets as the server's core sees them: written to without waiting, with a word when there is room."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from websockets.asyncio.server import ServerConnection as WebSocket
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConcurrencyError, ConnectionClosed

MOST_STRANGERS = 1024
"""Sockets whose request has not come yet. Each may stay for the hello deadline, and holds 64 kB at most."""

MOST_STRANGERS_AT = 256
"""The same from one address: all viewers of a classroom that come in the same moment."""


class Strangers:
    """Counts sockets that have not sent a whole request, by address."""

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._by_address.total()

    def add(self, address: str) -> bool:
        """Counts one more; whether it may stay."""
        self._by_address[address] += 1
        return len(self) <= MOST_STRANGERS and self._by_address[address] <= MOST_STRANGERS_AT

    def remove(self, address: str) -> None:
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]


class Connection(WebSocket):
    """A WebSocket that is one of so many strangers first, and says when its write buffer has drained.

    Attributes:
        strangers: where all connections of its server are counted.
        on_room: called when the buffer has drained, on the event loop.
    """

    strangers: ClassVar[Strangers]
    on_room: Callable[[], None] | None = None
    _address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._address = address_of(self)
        if not self.strangers.add(self._address):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.known()
        super().connection_lost(exc)

    def known(self) -> None:
        """Its request is here: from now on the door counts it."""
        if self._address is not None:
            self.strangers.remove(self._address)
            self._address = None

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_room is not None:
            self.on_room()


def connection_class() -> type[Connection]:
    """The class of one server's connections: they count strangers together."""

    class Counted(Connection):
        strangers = Strangers()

    return Counted


def address_of(connection: WebSocket) -> str:
    """The other side's address, without its port."""
    remote = connection.remote_address
    return str(remote[0]) if isinstance(remote, tuple) else "local"


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
