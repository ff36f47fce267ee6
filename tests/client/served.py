"""Servers for the client's tests: the real one, on a tiny world, and one that does what a script says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection as Socket
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from worldsdk.protocol.codec import encode
from worldsdk.protocol.commands import COMMANDS
from worldsdk.protocol.connection import ServerConnection
from worldsdk.protocol.messages import (
    Accepted,
    Applied,
    Command,
    ErrorMessage,
    FrameMessage,
    Hello,
    Input,
    Ping,
    Pong,
    Welcome,
)
from worldsdk.protocol.version import SUBPROTOCOL

WIDTH, HEIGHT = 4, 2


@dataclass
class World:
    """The one session of a ``Fake``: its tick is in every pixel."""

    tick: int = 0
    seq: int = 0
    tokens: int = 0


@dataclass
class Fake:
    """A server whose misbehaviour is set by its fields.

    Attributes:
        hang_up: input number -> what to do on it: "before" (lose the input, drop the connection), "after"
            (tick, drop before the frame), or a close code.
        silent: whether nothing is ever answered again. mute: whether welcomes are withheld.
        first: message sent instead of the welcome, or None.
        resumable: whether welcomes hold a token. greet: whether a frame follows the welcome.
        extra: message sent after the welcome.
        hellos: every hello so far. inputs: every input. commands: every command's name.
    """

    hang_up: dict[int, Any] = field(default_factory=dict)
    silent: bool = False
    mute: bool = False
    first: list[ErrorMessage] = field(default_factory=list)
    resumable: bool = True
    greet: bool = True
    extra: bytes | None = None
    mode: str = "lockstep"
    drop_commands: set[str] = field(default_factory=set)
    hellos: list[Hello] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    world: World = field(default_factory=World)
    url: str = ""

    async def handle(self, socket: Socket) -> None:
        state = ServerConnection()
        try:
            async for data in socket:
                for message in state.receive(data):
                    if not self.silent and await self._answer(socket, state, message):
                        return
        except ConnectionClosed:
            pass

    async def _answer(self, socket: Socket, state: ServerConnection, message: Any) -> bool:
        world = self.world
        if isinstance(message, Hello):
            self.hellos.append(message)
            if self.mute:
                return False
            if self.first:
                refused = self.first.pop(0)
                await socket.send(encode(refused))
                await socket.close(4503 if refused.retry else 4403, refused.code)
                return True
            welcome = self._welcome(message)
            state.welcomed(welcome)
            await socket.send(encode(welcome))
            if self.greet:
                await self._frame(socket, state)
            if self.extra is not None:
                await socket.send(self.extra)
        elif isinstance(message, Input):
            self.inputs.append(message)
            what = self.hang_up.pop(message.seq, None)
            if what == "before":
                socket.transport.abort()
                return True
            world.seq, world.tick = message.seq, world.tick + message.ticks
            if what == "after":
                socket.transport.abort()
                return True
            if isinstance(what, int):
                await socket.close(what, "as the test asked")
                return True
            await self._frame(socket, state, ts=message.ts)
        elif isinstance(message, Command):
            self.commands.append(message.name)
            if message.name in self.drop_commands:
                self.drop_commands.discard(message.name)
                socket.transport.abort()
                return True
            await socket.send(encode(Accepted(re=message.id)))
            result: dict[str, Any] = {}
            if message.name == "start":
                world.tick = 0
            elif message.name == "snapshot":
                result = {"snapshot": b"tick %d" % world.tick}
            elif message.name == "rewind":
                if message.args["ticks"] > world.tick:
                    refused = ErrorMessage(
                        code="session_invalid", message="too far", retry=False, fatal=False, re=message.id
                    )
                    await socket.send(encode(refused))
                    return False
                world.tick -= message.args["ticks"]
            await socket.send(encode(Applied(re=message.id, tick=world.tick, result=result)))
            if message.name in ("start", "rewind", "reset", "restore"):
                await self._frame(socket, state)
        elif isinstance(message, Ping):
            await socket.send(encode(Pong(t0=message.t0, t1=5_000_000, t2=5_000_100)))
        return False

    async def _frame(self, socket: Socket, state: ServerConnection, ts: int | None = None) -> None:
        seq, world = state.next_seq, self.world
        frame = FrameMessage(
            seq=seq, tick=world.tick, pts=1000 * world.tick, applied=world.seq, ts=ts, key=True,
            codec="raw_rgb", data=bytes([world.tick % 256]) * (WIDTH * HEIGHT * 3), reward=1.0, ended=False,
            steps=2, met=True, replaced=0, state={"heading": 3.0}, total_ms=1.5, stages={"denoise": 1.0},
        )  # fmt: skip
        state.frame_sent(seq)
        await socket.send(encode(frame))

    def _welcome(self, hello: Hello) -> Welcome:
        self.world.tokens += 1
        return Welcome(
            v=0, session="s", room="den", role=hello.role, mode=self.mode,  # type: ignore[arg-type]
            resume=f"token {self.world.tokens}" if self.resumable else "",
            world={"name": "fake", "title": "Fake", "summary": "", "digest": "", "license": "MIT"},
            size=(WIDTH, HEIGHT), codec="raw_rgb", rate=50.0, budget_ms=20.0, tick=self.world.tick,
            controls=({
                "name": "forward", "kind": "button", "low": 0.0, "high": 1.0, "values": None, "unit": "",
                "keys": {"KeyW": 1.0}, "pad": {}, "mouse": None, "help": "",
            },),
            layers=(), state=({"name": "heading", "low": 0.0, "high": 360.0, "unit": "degrees"},), starts=3,
            commands={name: {} for name in COMMANDS},
            limits={
                "max_message": 4096, "input_hz": 0.0, "command_hz": 0.0, "keys": 8, "image_bytes": 0,
                "image_pixels": 0, "session_seconds": 0.0, "idle_seconds": 0.0, "resume_seconds": 60.0,
                "rewind_ticks": 100,
            },
            capabilities=("snapshot", "rewind", "reset", "start", "fork", "speed"), credit=hello.credit,
            server={"name": "fake", "version": "0"}, paused=False, held_seq=self.world.seq,
        )  # fmt: skip


@contextmanager
def in_thread(main: Callable[[Callable[[Any], None], asyncio.Event], Any]) -> Iterator[Any]:
    """Runs ``main(ready, leave)`` on a loop of its own; yields what it hands to ``ready``."""
    found: list[Any] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    leave = asyncio.Event()

    def ready(value: Any) -> None:
        found.append(value)
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(main(ready, leave))
        finally:
            started.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(30) and found, "the server did not start"
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(leave.set)
        thread.join(30)
        loop.close()


@contextmanager
def faking(**settings: Any) -> Iterator[Fake]:
    """A ``Fake`` that listens at its ``url``."""
    fake = Fake(**settings)

    async def main(ready: Callable[[Any], None], leave: asyncio.Event) -> None:
        options: dict[str, Any] = {"subprotocols": [SUBPROTOCOL], "compression": None}
        async with serve(fake.handle, "127.0.0.1", 0, **options) as server:
            fake.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/play"
            ready(fake)
            await leave.wait()

    with in_thread(main) as running:
        yield running


@contextmanager
def serving_world(world: Any, **options: Any) -> Iterator[str]:
    """The real server on a loaded world; yields its address."""
    from worldsdk.server.app import serving
    from worldsdk.server.options import ServeOptions

    async def main(ready: Callable[[Any], None], leave: asyncio.Event) -> None:
        async with serving(world, ServeOptions(port=0, **options)) as server:
            ready(server.url)
            await leave.wait()

    with in_thread(main) as url:
        yield url
