"""Filling a dataset folder, shard by shard, in a way that can stop and go on at any shard."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from worldsdk.data.format import INDEX_FILE, INFO_FILE, DatasetInfo
from worldsdk.data.shards import ShardEntry, write_shard
from worldsdk.errors import DatasetError
from worldsdk.packs.storage import make_folder, remove_leftovers, storage_error


def read_index(folder: Path) -> list[ShardEntry]:
    """Entries of ``index.jsonl`` ordered by shard number; empty where there is no index yet.

    A last line without its newline is one that a crash cut short: it is passed over.

    Raises:
        DatasetError: another line cannot be read, or two lines claim the same shard.
    """
    path = folder / INDEX_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot be read ({error})", where=str(path)) from error
    entries: dict[int, ShardEntry] = {}
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        where = f"{path}, line {number}"
        entry = ShardEntry.from_line(line, where)
        if entry.shard in entries:
            raise DatasetError(f"shard {entry.shard} is listed twice", where=where)
        entries[entry.shard] = entry
    return [entries[number] for number in sorted(entries)]


class DatasetWriter:
    """Writes a dataset folder. One process at a time appends to the index.

    Args:
        folder: created if missing.
        info: what ``dataset.json`` will say.
        resume: go on with a dataset that is already there.

    Raises:
        DatasetError: the folder holds a dataset and ``resume`` is not set, or it was recorded otherwise.
        StorageError: the folder cannot be written.
    """

    def __init__(self, folder: Path, info: DatasetInfo, *, resume: bool = False) -> None:
        self.folder = folder
        self.info = info
        make_folder(folder)
        if (folder / INFO_FILE).exists():
            if not resume:
                raise DatasetError(
                    "there is a dataset already", where=str(folder), fix="use --resume, or another folder"
                )
            self._check_same(DatasetInfo.load(folder))
        else:
            info.save(folder)
        self.entries = {entry.shard: entry for entry in read_index(folder)}
        self._trim_index()
        remove_leftovers(folder)

    def _check_same(self, before: DatasetInfo) -> None:
        # Package versions may move on; anything else would mix two kinds of frames in one dataset.
        old, new = (json.loads(json.dumps(i.to_json())) for i in (before, self.info))
        for fields in (old, new):
            fields.pop("versions")
        for part in ("settings", "recorder"):
            for fields in (old, new):
                fields.update({f"{part}.{name}": value for name, value in fields.pop(part).items()})
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        if changed:
            name = changed[0]
            raise DatasetError(
                f"was recorded with another {name}: "
                f"{_short(old.get(name))} before, {_short(new.get(name))} now",
                where=str(self.folder),
                fix="resume with the settings it was recorded with, or choose another folder",
            )

    def _trim_index(self) -> None:
        # A line that a crash cut short must go before the next one is appended behind it.
        path = self.folder / INDEX_FILE
        if not path.exists():
            return
        text = path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole != len(text):
            try:
                os.truncate(path, whole)
            except OSError as error:
                raise storage_error(error, path) from error

    @property
    def frames(self) -> int:
        """Frames in finished shards."""
        return sum(entry.frames for entry in self.entries.values())

    def write(self, number: int, arrays: Mapping[str, NDArray[Any]], seeds: tuple[int, ...]) -> ShardEntry:
        """Writes shard ``number`` and lists it. Raises as ``write_shard`` does."""
        entry = write_shard(self.folder, number, arrays, self.info, seeds)
        self.append(entry)
        return entry

    def append(self, entry: ShardEntry) -> None:
        """Lists a shard that ``write_shard`` has put into the folder. Raises StorageError."""
        path = self.folder / INDEX_FILE
        try:
            with path.open("ab") as file:
                start = file.tell()
                try:
                    file.write((entry.to_line() + "\n").encode())
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(path, start)
                    raise
        except OSError as error:
            raise storage_error(error, path) from error
        self.entries[entry.shard] = entry


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
