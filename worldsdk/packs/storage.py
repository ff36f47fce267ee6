"""Writing files and folders so that a reader sees the old whole or the new whole, never a part."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worldsdk.errors import StorageError


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
        raise StorageError(
            f"cannot write the folder ({error.strerror or error})",
            where=str(target),
            fix="free some space or choose another place; nothing was changed",
        ) from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def write_file(target: Path, content: bytes) -> None:
    """Writes ``content`` to ``target``, replacing it whole.

    Raises:
        StorageError: the place cannot be written, or the disk is full; an old file is still as it was.
    """
    scratch: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        scratch = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp gives 0600, which would make what a user shares unreadable to others.
        scratch.chmod(0o666 & ~_umask())
        scratch.replace(target)
    except OSError as error:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write the file ({error.strerror or error})",
            where=str(target),
            fix="free some space or choose another place; nothing was changed",
        ) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
