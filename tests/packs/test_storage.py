"""Whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.support import names
from worldsdk.errors import StorageError
from worldsdk.packs.storage import atomic_file, new_folder, remove_leftovers, write_file


def test_write_file_replaces_the_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    write_file(target, b"first, and longer")
    write_file(target, b"second")
    assert target.read_bytes() == b"second"
    assert names(target.parent) == ["file"]


def test_what_is_written_can_be_read_by_others(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        write_file(tmp_path / "file", b"x")
        assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
        with new_folder(tmp_path / "folder"):
            pass
        assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(umask)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    write_file(target, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_folder_appears_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "pack"
    with new_folder(target) as fresh:
        (fresh / "a").write_text("1")
        assert not target.exists()
    assert names(target) == ["a"]
    with new_folder(target) as fresh:
        (fresh / "b").write_text("2")
    assert names(target) == ["b"]
    assert names(tmp_path) == ["pack"]


@pytest.mark.parametrize("existing", [False, True])
def test_a_failure_leaves_the_old_folder_and_no_litter(tmp_path: Path, existing: bool) -> None:
    target = tmp_path / "pack"
    if existing:
        target.mkdir()
        (target / "old").write_text("1")
    with pytest.raises(StorageError, match="No space left"), new_folder(target) as fresh:
        (fresh / "new").write_text("2")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == (["pack"] if existing else [])
    assert not existing or names(target) == ["old"]


def test_a_failed_swap_puts_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "pack"
    target.mkdir()
    (target / "old").write_text("1")
    rename = Path.rename

    def refuse(self: Path, to: Path) -> Path:
        if self.name == "new":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StorageError, match="Input/output"), new_folder(target) as fresh:
        (fresh / "new file").write_text("2")
    assert names(target) == ["old"]
    assert names(tmp_path) == ["pack"]


def test_a_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        write_file(tmp_path / "file" / "inside", b"x")
    with pytest.raises(StorageError, match="file"), new_folder(tmp_path / "file" / "inside"):
        pass


def test_a_file_appears_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "shard"
    with atomic_file(target) as file:
        file.write(b"first")
        assert not target.exists()
    with pytest.raises(KeyboardInterrupt), atomic_file(target) as file:
        file.write(b"second")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"first"
    assert names(tmp_path) == ["shard"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".kept").touch()
    with atomic_file(tmp_path / "shard") as file:
        file.write(b"half")
        [unfinished] = set(tmp_path.iterdir()) - {tmp_path / ".kept"}
        left = unfinished.with_stem(f"{unfinished.stem}-dead")
        left.write_bytes(b"half")
    assert left.exists()
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [".kept", "shard"]
