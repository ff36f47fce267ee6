"""WebSockets to a server, blocking and asynchronous: binary messages, time limits, ends with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.sync.client import connect as connect_sync
from websockets.typing import Subprotocol

from worldsdk.client.direct import DirectConnection
from worldsdk.client.failures import error_of
from worldsdk.client.settings import CLOSE_SECONDS, Settings
from worldsdk.errors import ConnectionFailedError, WorldSDKError
from worldsdk.protocol.limits import MAX_MESSAGE_BYTES
from worldsdk.protocol.version import SUBPROTOCOL

_CODES_BY_STATUS = {401: "unauthenticated", 403: "forbidden", 429: "rate_limited", 503: "no_capacity"}


class DroppedError(Exception):
    """The connection has ended. Never leaves this room.

    Attributes:
        code, reason: as in the close frame; None where there was none.
    """

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class SyncSocket:
    """A blocking WebSocket. Pings of the server are answered even while nobody reads.

    Raises (when made):
        ConnectionFailedError: nobody there, or nobody who speaks this protocol.
        WorldSDKError: refused during the handshake, with the server's code.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self._exits = ExitStack()
        with _explained(url, settings):
            # As a context manager: what connect returns otherwise has changed between versions.
            connection: Any = connect_sync(
                url,
                open_timeout=settings.open_seconds,
                create_connection=DirectConnection,
                **_options(url, settings),
            )
            self._connection: DirectConnection = self._exits.enter_context(connection)
        if self._connection.subprotocol != SUBPROTOCOL:
            self.close()
            raise _stranger(url)

    def send(self, *messages: bytes) -> None:
        """Raises DroppedError."""
        try:
            self._connection.put(*messages)
        except (ConnectionClosed, OSError) as error:
            raise _dropped(error) from None

    def recv(self, seconds: float) -> bytes | None:
        """The next message, or None after so long without one. Raises DroppedError."""
        try:
            return self._connection.take(seconds)
        except (ConnectionClosed, OSError) as error:
            raise _dropped(error) from None

    def recv_soon(self) -> bytes | None:
        """As ``DirectConnection.take_soon``. Raises DroppedError."""
        try:
            return self._connection.take_soon()
        except (ConnectionClosed, OSError) as error:
            raise _dropped(error) from None

    def close(self) -> None:
        with suppress(WebSocketException, OSError):
            self._exits.close()


class AsyncSocket:
    """An asynchronous WebSocket; made by ``open``."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str, settings: Settings) -> Self:
        """Raises as ``SyncSocket``."""
        with _explained(url, settings):
            connection = await connect_async(
                url, open_timeout=settings.open_seconds, **_options(url, settings)
            )
        if connection.subprotocol != SUBPROTOCOL:
            await connection.close()
            raise _stranger(url)
        return cls(connection)

    async def send(self, data: bytes) -> None:
        """Raises DroppedError."""
        try:
            await self._connection.send(data)
        except (ConnectionClosed, OSError) as error:
            raise _dropped(error) from None

    async def recv(self) -> bytes:
        """The next message. Raises DroppedError."""
        try:
            data = await self._connection.recv()
        except (ConnectionClosed, OSError) as error:
            raise _dropped(error) from None
        return data if isinstance(data, bytes) else b""

    async def close(self) -> None:
        with suppress(WebSocketException, OSError):
            await self._connection.close()


def _options(url: str, settings: Settings) -> dict[str, Any]:
    return {
        "subprotocols": [Subprotocol(SUBPROTOCOL)],
        # Frames are pixels or compressed already: deflate would cost time and memory for nothing.
        "compression": None,
        "max_size": MAX_MESSAGE_BYTES,
        "close_timeout": CLOSE_SECONDS,
        "ssl": settings.ssl if url.startswith("wss:") else None,
        "user_agent_header": None,
    }


@contextmanager
def _explained(url: str, settings: Settings) -> Iterator[None]:
    """Turns what the library raises while connecting into our errors."""
    try:
        yield
    except InvalidStatus as error:
        status = error.response.status_code
        known = _CODES_BY_STATUS.get(status)
        if known is not None:
            raise error_of(known, f"the server refused the connection (HTTP {status})", where=url) from None
        raise ConnectionFailedError(
            f"the server answers HTTP {status} where a world was expected", where=url, fix="check the path"
        ) from None
    except TimeoutError:
        raise ConnectionFailedError(
            f"no answer within {settings.open_seconds:g} s",
            where=url,
            fix="check the address and the network",
        ) from None
    except InvalidURI as error:
        raise ConnectionFailedError(f"the address cannot be used ({error})", where=url) from None
    except (InvalidHandshake, EOFError, ConnectionClosed) as error:
        raise ConnectionFailedError(
            f"what answers there speaks another protocol ({type(error).__name__})",
            where=url,
            fix="check host and port, and ws:// against wss://",
        ) from None
    except OSError as error:
        raise ConnectionFailedError(
            f"no server answers ({error.strerror or type(error).__name__})",
            where=url,
            fix="start one with 'worldsdk serve', or check the address",
        ) from None


def _stranger(url: str) -> WorldSDKError:
    return ConnectionFailedError(
        f"the server does not speak {SUBPROTOCOL}",
        where=url,
        fix="check the address, or update the older side",
    )


def _dropped(error: BaseException) -> DroppedError:
    if isinstance(error, ConnectionClosed) and error.rcvd is not None:
        return DroppedError(error.rcvd.code, error.rcvd.reason)
    return DroppedError(None, "")
