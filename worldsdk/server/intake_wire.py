"""What the receiver of a recording says to a connection: messages, refusals, and HTTP before the upgrade."""

from __future__ import annotations

import contextlib
import http

from websockets.asyncio.server import ServerConnection as WebSocket
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from worldsdk.errors import DatasetError, ProtocolError, StorageError, WorldSDKError
from worldsdk.protocol.codes import close_code
from worldsdk.protocol.recording.codec import encode
from worldsdk.protocol.recording.messages import RecordingMessage
from worldsdk.protocol.refusals import refusal
from worldsdk.server.hooks import RefusedError

CLOSE_TEXT = 120
"""Bytes of a sentence that fit into a close frame beside its code (RFC 6455, 5.5)."""


async def send(connection: WebSocket, message: RecordingMessage) -> None:
    """Sends a message, waiting for a slow reader. Raises ConnectionClosed."""
    await connection.send(encode(message))


async def refuse(connection: WebSocket, error: WorldSDKError) -> None:
    """Says why, and closes. Engines that lose a connection's last message still have its close reason."""
    message = refusal(_public(error), fatal=True)
    sentence = f"{message.code}: {message.message}".encode()[:CLOSE_TEXT].decode(errors="ignore")
    with contextlib.suppress(ConnectionClosed):
        await send(connection, message)
        await connection.close(close_code(message.code), sentence)


def binary(data: str | bytes) -> bytes:
    """Raises ProtocolError for a text message."""
    if isinstance(data, str):
        raise ProtocolError("the message is text", fix="send binary messages")
    return data


def address_of(connection: WebSocket) -> str:
    """The other side's address, without its port."""
    remote = connection.remote_address
    return str(remote[0]) if isinstance(remote, tuple) else "local"


def answer(status: int, reason: str, headers: dict[str, str]) -> Response:
    """An HTTP answer of plain text, after which the connection closes."""
    body = f"{reason}\n".encode()
    plain = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return Response(status, http.HTTPStatus(status).phrase, Headers({**headers, **plain}), body)


def _public(error: WorldSDKError) -> WorldSDKError:
    # What is wrong with a row helps whoever wrote the game; where a dataset lies is nobody's business.
    told = isinstance(error, (DatasetError, StorageError, ProtocolError, RefusedError)) or not error.where
    return error if told else type(error)(f"{error.where}: {error.what}", fix=error.fix)
