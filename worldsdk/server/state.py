"""Sessions on disk: what a server writes down so that its players go on after it was restarted, or killed.

One file a session, replaced whole: magic, length of the header, header (JSON), snapshot, SHA-256 over all
before it. Resume tokens are there as digests only: who reads the folder cannot take a seat.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import struct
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from worldsdk.errors import ServeError, StateError, StorageError
from worldsdk.server.hooks import SavedSeat, SavedSession
from worldsdk.server.security.private_file import write_private

MAGIC = b"worldsdk-session-1\n"

MAX_SESSIONS = 256
"""Files kept: more than one machine serves at a time. The oldest leave first."""

MAX_FILE_BYTES = 256 * 1024 * 1024
"""A snapshot with a long memory takes a few MB; larger is not ours."""

KEEP_SECONDS = 86_400.0
"""A session nobody came back to within a day is given up."""

SUFFIX = ".session"
DAMAGED = ".damaged"

log = logging.getLogger("worldsdk.server.state")


class StateFolder:
    """The server's ``StateStore``, alone in its folder.

    Args:
        folder: made where it does not exist; readable to its owner only.
        wall: seconds since 1970.

    Raises:
        ServeError: another server uses the folder, or it cannot be written.
    """

    def __init__(
        self, folder: Path, *, wall: Callable[[], float] = time.time, max_sessions: int = MAX_SESSIONS
    ) -> None:
        self._folder = folder
        self._wall = wall
        self._max = max_sessions
        self._lock = _lock(folder)

    def save(self, saved: SavedSession) -> None:
        """Raises StorageError; what was kept before is still as it was."""
        write_private(self._path(saved.session), pack(saved, self._wall()))
        self._prune()

    def remove(self, session: str) -> None:
        self._path(session).unlink(missing_ok=True)

    def load(self) -> list[SavedSession]:
        """The newest save first. A damaged file is set aside under another name, and logged."""
        found: list[tuple[float, SavedSession]] = []
        for path in self._files():
            try:
                saved, at = unpack(_read(path))
            except StateError as error:
                log.error("a saved session cannot be read", extra={"reason": error.what, "file": path.name})
                path.replace(path.with_suffix(DAMAGED))
                continue
            if self._wall() - at > KEEP_SECONDS:
                path.unlink(missing_ok=True)
            else:
                found.append((at, saved))
        return [saved for _, saved in sorted(found, key=lambda pair: pair[0], reverse=True)]

    def close(self) -> None:
        """Lets another server have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _path(self, session: str) -> Path:
        # A session's name came over the wire once; a digest of it is a harmless file name.
        return self._folder / (hashlib.sha256(session.encode()).hexdigest()[:32] + SUFFIX)

    def _files(self) -> list[Path]:
        return [path for path in self._folder.glob(f"*{SUFFIX}") if path.is_file()]

    def _prune(self) -> None:
        files = self._files()
        if len(files) > self._max:
            files.sort(key=lambda path: path.stat().st_mtime_ns)
            for path in files[: len(files) - self._max]:
                path.unlink(missing_ok=True)


def pack(saved: SavedSession, at: float) -> bytes:
    """A session as the bytes of its file; ``at`` is the moment of the save in seconds since 1970."""
    fields: dict[str, Any] = asdict(saved)
    snapshot = fields.pop("snapshot")
    header = json.dumps({**fields, "saved_at": at}).encode()
    content: bytes = MAGIC + struct.pack(">I", len(header)) + header + snapshot
    return content + hashlib.sha256(content).digest()


def unpack(content: bytes) -> tuple[SavedSession, float]:
    """The session of a file's bytes, and when it was saved.

    Raises:
        StateError: altered, cut short, or not such a file.
    """
    if not content.startswith(MAGIC):
        raise StateError("this is not a saved session")
    body, digest = content[:-32], content[-32:]
    if hashlib.sha256(body).digest() != digest:
        raise StateError("its checksum is wrong: it was altered or cut short")
    start = len(MAGIC) + 4
    try:
        (length,) = struct.unpack_from(">I", body, len(MAGIC))
        header = json.loads(body[start : start + length])
        at = float(header.pop("saved_at"))
        seats = tuple(
            SavedSeat(**{**seat, "retired": tuple(seat["retired"])}) for seat in header.pop("seats")
        )
        return SavedSession(**header, seats=seats, snapshot=body[start + length :]), at
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError("its header is not what this version writes") from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise StateError("it is too large")
        return path.read_bytes()
    except OSError as error:
        raise StateError(f"it cannot be read ({error.strerror or error})") from error


def _lock(folder: Path) -> int | None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(
            f"cannot write the state folder ({error.strerror or error})",
            where=str(folder),
            fix="choose another folder",
        ) from error
    try:
        # The lock goes with the process, however it ends: a killed server leaves none behind.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise ServeError(
            "another server uses this state folder", where=str(folder), fix="give each server its own"
        ) from error
    return handle
