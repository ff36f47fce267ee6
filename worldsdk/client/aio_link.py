"""A dialogue over asynchronous sockets that outlives each of them; the twin of ``worldsdk.client.link``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from worldsdk.client.backoff import Backoff
from worldsdk.client.dialogue import Dialogue, Wishes
from worldsdk.client.failures import closed, may_retry
from worldsdk.client.link import FIRST_FRAME_SECONDS, POLL_SECONDS, ended, gave_up, late
from worldsdk.client.settings import PING_SECONDS, Settings, address
from worldsdk.client.transport import AsyncSocket, DroppedError
from worldsdk.errors import ConnectionFailedError, ConnectionLostError, ConnectionTimeoutError, WorldSDKError


class AsyncLink:
    """Made by ``open``; a task reads its socket until it is closed. For one event loop."""

    def __init__(self, settings: Settings, wishes: Wishes) -> None:
        self.settings = settings
        self.dialogue = Dialogue(wishes, settings.clock)
        self.error: WorldSDKError | None = None
        self._url = address(settings.url)
        self._socket: AsyncSocket | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self._sending = asyncio.Lock()
        self._heard = self._pinged = 0.0
        self._closing = False

    @classmethod
    async def open(cls, settings: Settings, wishes: Wishes, resume: str | None = None) -> Self:
        """Raises as ``Link``."""
        link = cls(settings, wishes)
        link._socket = await link._connect(resume)
        link._task = asyncio.create_task(link._read_on(), name="worldsdk-wire")
        return link

    async def wait(
        self, done: Callable[[], bool], seconds: float | None = None, what: str = "answer"
    ) -> None:
        """As ``Link.wait``."""
        limit = self.settings.answer_seconds if seconds is None else seconds
        try:
            async with asyncio.timeout(limit):
                while not done():
                    if self.error is not None:
                        raise self.error
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self._waiters.discard(waiter)
        except TimeoutError:
            raise late(what, limit, self._url) from None

    async def flush(self) -> None:
        """As ``Link.flush``."""
        async with self._sending:
            while self.dialogue.welcome is not None and self.dialogue.outgoing and self._socket is not None:
                try:
                    await self._socket.send(self.dialogue.outgoing.popleft())
                except DroppedError:
                    return

    async def close(self) -> None:
        """As ``Link.close``."""
        if self._closing:
            return
        self._closing = True
        if self.error is None:
            self.dialogue.bye()
            await self.flush()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._socket is not None:
            await self._socket.close()
        self._fail(self.error or ConnectionLostError("this session was closed", where=self._url))

    async def _read_on(self) -> None:
        while not self._closing:
            try:
                await self._turn()
            except (DroppedError, WorldSDKError) as cause:
                try:
                    await self._recover(cause)
                except WorldSDKError as error:
                    self._fail(error)
                    return

    async def _turn(self) -> None:
        assert self._socket is not None
        data = None
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                data = await self._socket.recv()
        now = self._now()
        if data is not None:
            self._heard = now
            self.dialogue.receive(data)
            self._wake()
            if self.dialogue.fatal is not None:
                raise self.dialogue.fatal
        elif now - self._heard > self.settings.silence_seconds:
            raise ConnectionTimeoutError(
                f"the server was silent for {self.settings.silence_seconds:g} s", where=self._url
            )
        if now - self._pinged >= PING_SECONDS:
            self._pinged = now
            self.dialogue.ping()
        if self.dialogue.outgoing:
            await self.flush()

    async def _connect(self, resume: str | None = None) -> AsyncSocket:
        socket = await AsyncSocket.open(self._url, self.settings)
        seen = self.dialogue.frames
        try:
            await socket.send(self.dialogue.open(self.settings.fresh_token(), resume))
            while self.dialogue.welcome is None:
                if not await self._read_one(socket, self.settings.open_seconds):
                    raise late("welcome", self.settings.open_seconds, self._url)
            while self.dialogue.frames == seen and await self._read_one(socket, FIRST_FRAME_SECONDS):
                pass
        except DroppedError as end:
            await socket.close()
            raise closed(end.code, end.reason, self._url) or ConnectionFailedError(
                f"the server hung up before its welcome ({end.code or 'no reason given'})", where=self._url
            ) from None
        except BaseException:
            await socket.close()
            raise
        self._heard = self._now()
        return socket

    async def _read_one(self, socket: AsyncSocket, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                self.dialogue.receive(await socket.recv())
        except TimeoutError:
            return False
        if self.dialogue.fatal is not None:
            raise self.dialogue.fatal
        return True

    async def _recover(self, cause: DroppedError | WorldSDKError) -> None:
        assert self._socket is not None
        await self._socket.close()
        last = ended(cause, self.dialogue, self._url)
        clock, settings = self.settings.clock, self.settings
        backoff = Backoff(settings.reconnect_seconds, clock.seconds())
        if self.dialogue.goaway is not None and self.dialogue.goaway.url:
            self._url = address(self.dialogue.goaway.url)
        while True:
            wait = backoff.next(clock.seconds(), self.dialogue.retry_after)
            hook = settings.on_disconnect
            if wait is None or (hook is not None and hook(last, backoff.attempts) is False):
                raise gave_up(last, backoff.attempts - 1, self._url)
            await asyncio.sleep(wait)
            try:
                self._socket = await self._connect()
            except WorldSDKError as error:
                if not may_retry(error):
                    raise
                last = error
                continue
            self.dialogue.meter.reconnects += 1
            self._wake()
            await self.flush()
            return

    def _fail(self, error: WorldSDKError) -> None:
        self.error = error
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _now(self) -> float:
        return self.settings.clock.seconds()
