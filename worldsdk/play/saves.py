"""Where a player's own files live: saved games, and the note that the help has been seen."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from worldsdk.errors import PlayError
from worldsdk.packs.storage import write_file

HOME_VARIABLE = "WORLDSDK_HOME"
"""Environment variable that names another folder for all of it."""

SLOTS = range(10)
"""Slot 0 is the quick save."""


def user_folder() -> Path:
    """``WORLDSDK_HOME``, or the platform's place for a program's data, with ``worldsdk`` in it."""
    chosen = os.environ.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "worldsdk"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "worldsdk"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "worldsdk"


class Saves:
    """The save slots of one world.

    Args:
        world: the world's name.
        folder: where saves of all worlds live; the user's own folder by default.
    """

    def __init__(self, world: str, folder: Path | None = None) -> None:
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", world).lstrip(".") or "world"
        self.folder = (folder if folder is not None else user_folder()) / "saves" / safe

    def path(self, slot: int) -> Path:
        """Raises PlayError for a slot that does not exist."""
        if slot not in SLOTS:
            raise PlayError(f"there is no save slot {slot}", fix=f"use {SLOTS[0]} to {SLOTS[-1]}")
        return self.folder / f"slot-{slot}.snapshot"

    def write(self, slot: int, snapshot: bytes) -> Path:
        """Replaces the slot whole. Raises StorageError where it cannot; the old save is then kept."""
        path = self.path(slot)
        write_file(path, snapshot)
        return path

    def read(self, slot: int) -> bytes:
        """The slot's bytes, unchecked: a world checks them on restoring.

        Raises:
            PlayError: the slot is empty or cannot be read.
        """
        path = self.path(slot)
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise PlayError(f"slot {slot} is empty", fix="save first") from error
        except OSError as error:
            raise PlayError(f"slot {slot} cannot be read ({error.strerror})", where=str(path)) from error

    def filled(self) -> list[int]:
        """Slots that hold a save."""
        return [slot for slot in SLOTS if self.path(slot).is_file()]

    def first_start(self) -> bool:
        """Whether this world has never been opened here before; true once.

        A place that cannot be written counts as a first start every time.
        """
        mark = self.folder / "opened"
        if mark.exists():
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            mark.touch()
        except OSError:
            return True
        return True
