"""The receiver of ``worldsdk record --listen``: a port where one running game streams itself into a dataset.

``protocol/RECORDING.md`` is the wire; ``data.live`` is what becomes of the rows. Doors are those of a server:
on loopback this machine's programs may come in, and web pages that were named; on any other address whoever
comes must know the receiver's token.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection as WebSocket
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from worldsdk.data.format import INFO_FILE, DatasetInfo
from worldsdk.data.live import LiveDataset, Progress, live_info, row_bytes
from worldsdk.errors import (
    DatasetError,
    ProtocolError,
    ProtocolVersionError,
    ServeError,
    StorageError,
    UnauthenticatedError,
    WorldSDKError,
)
from worldsdk.protocol.recording.codec import decode
from worldsdk.protocol.recording.messages import (
    MAX_BEGIN_BYTES,
    MAX_ROW_BYTES,
    MAX_WINDOW,
    MINOR,
    PATH,
    PORT,
    SUBPROTOCOL,
    Begin,
    Done,
    End,
    Ready,
    Receipt,
    Row,
)
from worldsdk.server.hooks import RefusedError
from worldsdk.server.intake_wire import address_of, answer, binary, refuse, send
from worldsdk.server.security.door import Door
from worldsdk.server.security.limits import ConnectionLimits
from worldsdk.server.security.origins import is_loopback, make_origins

BEGIN_SECONDS = 5.0
"""For the first message; an honest game sends it at once."""

PING_SECONDS = 20.0
CLOSE_SECONDS = 2.0

COMPLETE = "the dataset is complete"
LEAVING = "the receiver is leaving"

WINDOW_BYTES = 16 * 1024 * 1024
"""Of rows on their way: large pictures get a smaller window."""

LIMITS = ConnectionLimits(total=8, per_address=8, waiting=8, waiting_per_address=8)
"""One game records; the others are told that it is there."""


@dataclass(frozen=True)
class IntakeOptions:
    """Where to listen and for what.

    Attributes:
        folder: of the dataset.
        host, port: to listen on; port 0 takes a free one.
        resume: go on with the dataset that is there.
        frames: rows after which the dataset is complete; 0 for as many as come.
        token: what games must show; a must on addresses that other machines can reach.
        origins: web pages that may connect, beside those that are no web pages.
        tls: encrypts, where given.
        begin_seconds: for a connection's first message.
    """

    folder: Path
    host: str = "127.0.0.1"
    port: int = PORT
    resume: bool = False
    frames: int = 0
    token: str = ""
    origins: Iterable[str] = ()
    tls: ssl.SSLContext | None = None
    begin_seconds: float = BEGIN_SECONDS


class Intake:
    """A receiver, started and stopped by hand.

    Attributes:
        port: where it listens, once started.
        complete: set when the dataset has all the rows that were asked for, or cannot be written any more.
        failure: why it cannot be written; None while it can.
        reported: ticks that games said they dropped.

    Raises:
        ServeError: other machines could come in and there is no token, or an origin is none.
        DatasetError: the folder holds a dataset, and ``resume`` is not set.
    """

    def __init__(
        self,
        options: IntakeOptions,
        *,
        versions: Mapping[str, str] | None = None,
        tell: Callable[[Progress], object] = lambda progress: None,
        note: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        local = is_loopback(options.host)
        if not (local or options.token):
            raise ServeError(
                f"other machines can reach {options.host or 'all addresses'}: this needs a token",
                where="--host",
                fix="give a file with one as --token-file",
            )
        if (options.folder / INFO_FILE).exists() and not options.resume:
            raise DatasetError(
                "there is a dataset already",
                where=str(options.folder),
                fix="use --resume, or another folder",
            )
        self.port = options.port
        self.complete = asyncio.Event()
        self.failure: StorageError | None = None
        self.reported = 0
        self._options = options
        self._versions = dict(versions or {})
        self._tell, self._note = tell, note
        origins = make_origins(options.origins, loopback_names_only=local and not options.token)
        self._door = Door(origins=origins, limits=LIMITS)
        self._server: WebSocketServer | None = None
        self._dataset: LiveDataset | None = None
        self._game: WebSocket | None = None
        self._leaving = False
        self._idle = asyncio.Event()
        self._idle.set()
        # A shard is written by another thread, and the rows that wait must stay as they are meanwhile.
        self._turn = asyncio.Lock()

    @property
    def url(self) -> str:
        """What a game connects to."""
        scheme = "wss" if self._options.tls is not None else "ws"
        host = f"[{self._options.host}]" if ":" in self._options.host else self._options.host
        return f"{scheme}://{host}:{self.port}{PATH}"

    @property
    def progress(self) -> Progress:
        return self._dataset.progress if self._dataset is not None else Progress(0, 0, 0)

    async def start(self) -> None:
        """Listens. Raises ServeError where that cannot be."""
        options = self._options
        try:
            self._server = await serve(
                self._handle,
                options.host,
                options.port,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=MAX_ROW_BYTES + MAX_BEGIN_BYTES,
                max_queue=4,
                process_request=self._request,
                server_header=None,
                open_timeout=options.begin_seconds,
                close_timeout=CLOSE_SECONDS,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                ssl=options.tls,
            )
        except OSError as error:
            raise ServeError(
                f"cannot listen ({error.strerror or 'the address is taken'})",
                where=f"{options.host}:{options.port}",
                fix="choose another with --host and --listen",
            ) from error
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Tells the game, writes what waits, and closes. Raises StorageError where that cannot be written."""
        game = self._game
        if game is not None:
            self._leaving = True
            with contextlib.suppress(ConnectionClosed):
                await self._finish(game, LEAVING)
            try:
                await asyncio.wait_for(self._idle.wait(), CLOSE_SECONDS)
            except TimeoutError:
                await game.close(1000, LEAVING)
                await self._idle.wait()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await self._flush()

    # One connection.

    async def _request(self, connection: WebSocket, request: Request) -> Response | None:
        denied = self._door.check_request(address_of(connection), request.path, request.headers)
        if denied is not None:
            return answer(denied.status, denied.reason, dict(denied.headers))
        if request.path.partition("?")[0] not in (PATH, "/"):
            return answer(404, f"there is nothing here: record at {PATH}", {})
        return None

    async def _handle(self, connection: WebSocket) -> None:
        address = address_of(connection)
        self._door.count.opened(address)
        try:
            await self._record(connection)
        except ConnectionClosed:
            pass
        except WorldSDKError as error:
            await refuse(connection, error)
        except Exception:
            await refuse(connection, RefusedError("internal", "the receiver failed"))
            raise
        finally:
            self._door.count.closed(address)
            if self._game is connection:
                self._game = None
                self._idle.set()
                if self._dataset is not None:
                    self._dataset.cut()
                    self._tell(self.progress)
                self._note("the game has left")

    async def _record(self, connection: WebSocket) -> None:
        begin = await self._begin(connection)
        self._door.count.welcomed(address_of(connection))
        info = live_info(begin, self._versions)
        if self._game is not None:
            raise RefusedError(
                "conflict",
                "a game is being recorded already",
                fix="wait until it has ended, or use another port",
            )
        self._game = connection
        self._idle.clear()
        dataset = await self._open(info)
        window = max(2, min(MAX_WINDOW, WINDOW_BYTES // row_bytes(info)))
        await send(
            connection,
            Ready(
                v=MINOR,
                window=window,
                max_message=MAX_ROW_BYTES,
                frames=dataset.progress.frames + dataset.progress.waiting,
                wanted=self._options.frames,
            ),
        )
        self._note(f"recording {begin.game}: {info.width}x{info.height} at {info.rate_hz:g} a second")
        await self._rows(connection, dataset, max(1, window // 4))

    async def _begin(self, connection: WebSocket) -> Begin:
        try:
            async with asyncio.timeout(self._options.begin_seconds):
                data = await connection.recv()
        except TimeoutError:
            raise RefusedError("hello_timeout", "no begin came in time", fix="send it first") from None
        message = decode(binary(data), sender="game", max_bytes=MAX_BEGIN_BYTES)
        if not isinstance(message, Begin):
            raise ProtocolError(f"the first message is {message.t!r}", fix="send begin first")
        # Before anything else of it is looked at.
        if self._options.token and not hmac.compare_digest(
            (message.token or "").encode(), self._options.token.encode()
        ):
            raise UnauthenticatedError(
                "the token is missing or wrong", fix="send the receiver's own in begin.token"
            )
        if message.v[0] > MINOR:
            raise ProtocolVersionError(
                f"the game speaks recording version 1.{message.v[0]} at least",
                fix=f"this receiver speaks 1.{MINOR}",
            )
        return message

    async def _open(self, info: DatasetInfo) -> LiveDataset:
        if self._dataset is None:
            folder, resume = self._options.folder, self._options.resume
            self._dataset = await asyncio.to_thread(LiveDataset, folder, info, resume=resume)
        elif _lasting(info) != _lasting(self._dataset.info):
            changed = sorted(k for k, v in _lasting(info).items() if _lasting(self._dataset.info)[k] != v)
            raise DatasetError(
                f"this dataset was begun with another {changed[0]}", fix="record into another folder"
            )
        return self._dataset

    async def _rows(self, connection: WebSocket, dataset: LiveDataset, every: int) -> None:
        due, dropped = 1, 0
        while True:
            message = decode(binary(await connection.recv()), sender="game")
            if self._leaving:
                continue
            if isinstance(message, End):
                await self._finish(connection, "", dropped)
                return await _until_gone(connection, "")
            if not isinstance(message, Row):
                raise ProtocolError(
                    "the recording has begun already", where="begin", fix="send rows, then end"
                )
            if message.seq != due:
                raise ProtocolError(f"is {message.seq}", where="row.seq", fix=f"give {due}")
            async with self._turn:
                dataset.add(message)
                full = dataset.full
            dropped += message.dropped
            self.reported += message.dropped
            if full:
                await self._flush()
            if message.seq % every == 0 or full:
                await send(connection, Receipt(seq=message.seq, frames=dataset.progress.frames))
                self._tell(self.progress)
            due += 1
            progress = dataset.progress
            if self._options.frames and progress.frames + progress.waiting >= self._options.frames:
                await self._finish(connection, COMPLETE, dropped)
                self.complete.set()
                return await _until_gone(connection, COMPLETE)

    async def _finish(self, connection: WebSocket, reason: str, dropped: int = 0) -> None:
        await self._flush()
        progress = self.progress
        done = Done(frames=progress.frames, episodes=progress.episodes, dropped=dropped, reason=reason)
        await send(connection, done)

    async def _flush(self) -> None:
        dataset = self._dataset
        if dataset is None:
            return
        async with self._turn:
            try:
                await asyncio.to_thread(dataset.flush)
            except StorageError as error:
                self.failure = error
                self.complete.set()
                raise
        self._tell(self.progress)


async def _until_gone(connection: WebSocket, reason: str) -> None:
    """Lets the game close: engines that hear of the end before they have read ``done`` do not give it out."""
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            while True:
                await connection.recv()
    await connection.close(1000, reason)


def _lasting(info: DatasetInfo) -> dict[str, object]:
    return {name: value for name, value in info.to_json().items() if name != "versions"}
