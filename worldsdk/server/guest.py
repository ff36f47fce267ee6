"""One connection from hello to goodbye: what comes in is passed on, what goes out is built here."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Mapping
from typing import Any

from worldsdk.errors import ControlError, WorldSDKError
from worldsdk.protocol.codec import encode
from worldsdk.protocol.codes import NORMAL_CLOSE, close_code
from worldsdk.protocol.connection import ServerConnection
from worldsdk.protocol.limits import LEAST_MAX_MESSAGE
from worldsdk.protocol.messages import (
    Ack,
    Applied,
    Bye,
    ClientMessage,
    Command,
    Event,
    GoAway,
    Hello,
    Input,
    Ping,
    Pong,
    ServerMessage,
)
from worldsdk.protocol.refusals import refusal
from worldsdk.server import greeting, journal
from worldsdk.server.allowance import Allowance
from worldsdk.server.clerk import Clerk
from worldsdk.server.encode import choose_codec
from worldsdk.server.feed import Feed
from worldsdk.server.hooks import Grant, RefusedError
from worldsdk.server.inbox import Inbox
from worldsdk.server.options import MAX_MESSAGE
from worldsdk.server.outbox import Overflow
from worldsdk.server.room import Room, Seat
from worldsdk.server.services import Services, Socket

REASON_BYTES = 120
"""Of a close frame's reason; the protocol allows 123."""

LIMITED_MS = 1000
"""When to try again after a message over the allowance."""

AT_ONCE = (b"\xa1t\xa5input", b"\xa1t\xa3ack")
"""How messages go on, after their first byte, that are short work and come with every frame. One whose type
is not its first key is taken the longer way."""

_log = logging.getLogger("worldsdk.server")
_numbers = itertools.count(1)


class Guest:
    """Lives on the event loop; ``run`` is its whole life.

    Args:
        address: of the other side. headers: of its request.
    """

    def __init__(self, socket: Socket, address: str, headers: Mapping[str, str], services: Services) -> None:
        self.number = next(_numbers)
        self.socket = socket
        self.protocol = ServerConnection(max_bytes=MAX_MESSAGE)
        self._address = address
        self._headers = headers
        self._services = services
        self._lobby = services.lobby
        self._clock = services.lobby.host.clock
        self._metrics = services.metrics
        self._world = services.lobby.host.world
        self._ending: tuple[str, str] | None = None
        self._allowance: Allowance | None = None
        self._inbox: Inbox | None = None
        self._warned = False
        self._closing: asyncio.Task[None] | None = None
        self._clerk: Clerk | None = None
        self.last_heard = self._clock.monotonic()
        self._joined_at: float | None = None
        self._going = False
        self.deadline: float | None = None
        self.room: Room | None = None
        self.seat: Seat | None = None
        self._feed = Feed(
            socket,
            self.protocol,
            self._world,
            pool=services.pool,
            metrics=services.metrics,
            clock=self._clock,
            too_large=self._too_large,
        )
        self.outbox = self._feed.outbox

    # Its life.

    async def run(self) -> None:
        """From the open socket to the closed one."""
        reason, for_good = "lost", False
        try:
            hello = await self._hello()
            if hello is not None:
                await self._enter(hello)
                reason = await self._listen()
                # A time that is over is not to be had again by coming back.
                for_good = reason in ("bye", "session_over")
        except RefusedError as error:
            # Nobody who was not welcomed can come back.
            for_good = True
            journal.refused(self.number, self._address, error)
            self.refuse(error, fatal=True)
            self._ending = (error.code, error.what)
        except Exception:
            _log.exception("connection %d failed", self.number)
            self.end("internal", "the server failed")
        finally:
            await self._leave(reason, for_good)

    async def _hello(self) -> Hello | None:
        try:
            async with asyncio.timeout(self._services.options.hello_seconds):
                data = await self.socket.receive()
        except TimeoutError:
            raise RefusedError(
                "hello_timeout",
                "no hello came",
                fix=f"send it within {self._services.options.hello_seconds:g} s",
            ) from None
        if data is None:
            return None
        self._metrics.traffic("in", len(data))
        for message in self.protocol.receive(data):
            if isinstance(message, Hello):
                return message
        self._answer_refusals()
        return None

    async def _enter(self, hello: Hello) -> None:
        services, world = self._services, self._world
        grant = await services.authority.admit(self._address, self._headers, hello)
        self._allowance = Allowance(services.authority.meter(grant, world.rate_hz), self._clock)
        self._feed.most_bytes = hello.max_message
        codec = choose_codec(hello.codecs, world.spec.height, world.spec.width, hello.max_message)
        try:
            entry = await self._lobby.enter(hello, grant, self, grant.subject or self._address)
        except RefusedError as error:
            if error.code == "no_capacity":
                services.authority.give_back(grant)
            raise
        self.room, self.seat = entry.room, entry.seat
        self._feed.begin(
            hello,
            codec,
            services.options.jpeg_quality,
            seat=entry.seat.id if entry.seat is not None else None,
            lockstep=entry.room.mode == "lockstep",
        )
        seconds = self._stay(grant, entry.seat)
        welcome = greeting.welcome(
            hello,
            entry,
            world,
            services.options,
            minor=self.protocol.minor,
            codec=codec,
            layers=self._feed.layers,
            session_seconds=seconds,
        )
        size = len(encode(welcome))
        if size > hello.max_message:
            raise RefusedError("too_large", f"the welcome has {size} bytes", fix="raise max_message")
        if entry.seat is not None:
            host = self._lobby.host
            self._clerk = Clerk(self, entry.room, entry.seat, self._lobby, services.images)
            self._inbox = Inbox(
                entry.room, entry.seat, host, self._lobby.crossing, self.protocol, self.outbox
            )
        self.protocol.welcomed(welcome)
        self.send(welcome)
        self._joined_at = self.last_heard = self._clock.monotonic()
        self._metrics.joined(hello.role)
        journal.came(self.number, grant.subject or self._address, hello, welcome)
        if entry.room.latest is not None:
            self.outbox.offer(entry.room.latest)
        if self._inbox is not None:
            self._inbox.order()

    def _stay(self, grant: Grant, seat: Seat | None) -> float:
        """Sets how long this connection may last; the seconds of it, 0 without a limit."""
        now = self._clock.monotonic()
        ends = [now + s for s in (grant.session_seconds, self._services.options.session_seconds) if s]
        # Coming back does not begin the time anew; a token that grants some does.
        if seat is not None and seat.until is not None and not grant.session_seconds:
            ends.append(seat.until)
        self.deadline = min(ends, default=None)
        if seat is not None:
            seat.until = self.deadline
        return 0.0 if self.deadline is None else max(0.0, self.deadline - now)

    async def _listen(self) -> str:
        """Takes messages until the connection is over; why it is."""
        self.socket.at_once(self._take_at_once)
        while self._ending is None:
            data = await self.socket.receive()
            if data is None:
                break
            if await self._take(data):
                return "bye"
        if self._ending is not None:
            return self._ending[0]
        return "drained" if self._going else "lost"

    async def _leave(self, reason: str, for_good: bool) -> None:
        if self.room is not None:
            self._lobby.leave(self.room, self.seat, self, for_good=for_good)
        if self.room is not None and self._joined_at is not None:
            role = self.seat.role if self.seat is not None else "viewer"
            seconds = self._clock.monotonic() - self._joined_at
            self._metrics.left(role, reason, seconds)
            journal.left(self.number, self.room.session, reason, seconds)
        if self._clerk is not None:
            self._clerk.close()
        await self._close()
        self.outbox.close()
        self.protocol.close()

    async def _close(self) -> None:
        if self._ending is None:
            await self.socket.close(NORMAL_CLOSE, "")
            return
        code, message = self._ending
        # A close frame holds 123 bytes of reason.
        reason = f"{code}: {message}".encode()[:REASON_BYTES].decode("utf-8", "ignore")
        await self.socket.close(close_code(code), reason)

    def end(self, code: str, message: str) -> None:
        """Tells why, and closes."""
        if self._ending is None:
            self.refuse(RefusedError(code, message), fatal=True)
            self._hang_up(code, message)

    def _hang_up(self, code: str, message: str) -> None:
        # ``run`` may be waiting for a message that never comes: closing the socket wakes it.
        if self._ending is None:
            self._ending = (code, message)
            self._closing = asyncio.ensure_future(self._close())

    # Going out.

    def send(self, message: ServerMessage) -> None:
        """A reply or an event, in the lane that is never dropped."""
        data = encode(message)
        if len(data) > max(self._feed.most_bytes, LEAST_MAX_MESSAGE):
            re = message.re if isinstance(message, Applied) else None
            data = encode(
                refusal(
                    RefusedError("too_large", f"the answer has {len(data)} bytes", fix="raise max_message"),
                    re=re,
                )
            )
        self._metrics.traffic("out", len(data))
        try:
            self.outbox.reply(data)
        except Overflow:
            self.outbox.close()
            self._hang_up("slow_client", "too many replies wait to be read")

    def refuse(self, error: WorldSDKError, *, fatal: bool = False, re: int | None = None) -> None:
        """Says that something was refused: a connection, or the command ``re``."""
        retry = error.retry_after_ms if isinstance(error, RefusedError) else None
        position = error.position if isinstance(error, RefusedError) else None
        self._metrics.rejected(error.code)
        self.send(refusal(error, fatal=fatal, re=re, retry_after_ms=retry, position=position))

    def _answer_refusals(self) -> None:
        for refused in self.protocol.take_refusals():
            self._metrics.rejected(refused.code)
            self.send(refused)
        if self.protocol.closing is not None and self._ending is None:
            self._hang_up(self.protocol.closing, "see the error before")

    def _too_large(self, size: int) -> None:
        """A frame was left out: a stepper would wait for it for ever, the others are told once."""
        most = self._feed.most_bytes
        if self.outbox.keep_all:
            self.end("too_large", f"a frame has {size} bytes, max_message is {most}")
        elif not self._warned:
            self._warned = True
            self.send(Event(name="warning", data={"code": "too_large", "bytes": size, "max_message": most}))

    def set_quality(
        self, *, codec: str | None, jpeg_quality: int | None, credit: int | None, digests: bool | None
    ) -> dict[str, Any]:
        """See ``Feed.set_quality``."""
        now = self._feed.set_quality(codec=codec, jpeg_quality=jpeg_quality, credit=credit, digests=digests)
        self._credit_came()
        return now

    # Coming in.

    async def _take(self, data: bytes | str) -> bool:
        """One message; True where it was the last."""
        message = self._read(data)
        if isinstance(message, Bye):
            return True
        if isinstance(message, Command):
            self.last_heard = self._clock.monotonic()
            assert self._clerk is not None
            await self._clerk.take(message)
        elif message is not None:
            self._handle(message)
        return False

    def _take_at_once(self, data: bytes) -> bool:
        """An input or an ack, without a change of tasks; False where it is another message, not yet read."""
        if not data.startswith(AT_ONCE, 1) or self._ending is not None:
            return False
        try:
            message: ClientMessage | None = self.protocol.receive_quickly(data)
            if message is None:
                message = self._read(data)
            else:
                self._metrics.traffic("in", len(data))
                assert self._allowance is not None
                if not self._allowance.takes(message.t, len(data)):
                    self._beyond(message.t)
                    return True
            if message is not None:
                self._handle(message)
        except Exception:
            _log.exception("connection %d failed", self.number)
            self.end("internal", "the server failed")
        return True

    def _read(self, data: bytes | str) -> ClientMessage | None:
        """The message, if it may come and is within the allowance; refusals are answered."""
        self._metrics.traffic("in", len(data))
        malformed = self.protocol.malformed
        messages = self.protocol.receive(data)
        if not messages:
            if self.protocol.malformed > malformed:
                self._within("malformed", len(data))
            self._answer_refusals()
            return None
        message = messages[0]
        if isinstance(message, Bye):
            return message
        within = self._within(message.t, len(data), message.id if isinstance(message, Command) else None)
        return message if within else None

    def _within(self, kind: str, size: int, re: int | None = None) -> bool:
        assert self._allowance is not None
        return self._allowance.takes(kind, size) or self._beyond(kind, re)

    def _beyond(self, kind: str, re: int | None = None) -> bool:
        """What comes of a message that is not within the allowance."""
        assert self._allowance is not None
        verdict = self._allowance.beyond(kind)
        if verdict == "close":
            self.end("rate_limited", "too many messages in too little time")
        elif verdict == "tell":
            error = RefusedError("rate_limited", f"too many messages ({kind})", retry_after_ms=LIMITED_MS)
            self.refuse(error, re=re)
        return False

    def _handle(self, message: ClientMessage) -> None:
        if isinstance(message, Input):
            assert self._inbox is not None
            self.last_heard = self._clock.monotonic()
            try:
                self._inbox.take(message, self.last_heard)
            except ControlError as error:
                self.refuse(error)
            except RefusedError as error:
                self.end(error.code, error.what)
        elif isinstance(message, Ack):
            self._feed.acked(message)
            self._credit_came()
        elif isinstance(message, Ping):
            now = int(self._clock.monotonic() * 1e6)
            self.send(Pong(t0=message.t0, t1=now, t2=int(self._clock.monotonic() * 1e6)))

    def _credit_came(self) -> None:
        self.outbox.pump()
        if self._inbox is not None:
            self._inbox.order()

    # Being asked to go.

    def go_away(self, action: Any, reason: str, in_ms: int) -> None:
        """Says that the server is about to hang up."""
        self._going = True
        self.send(GoAway(action=action, reason=reason, in_ms=in_ms))
