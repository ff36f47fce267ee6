"""Writing a file that only its owner may read, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from worldsdk.errors import StorageError


def write_private(target: Path, content: bytes) -> None:
    """Replaces ``target`` by ``content``; mode 0600 from its first byte on.

    Raises:
        StorageError: the place cannot be written; an old file is still as it was.
    """
    scratch: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes it 0600, and the rename keeps that.
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        scratch = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(target)
    except OSError as error:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write the file ({error.strerror or error})",
            where=str(target),
            fix="free some space or choose another place; nothing was changed",
        ) from error
