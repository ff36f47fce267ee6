"""A TCP proxy that is a bad network: late, uneven, narrow, silent, or cut. Bytes never change or reorder."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType

CHUNK = 4096
"""Small enough that a narrow link is smooth, large enough that a wide one is not slow."""

BACKLOG = 64
"""Chunks under way in one direction: what a router would hold."""


@dataclass
class Network:
    """What the link is like now; may be changed while it is in use.

    Attributes:
        delay: seconds that every byte takes. jitter: seconds more, uniformly random.
        bytes_per_second: of each direction; 0 for no limit.
        silent: nothing arrives any more in either direction, and nobody is told (no FIN, no RST).
    """

    delay: float = 0.0
    jitter: float = 0.0
    bytes_per_second: float = 0.0
    silent: bool = False
    random: random.Random = field(default_factory=lambda: random.Random(7))


class Proxy:
    """Listens on a free port of loopback and forwards to ``target`` as ``network`` allows."""

    def __init__(self, target: int, network: Network | None = None) -> None:
        self.network = network or Network()
        self.port = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    def cut(self) -> None:
        """Resets every connection on both sides, as a pulled cable with an impatient router does."""
        for writer in self._writers:
            raw: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers |= {writer, other_writer}
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forward(reader, other_writer))
                group.create_task(self._forward(other_reader, writer))
        except* OSError:
            pass
        except* asyncio.CancelledError:
            # The streams that called this would report a cancelled task as a failed one.
            pass
        finally:
            self._tasks.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bytes of one direction, each chunk at its time, none before the one ahead of it."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(BACKLOG)
        loop = asyncio.get_running_loop()

        async def deliver() -> None:
            while True:
                due, chunk = await under_way.get()
                await asyncio.sleep(due - loop.time())
                while self.network.silent:
                    await asyncio.sleep(0.01)
                if not chunk:
                    writer.close()
                    return
                writer.write(chunk)
                await writer.drain()

        async with _running(deliver()):
            last = free = 0.0
            while True:
                chunk = await reader.read(CHUNK)
                network, now = self.network, loop.time()
                if network.bytes_per_second:
                    free = max(free, now) + len(chunk) / network.bytes_per_second
                wait = network.delay + network.random.uniform(0.0, network.jitter)
                last = max(last, now + wait, free)
                await under_way.put((last, chunk))
                if not chunk:
                    break


@asynccontextmanager
async def _running(work: object) -> AsyncIterator[None]:
    """Runs ``work`` beside the block and waits for it at the end."""
    task = asyncio.create_task(work)  # type: ignore[arg-type]
    try:
        yield
        await task
    finally:
        task.cancel()
