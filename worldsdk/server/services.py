"""What all connections of a server share, and what each is built on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from worldsdk.server.hooks import Authority, ImageReader, Metrics
from worldsdk.server.lobby import Lobby
from worldsdk.server.options import ServeOptions
from worldsdk.server.outbox import Wire


class Socket(Wire, Protocol):
    """A WebSocket as a guest needs it."""

    def at_once(self, take: Callable[[bytes], bool]) -> None:
        """From now on a message that comes while ``receive`` waits is shown to ``take`` first, which returns
        whether it was dealt with; ``receive`` returns only the others, in order."""

    async def receive(self) -> bytes | str | None:
        """The next message; None once it is closed."""

    async def close(self, code: int, reason: str) -> None:
        """Closes it, waiting for what was written and not longer than a moment for the other side."""


@dataclass(frozen=True)
class Services:
    """The parts of a server that its guests turn to; ``pool`` encodes pictures."""

    lobby: Lobby
    options: ServeOptions
    authority: Authority
    images: ImageReader
    metrics: Metrics
    pool: ThreadPoolExecutor
