"""Origins: which web pages may open a connection, and under which names this server may be addressed.

A browser lets any page open a WebSocket anywhere; only the ``Origin`` header tells whose page it is. And a
page may point a name of its own at 127.0.0.1 (DNS rebinding), so a server without tokens answers only to
loopback's own names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from worldsdk.errors import ForbiddenError, ServeError

LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origins:
    """Which pages may connect.

    Attributes:
        allowed: further origins, normalised by ``parse_origin``.
        loopback_names_only: refuse requests addressed to any other host name: where no token protects.
    """

    allowed: frozenset[str] = field(default_factory=frozenset)
    loopback_names_only: bool = False

    def check_host(self, host: str | None) -> None:
        """Raises ForbiddenError for a ``Host`` header that a rebound name could have made."""
        if not self.loopback_names_only:
            return
        name = _host_name(host or "")
        if name not in LOOPBACK_NAMES and not name.endswith(".localhost"):
            raise ForbiddenError(
                "this server listens on loopback and is addressed by another name",
                where="Host",
                fix="use localhost, or serve with --keys",
            )

    def check(self, origin: str | None, host: str | None) -> None:
        """Passes a request without Origin (no browser), from this server's own page, or from an allowed one.

        Raises:
            ForbiddenError: any other page.
        """
        if origin is None or self.is_allowed(origin, host):
            return
        raise ForbiddenError(
            "a page of that origin may not connect",
            where="Origin",
            fix="start the server with --allow-origin and the page's origin",
        )

    def is_allowed(self, origin: str, host: str | None) -> bool:
        try:
            asked = parse_origin(origin)
        except ServeError:
            return False
        if asked in self.allowed:
            return True
        scheme = asked.partition("://")[0]
        try:
            return host is not None and parse_origin(f"{scheme}://{host}") == asked
        except ServeError:
            return False


def make_origins(allowed: Iterable[str], *, loopback_names_only: bool) -> Origins:
    """Raises ServeError for a text that is no origin."""
    return Origins(frozenset(parse_origin(text) for text in allowed), loopback_names_only)


def parse_origin(text: str) -> str:
    """An origin as browsers send it: ``scheme://host[:port]``, lower case, no default port.

    Raises:
        ServeError: there is a path, no host, another scheme than http and https, or ``null``.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise _no_origin(text) from error
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not bare:
        raise _no_origin(text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is None or port == DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def is_loopback(address: str) -> bool:
    """Whether an address (or ``localhost``) never leaves this machine; False for any other host name."""
    if address == "localhost":
        return True
    try:
        number = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_loopback


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _no_origin(text: str) -> ServeError:
    return ServeError(f"{text!r} is not a web origin", fix="write it like https://play.example.org")
