"""How a client connects, and how long it waits for what."""

from __future__ import annotations

import ipaddress
import ssl as ssl_module
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit, urlunsplit

from worldsdk.client.clock import CLOCK, ClientClock
from worldsdk.errors import ConnectionFailedError, WorldSDKError
from worldsdk.protocol.version import PATH

OPEN_SECONDS = 10.0
"""For TCP, TLS, the WebSocket handshake and ``welcome``: a server that is there answers in a fraction."""

ANSWER_SECONDS = 60.0
"""For a tick or a command. The first tick of a fresh server may compile its model."""

SILENCE_SECONDS = 10.0
"""Without a single byte, though pinged: the network path is dead, even if nobody has closed it."""

PING_SECONDS = 1.0
"""Between two pings: often enough to see round trips change, rarely enough to cost nothing."""

RECONNECT_SECONDS = 30.0
"""Spent on taking up a lost connection before giving up; servers keep sessions about that long."""

CLOSE_SECONDS = 1.0
"""For a goodbye: whoever leaves does not wait for a dead server."""

Token = str | Callable[[], str]
"""A signed token, or what makes a fresh one for each connection (they live for minutes only)."""

Hook = Callable[[WorldSDKError | None, int], bool | None]
"""Called before each attempt to reconnect with (what happened, attempts so far); False gives up."""


@dataclass(frozen=True)
class Settings:
    """See ``worldsdk.client.sync.connect``."""

    url: str
    token: Token | None = None
    open_seconds: float = OPEN_SECONDS
    answer_seconds: float = ANSWER_SECONDS
    silence_seconds: float = SILENCE_SECONDS
    reconnect_seconds: float = RECONNECT_SECONDS
    on_disconnect: Hook | None = None
    ssl: ssl_module.SSLContext | None = None
    clock: ClientClock = field(default=CLOCK)

    def fresh_token(self) -> str | None:
        return self.token() if callable(self.token) else self.token


def address(url: str) -> str:
    """The WebSocket address that a user's words mean: scheme and path are filled in.

    ``localhost:8765``, ``http://host:8765`` and ``ws://host:8765`` all mean ``ws://host:8765/play``.

    Raises:
        ConnectionFailedError: no address, another scheme, or a token in it.
    """
    fix = "give an address such as ws://localhost:8765"
    text = url if "://" in url else f"ws://{url}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ConnectionFailedError(f"{url!r} is no address ({error})", fix=fix) from None
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.hostname or port == 0:
        raise ConnectionFailedError(f"{url!r} is no address of a server", fix=fix)
    if parts.username or parts.password or {"token", "access_token", "jwt"} & set(parse_qs(parts.query)):
        # Not repeated in the message: it would end up in the very logs that it must be kept out of.
        raise ConnectionFailedError(
            "the address holds a secret", fix="addresses are written to logs: give it as token= instead"
        )
    path = parts.path if parts.path not in ("", "/") else PATH
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
