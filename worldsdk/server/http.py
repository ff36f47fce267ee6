"""Plain HTTP on the WebSocket's port: health, metrics, and the files of the web page."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from worldsdk.errors import ServeError
from worldsdk.server.hooks import HttpReply, Status

PAGE = Path(__file__).parent / "page"

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}
"""What a page consists of. A file of another kind is not served, wherever it lies."""

MAX_PAGE_BYTES = 8 * 1024 * 1024
"""All files together are kept in memory, and each goes out in one piece; a page needs a tenth of this."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
        "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
"""Headers of every answer. Scripts come from this server only; sockets may lead to any, as play does."""


@dataclass(frozen=True)
class PageFile:
    """One file of the page. Attributes: content; its type; tag: changes when the content does."""

    content: bytes
    kind: str
    tag: str


class Site:
    """The server's ``HttpRoutes``.

    Args:
        exposition: the metrics' text; None where there are none.
        metrics_secret: what a scraper presents as ``Authorization: Bearer``; None lets everybody read the
            metrics; an empty text lets nobody.
        page: folder of the web page. It is read once, so that no path of a request ever touches the disk.

    Raises:
        ServeError: the page is larger than ``MAX_PAGE_BYTES``.
    """

    def __init__(
        self,
        *,
        exposition: Callable[[], bytes] | None = None,
        metrics_secret: str | None = None,
        page: Path = PAGE,
    ) -> None:
        self._exposition = exposition
        self._secret = metrics_secret
        self._files = read_page(page)

    def respond(self, path: str, headers: Mapping[str, str], status: Status) -> HttpReply | None:
        route = path.partition("?")[0]
        match route:
            case "/healthz":
                return _health(status)
            case "/readyz":
                return _readiness(status)
            case "/metrics":
                return self._metrics(headers)
        file = self._files.get("/index.html" if route == "/" else route)
        return _page(file, headers) if file is not None else None

    def _metrics(self, headers: Mapping[str, str]) -> HttpReply | None:
        if self._exposition is None:
            return None
        if self._secret is not None:
            given = headers.get("Authorization", "").removeprefix("Bearer ").strip()
            if not self._secret or not hmac.compare_digest(given.encode(), self._secret.encode()):
                text = b"metrics want a secret: worldsdk serve --metrics-secret-file FILE\n"
                return _reply(401, text, TYPES[".txt"], {"WWW-Authenticate": "Bearer"})
        return _reply(200, self._exposition(), METRICS_TYPE)


def read_page(folder: Path) -> dict[str, PageFile]:
    """URL path -> file, for all files of known kinds below ``folder``; empty where there is no folder.

    Hidden files and links are left out. Raises ServeError when they are too large together.
    """
    files: dict[str, PageFile] = {}
    room = MAX_PAGE_BYTES
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder)
        kind = TYPES.get(path.suffix)
        if (
            kind is None
            or path.is_symlink()
            or not path.is_file()
            or any(p.startswith(".") for p in name.parts)
        ):
            continue
        content = path.read_bytes()
        room -= len(content)
        if room < 0:
            raise ServeError(
                f"the web page is larger than {MAX_PAGE_BYTES} bytes",
                where=str(folder),
                fix="make it smaller",
            )
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        files["/" + name.as_posix()] = PageFile(content, kind, tag)
    return files


def _health(status: Status) -> HttpReply:
    return _json(status.alive, {"alive": status.alive, "uptime_seconds": round(status.uptime_seconds, 3)})


def _readiness(status: Status) -> HttpReply:
    return _json(
        status.ready,
        {
            "ready": status.ready,
            "draining": status.draining,
            "reason": status.reason,
            "world": status.world,
            "sessions": status.sessions,
            "viewers": status.viewers,
        },
    )


def _json(good: bool, data: Mapping[str, object]) -> HttpReply:
    return _reply(200 if good else 503, json.dumps(data).encode() + b"\n", TYPES[".json"])


def _page(file: PageFile, headers: Mapping[str, str]) -> HttpReply:
    more = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if headers.get("If-None-Match") == file.tag:
        return _reply(304, b"", file.kind, more)
    return _reply(200, file.content, file.kind, more)


def _reply(status: int, body: bytes, kind: str, more: Mapping[str, str] | None = None) -> HttpReply:
    headers = {"Content-Type": kind, "Cache-Control": "no-store", **SAFE, **(more or {})}
    return HttpReply(status, body, headers)
