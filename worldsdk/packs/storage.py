"""Writing files and folders so that a reader sees the old whole or the new whole, never a part."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from worldsdk.errors import StorageError

UNFINISHED = ".tmp"
"""How the names of files end that are being written."""

_CURES = {
    errno.ENOSPC: "free some space, or choose another place",
    errno.EDQUOT: "the disk quota is used up: free some space, or choose another place",
    errno.EACCES: "choose a place that you may write",
    errno.EROFS: "the file system is read-only: choose another place",
}


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yields an empty folder that becomes ``target`` when the block ends well; else nothing is left.

    An existing ``target`` is replaced, whole, at the end.

    Raises:
        StorageError: the place cannot be written, or the disk is full.
    """
    scratch: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        fresh = scratch / "new"
        fresh.mkdir()
        yield fresh
        if target.exists():
            # A folder cannot be renamed over a full one; the old one steps aside, and back on failure.
            aside = scratch / "old"
            target.rename(aside)
            try:
                fresh.rename(target)
            except OSError:
                aside.rename(target)
                raise
        else:
            fresh.rename(target)
    except OSError as error:
        raise storage_error(error, target) from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def atomic_file(target: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes ``target``'s place when the block ends well, and vanishes when it does not.

    Raises:
        StorageError: the place cannot be written, or the disk is full; an old file is still as it was.
    """
    scratch: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=UNFINISHED, dir=target.parent)
        scratch = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp gives 0600, which would make what a user shares unreadable to others.
        scratch.chmod(0o666 & ~_umask())
        scratch.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise storage_error(error, target) from error
    finally:
        if scratch is not None:
            scratch.unlink(missing_ok=True)


def write_file(target: Path, content: bytes) -> None:
    """Writes ``content`` to ``target``, replacing it whole, in a folder that is made where there is none.

    Raises:
        StorageError: the place cannot be written, or the disk is full; an old file is still as it was.
    """
    make_folder(target.parent)
    with atomic_file(target) as file:
        file.write(content)


def make_folder(path: Path) -> None:
    """Creates ``path`` and its parents.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, path) from error


def remove_leftovers(folder: Path) -> None:
    """Removes what ``atomic_file`` leaves in ``folder`` when its process is killed outright."""
    for path in folder.glob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def storage_error(error: OSError, path: Path) -> StorageError:
    """The StorageError that says what ``error`` means for whoever wanted to write ``path``."""
    cure = _CURES.get(error.errno or 0, "check the folder, or choose another place")
    return StorageError(f"cannot write ({error.strerror or error})", where=str(path), fix=cure)


def sync_folder(folder: Path) -> None:
    """Makes a rename in ``folder`` survive a power cut; does nothing where folders cannot be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open a folder, and does not need it
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
