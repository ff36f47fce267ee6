"""A blocking WebSocket whose messages are read by whoever waits for them.

The library's own blocking connection reads in a thread beside the program's, which hands every message over:
two changes of thread for each, several times what the message itself costs. Here the library opens and closes
the connection and answers control frames; whole binary messages pass it by. Its thread only looks after the
socket while nobody else reads.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from websockets.exceptions import ConnectionClosed
from websockets.frames import DATA_OPCODES, Opcode
from websockets.protocol import State
from websockets.sync.client import ClientConnection

from worldsdk.protocol.cutting import Cutter, masked_header
from worldsdk.protocol.limits import MAX_MESSAGE_BYTES

try:
    from websockets.speedups import apply_mask
except ImportError:  # an installation without the library's compiled part
    from websockets.utils import apply_mask

LOOK_SECONDS = 1.0
"""How often a socket that nobody reads is looked at: a server's ping waits no longer for its answer. Servers
give up after ten seconds or more."""

READ_BYTES = 1 << 16
"""Asked of the socket at once where it is not known that more is on its way."""

SOON_SECONDS = 0.25
"""What most answers take less than: so long a wait is one call of the system."""

STALL_SECONDS = 30.0
"""For the rest of a TLS record that has begun, or for room to send: then the path is dead."""

KEPT_BYTES = 64 << 20
"""Messages that wait for a program that does not read. Beyond it the socket is left alone, so that the server
sees that nothing is read."""


class DirectConnection(ClientConnection):
    """Made by the library's ``connect``; ``put`` and ``take`` instead of ``send`` and ``recv``.

    ``take`` may be called by one thread at a time, ``put`` by any.
    """

    def __init__(self, sock: Any, protocol: Any, **options: Any) -> None:
        self._cutter = Cutter(masked=False, most=MAX_MESSAGE_BYTES)
        self._inbox: deque[bytes] = deque()
        self._kept = 0
        self._fragments: list[bytes] = []
        self._text = False
        self._reading = threading.Lock()
        self._leaving = threading.Event()
        self._bounded = False
        self._wait = waiter(sock)
        super().__init__(sock, protocol, **options)

    def put(self, *messages: bytes) -> None:
        """Sends messages, in order. Raises ConnectionClosed."""
        message = b""
        for data in messages:
            mask = os.urandom(4)
            message += masked_header(len(data), mask) + apply_mask(data, mask)
        try:
            with self.protocol_mutex:
                open_still = self.protocol.state is State.OPEN
                if open_still:
                    self.socket.sendall(message)
        except OSError as error:
            self._lost(error)
        if not open_still:
            self._lost(None)

    def take(self, seconds: float) -> bytes | None:
        """The next message, empty where it is text; None where none came in time. Raises ConnectionClosed."""
        ends = time.monotonic() + seconds
        with self._reading:
            while not self._inbox:
                if not self._pull(max(0.0, ends - time.monotonic())):
                    return None
            data = self._inbox.popleft()
            self._kept -= len(data)
            return data

    def take_soon(self) -> bytes | None:
        """The next message where it comes alone and within ``SOON_SECONDS``, in one call of the system; None
        where it may be here or come all the same: it is for ``take``. Raises ConnectionClosed."""
        with self._reading:
            if self._inbox or not (self._bounded or self._bound()):
                return None
            try:
                data = self.socket.recv(max(READ_BYTES, self._cutter.missing))
            except BlockingIOError:
                return None
            except (OSError, ValueError) as error:
                self._lost(error)
            start = self._cutter.whole(data)
            if start:
                return data[start:]
            self._sort(data)
            return None

    def _bound(self) -> bool:
        """Has the system itself end a wait for data; whether it can."""
        # TLS reads in records, and a socket with a time limit of Python's own is waited for twice.
        plain = type(self.socket) is socket.socket and self.socket.gettimeout() is None
        if plain and os.name == "posix" and self.response is not None:
            limit = struct.pack("@ll", int(SOON_SECONDS), round(SOON_SECONDS % 1.0 * 1e6))
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._bounded = True
        return self._bounded

    def close(self, *args: Any, **options: Any) -> None:
        # The thread must read the other side's goodbye.
        self._leaving.set()
        super().close(*args, **options)

    def close_socket(self) -> None:
        self._leaving.set()
        with suppress(OSError):
            # Whoever waits for the socket wakes up; closing alone would leave them waiting.
            self.socket.shutdown(socket.SHUT_RDWR)
        super().close_socket()

    # Reading.

    def recv_events(self) -> None:
        """The body of the library's thread."""
        try:
            with self._reading:
                while self.response is None:
                    self._pull(LOOK_SECONDS)
            while not self._leaving.wait(LOOK_SECONDS):
                self._look()
            with self._reading:
                while True:
                    self._pull(LOOK_SECONDS)
                    self._inbox.clear()
        except ConnectionClosed:
            pass
        except Exception as error:
            with self.protocol_mutex:
                self.set_connection_exc(error)
        finally:
            self.close_socket()
            self.response_rcvd.set()

    def _look(self) -> None:
        """Reads what is there, unless somebody reads already."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            while self._kept < KEPT_BYTES and self._pull(0.0):
                pass
        finally:
            self._reading.release()

    def _pull(self, seconds: float) -> bool:
        """Reads once; False where nothing came in time. Raises ConnectionClosed where nothing will."""
        try:
            if not self._wait(seconds):
                return False
            data = self.socket.recv(max(READ_BYTES, self._cutter.missing))
        except (OSError, ValueError) as error:
            self._lost(error)
        start = self._cutter.whole(data) if self.response is not None else 0
        if start:
            self._keep(data[start:])
        else:
            self._sort(data)
        return True

    def _sort(self, data: bytes) -> None:
        """What was read, if it is not exactly one message. Raises ConnectionClosed where it is nothing."""
        if not data:
            self._lost(None)
        if self.response is None:
            # The library may keep the beginning of a frame for itself, if there is one behind its headers.
            if not data.endswith(b"\r\n\r\n"):
                self._cutter.stop()
            self._pass_on(data)
            return
        for piece in self._cutter.feed(data):
            if piece.start:
                self._keep(piece.data[piece.start :])
            else:
                self._pass_on(piece.data)

    def _pass_on(self, data: bytes) -> None:
        """What is no whole message is the library's: it answers pings, and says goodbye."""
        try:
            with self.protocol_mutex:
                self.protocol.receive_data(data)
                events = self.protocol.events_received()
                self.send_data()
        except (OSError, EOFError) as error:
            self._lost(error)
        for event in events:
            self.process_event(event)

    def process_event(self, event: Any) -> None:
        if self.response is None or event.opcode not in DATA_OPCODES:
            super().process_event(event)
            return
        self._text = event.opcode is Opcode.TEXT or (self._text and event.opcode is Opcode.CONT)
        self._fragments.append(bytes(event.data))
        if event.fin:
            self._keep(b"" if self._text else b"".join(self._fragments))
            self._fragments.clear()

    def _keep(self, data: bytes) -> None:
        self._inbox.append(data)
        self._kept += len(data)

    def _lost(self, error: Exception | None) -> NoReturn:
        if error is not None:
            with self.protocol_mutex:
                self.set_connection_exc(error)
        self.close_socket()
        raise self.close_exc


def waiter(sock: Any) -> Callable[[float], bool]:
    """Waits until there is something to be read, or for so many seconds; says which."""
    # What TLS has decrypted already cannot be seen in the socket.
    inner = getattr(sock, "ssl_object", sock)
    pending: Callable[[], int] | None = getattr(inner, "pending", None)
    if pending is not None:
        sock.settimeout(STALL_SECONDS)
    ready = _poll(sock) if hasattr(select, "poll") else _select(sock)

    def wait(seconds: float) -> bool:
        if pending is not None and pending():
            return True
        # The number of a closed socket may be another's by now.
        if sock.fileno() < 0:
            raise OSError("the socket is closed")
        return ready(seconds)

    return wait


def _poll(sock: Any) -> Callable[[float], bool]:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return lambda seconds: bool(poll.poll(seconds * 1000.0))


def _select(sock: Any) -> Callable[[float], bool]:
    return lambda seconds: bool(select.select([sock], [], [], seconds)[0])
