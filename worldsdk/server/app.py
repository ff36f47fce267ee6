"""The server: a WebSocket and HTTP port around a lobby, from the first bind to the last goodbye."""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection as WebSocket
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from worldsdk.errors import ServeError
from worldsdk.protocol.version import SUBPROTOCOL
from worldsdk.runtime.clock import REAL_CLOCK, Clock
from worldsdk.runtime.world import World
from worldsdk.server.capacity import Capacity
from worldsdk.server.defaults import HealthOnly, NoMetrics, NothingKept, OpenDoor, PlainImages
from worldsdk.server.guest import Guest
from worldsdk.server.hooks import Authority, HttpRoutes, ImageReader, Metrics, StateStore, Status
from worldsdk.server.host import Host
from worldsdk.server.lobby import Lobby
from worldsdk.server.options import DRAIN_SECONDS, FRAME_BYTES_WAITING, MAX_MESSAGE, ServeOptions
from worldsdk.server.services import Services
from worldsdk.server.sockets import Connection, WebSocketWire, address_of, connection_class

ENCODERS = 2
"""Threads that encode pictures: one for what is due, one for a video stream beside it."""

CLOSE_SECONDS = 2.0
"""For the other side to answer a goodbye."""

READ_AHEAD = 8
"""Messages read from a socket before they are handled: a flood stays in the sender's own buffers."""

WATCH_SECONDS = 0.5
"""Between looks for connections that are idle, stuck or past their time."""

POLL_SECONDS = 0.01
"""Between looks at whether frames in flight have left, while the server drains."""

_log = logging.getLogger("worldsdk.server")


@dataclass(frozen=True)
class Hooks:
    """The parts around the core; see ``server.hooks``."""

    authority: Authority = field(default_factory=OpenDoor)
    images: ImageReader = field(default_factory=PlainImages)
    metrics: Metrics = field(default_factory=NoMetrics)
    routes: HttpRoutes = field(default_factory=HealthOnly)
    store: StateStore = field(default_factory=NothingKept)
    tls: ssl.SSLContext | None = None


class Server:
    """A world that is served. Made by ``serving``, or started and stopped by hand.

    Attributes:
        host, port: where it listens, once started. lobby: its rooms.
    """

    def __init__(
        self,
        world: World,
        options: ServeOptions | None = None,
        hooks: Hooks | None = None,
        *,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self.options = options or ServeOptions()
        self.hooks = hooks or Hooks()
        self.host = self.options.host
        self.port = self.options.port
        self._clock = clock
        self._device = Host(
            world,
            capacity=Capacity(fused=not world.deterministic, most=self.options.max_sessions),
            metrics=self.hooks.metrics,
            clock=clock,
        )
        self._pool = ThreadPoolExecutor(ENCODERS, "worldsdk-encode")
        self._server: WebSocketServer | None = None
        self._helpers: list[asyncio.Task[None]] = []
        self._guests: set[Guest] = set()
        self._started = 0.0
        self._stopped = False
        self.lobby: Lobby | None = None

    @property
    def url(self) -> str:
        """What a client connects to."""
        scheme = "wss" if self.hooks.tls is not None else "ws"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}{self.options.path}"

    @property
    def page_url(self) -> str:
        """What a browser opens."""
        return self.url.replace("ws", "http", 1).removesuffix(self.options.path) + "/"

    async def start(self) -> None:
        """Warms the model up, takes saved sessions in, and listens.

        Raises:
            ServeError: the address cannot be listened on.
        """
        await asyncio.get_running_loop().run_in_executor(None, self._device.start)
        self._started = self._clock.monotonic()
        self.lobby = Lobby(self._device, self.options, metrics=self.hooks.metrics, store=self.hooks.store)
        self._services = Services(
            self.lobby,
            self.options,
            self.hooks.authority,
            self.hooks.images,
            self.hooks.metrics,
            self._pool,
        )
        opened = await self.lobby.keeper.restore_all()
        if opened:
            _log.info("%d saved sessions wait for their players", opened)
        try:
            self._server = await serve(
                self._handle,
                self.options.host,
                self.options.port,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=MAX_MESSAGE,
                max_queue=READ_AHEAD,
                write_limit=(FRAME_BYTES_WAITING, FRAME_BYTES_WAITING // 4),
                process_request=self._request,
                server_header=None,
                open_timeout=self.options.hello_seconds,
                close_timeout=CLOSE_SECONDS,
                ping_interval=self.options.ping_seconds,
                ping_timeout=self.options.ping_seconds,
                create_connection=connection_class(),
                ssl=self.hooks.tls,
            )
        except OSError as error:
            await self._close()
            raise ServeError(
                f"cannot listen ({error.strerror or 'the address is taken'})",
                where=f"{self.options.host}:{self.options.port}",
                fix="choose another with --host and --port",
            ) from error
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self._helpers = [
            asyncio.create_task(self._watch(self.lobby)),
            asyncio.create_task(self._save(self.lobby)),
        ]

    async def stop(self, reason: str = "the server is leaving", *, at_once: bool = False) -> None:
        """Drains: says goodbye, lets frames in flight arrive, saves, closes. ``at_once`` only closes."""
        if self._stopped:
            return
        self._stopped = True
        for task in self._helpers:
            task.cancel()
        if self.lobby is not None and not at_once:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._drain(self.lobby, reason)
        await self._close()

    async def _drain(self, lobby: Lobby, reason: str) -> None:
        lobby.draining = True
        keeps = not isinstance(self.hooks.store, NothingKept)
        # A copy: rooms may end while this waits for the device thread.
        for room in list(lobby.rooms.values()):
            live = room.live
            if live is not None:
                await lobby.on_device(lambda live=live: live.pause("drain"))  # type: ignore[misc]
        for guest in list(self._guests):
            guest.go_away("resume" if keeps and guest.seat is not None else "reconnect", reason[:256], 0)
        saving = asyncio.ensure_future(lobby.keeper.save_all())
        while any(not guest.outbox.empty for guest in self._guests):
            await asyncio.sleep(POLL_SECONDS)
        await saving

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.get_running_loop().run_in_executor(None, self._device.stop)
        if self.lobby is not None:
            self.lobby.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def status(self) -> Status:
        """What health checks are told."""
        lobby = self.lobby
        rooms = list(lobby.rooms.values()) if lobby is not None else []
        draining = lobby is None or lobby.draining or self._stopped
        reason = ""
        if draining:
            reason = "draining"
        elif not self._device.alive:
            reason = "the device thread has ended"
        elif lobby is not None and not lobby.admission.fits(self._device.world.rate_hz):
            reason = "full"
        return Status(
            ready=not reason,
            draining=draining,
            reason=reason,
            alive=self._device.alive,
            sessions=len(rooms),
            viewers=sum(len(room.viewers) for room in rooms),
            world=self._device.world.manifest.name,
            uptime_seconds=self._clock.monotonic() - self._started,
        )

    # One connection.

    async def _request(self, connection: WebSocket, request: Request) -> Response | None:
        """HTTP before the upgrade: the door first, then pages, then the WebSocket's own path."""
        assert isinstance(connection, Connection)
        connection.known()
        denied = self.hooks.authority.check_request(address_of(connection), request.path, request.headers)
        if denied is not None:
            return _response(denied.status, f"{denied.reason}\n".encode(), dict(denied.headers))
        wants_socket = "upgrade" in request.headers.get("Connection", "").lower()
        if wants_socket and request.path.partition("?")[0] in (self.options.path, "/"):
            return None
        reply = self.hooks.routes.respond(request.path, request.headers, self.status)
        if reply is None:
            return _response(404, b"there is nothing here\n", {})
        return _response(reply.status, reply.body, dict(reply.headers))

    async def _handle(self, connection: WebSocket) -> None:
        address = address_of(connection)
        self.hooks.authority.connected(address)
        try:
            if connection.subprotocol != SUBPROTOCOL:
                await connection.close(4426, f"unsupported_version: offer the subprotocol {SUBPROTOCOL}")
                return
            assert connection.request is not None
            assert isinstance(connection, Connection)
            guest = Guest(WebSocketWire(connection), address, connection.request.headers, self._services)
            connection.on_room = guest.outbox.pump
            self._guests.add(guest)
            try:
                await guest.run()
            finally:
                self._guests.discard(guest)
        finally:
            self.hooks.authority.disconnected(address)

    # What happens by itself.

    async def _watch(self, lobby: Lobby) -> None:
        """Ends connections that are stuck, idle or past their time."""
        options = self.options
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, options.slow_seconds / 4))
            now = self._clock.monotonic()
            for guest in list(self._guests):
                stuck = guest.outbox.stuck_since
                if stuck is not None and now - stuck > options.slow_seconds:
                    guest.end("slow_client", f"nothing was taken for {options.slow_seconds:g} s")
                elif guest.deadline is not None and now > guest.deadline:
                    guest.end("session_over", "the time of this session is over")
                elif (
                    guest.seat is not None
                    and options.idle_seconds
                    and now - guest.last_heard > options.idle_seconds
                ):
                    guest.end("idle", f"nothing was said for {options.idle_seconds:g} s")

    async def _save(self, lobby: Lobby) -> None:
        while True:
            await asyncio.sleep(self.options.save_seconds)
            await lobby.keeper.save_all()


@contextlib.asynccontextmanager
async def serving(
    world: World,
    options: ServeOptions | None = None,
    hooks: Hooks | None = None,
    *,
    clock: Clock = REAL_CLOCK,
) -> AsyncIterator[Server]:
    """A server that runs as long as the block does."""
    server = Server(world, options, hooks, clock=clock)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _response(status: int, body: bytes, headers: dict[str, str]) -> Response:
    headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return Response(
        status,
        phrase,
        Headers({**headers, "Content-Length": str(len(body)), "Connection": "close"}),
        body,
    )
