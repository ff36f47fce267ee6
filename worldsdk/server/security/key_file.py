"""A server's view of the key ring: read once, and again when its file changes, without a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from worldsdk.errors import KeyRingError
from worldsdk.server.security.keyring import KeyRing, load_ring

RELOAD_SECONDS = 5.0
"""The file is looked at this often at most: tokens with made-up key names must not keep the disk busy."""

log = logging.getLogger("worldsdk.server.keys")


class KeySource(Protocol):
    """Where keys come from."""

    def ring(self) -> KeyRing:
        """The ring to check a token with, now."""


class FixedKeys:
    """A ring that never changes."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def ring(self) -> KeyRing:
        return self._ring


class KeyFile:
    """The ring of a file.

    A rotation or a removal is picked up with the next token after ``RELOAD_SECONDS``. A file that has become
    unreadable leaves the last good ring in force and is logged.

    Raises:
        KeyRingError: the file cannot be read at the start.
    """

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self._path = path
        self._monotonic = monotonic
        self._stamp = _stamp(path)
        self._ring = load_ring(path)
        self._looked = monotonic()

    def ring(self) -> KeyRing:
        if self._monotonic() - self._looked >= RELOAD_SECONDS:
            self._look()
        return self._ring

    def _look(self) -> None:
        self._looked = self._monotonic()
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        try:
            self._ring = load_ring(self._path)
        except KeyRingError as error:
            log.error("the key ring was not read again", extra={"code": error.code})
            return
        self._stamp = stamp
        log.info("the key ring was read again", extra={"keys": len(self._ring.keys)})


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return status.st_mtime_ns, status.st_size, status.st_ino
