"""WebSockets as the server's core sees them: written to without waiting, with a word when there is room."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from websockets.asyncio.server import ServerConnection as WebSocket
from websockets.exceptions import ConcurrencyError, ConnectionClosed
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import State

from worldsdk.protocol.cutting import Cutter, header
from worldsdk.server.options import MAX_MESSAGE

try:
    from websockets.speedups import apply_mask
except ImportError:  # an installation without the library's compiled part
    from websockets.utils import apply_mask

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
        at_once: shown whole messages that come while ``waits``; returns whether each was dealt with.
        waits: whether somebody waits for a message and none is here.
    """

    strangers: ClassVar[Strangers]
    on_room: Callable[[], None] | None = None
    at_once: Callable[[bytes], bool] | None = None
    waits: bool = False
    _address: str | None = None
    _cutter: Cutter | None = None
    _head_ended: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._address = address_of(self)
        if not self.strangers.add(self._address):
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        cutter = self._cutter
        if cutter is None:
            cutter = self._begin_to_cut(data)
            if cutter is None:
                super().data_received(data)
                return
        start = cutter.whole(data)
        if start:
            if not (self.waits and self._dealt_with(data, start)):
                super().data_received(data)
            return
        for piece in cutter.feed(data):
            if not (piece.start and self.waits and self._dealt_with(*piece)):
                super().data_received(piece.data)

    def _begin_to_cut(self, data: bytes) -> Cutter | None:
        """The cutter, once the handshake is over; until then all is the library's."""
        if self.protocol.state is not State.OPEN:
            # What comes behind the request may be half a frame, and is not seen here.
            self._head_ended = not self._head_ended and data.endswith(b"\r\n\r\n")
            return None
        self._cutter = Cutter(masked=True, most=MAX_MESSAGE)
        if not self._head_ended:
            self._cutter.stop()
        return self._cutter

    def _dealt_with(self, data: bytes, start: int) -> bool:
        take = self.at_once
        if take is None or self.protocol.state is not State.OPEN:
            return False
        return take(apply_mask(data[start:], data[start - 4 : start]))

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            self.waits = self.waits and event.opcode not in DATA_OPCODES
        super().process_event(event)

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

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._protocol = connection.protocol
        self._transport: Any = connection.transport

    def write(self, data: bytes) -> None:
        # ``send`` would wait for a slow reader, and the library's ``broadcast`` takes as long as all the rest
        # of a frame's way. Only whole messages are ever written here, so that none is in the way.
        if self._protocol.state is State.OPEN and not self._transport.is_closing():
            self._transport.write(header(len(data)) + data)

    @property
    def waiting(self) -> int:
        size: int = self._transport.get_write_buffer_size()
        return size

    def at_once(self, take: Callable[[bytes], bool]) -> None:
        self._connection.at_once = take

    async def receive(self) -> bytes | str | None:
        connection = self._connection
        # What waits already comes first.
        connection.waits = not connection.recv_messages.frames
        try:
            return await connection.recv()
        except ConnectionClosed:
            return None
        finally:
            connection.waits = False

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
