from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest

from tests.data.toys import toy_arrays, toy_dataset, toy_info
from worldsdk.data.format import INDEX_FILE
from worldsdk.data.writer import DatasetWriter, read_index
from worldsdk.errors import DatasetError, StorageError


def test_index_lists_shards_in_order_whoever_finished_first(tmp_path: Path) -> None:
    writer = DatasetWriter(tmp_path, toy_info())
    writer.write(2, toy_arrays([4], 2), (2,))
    writer.write(0, toy_arrays([4], 0), (0,))
    assert [entry.shard for entry in read_index(tmp_path)] == [0, 2]
    assert writer.frames == 8


def test_a_dataset_is_not_overwritten_unasked(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4]])
    with pytest.raises(DatasetError, match="--resume"):
        DatasetWriter(tmp_path, toy_info())
    assert DatasetWriter(tmp_path, toy_info(), resume=True).frames == 4


def test_resuming_otherwise_names_the_setting(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4]])
    with pytest.raises(DatasetError, match=r"recorder\.seed: 1 before, 2 now"):
        DatasetWriter(tmp_path, dataclasses.replace(toy_info(), recorder={"seed": 2}), resume=True)
    newer = dataclasses.replace(toy_info(), versions={"toy": "2"})
    assert DatasetWriter(tmp_path, newer, resume=True).frames == 4


def test_a_line_cut_short_by_a_crash_is_dropped(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4], [5]])
    path = tmp_path / INDEX_FILE
    path.write_bytes(path.read_bytes()[:-20])
    assert [entry.shard for entry in read_index(tmp_path)] == [0]
    writer = DatasetWriter(tmp_path, toy_info(), resume=True)
    writer.write(1, toy_arrays([5], 1), (1,))
    assert [entry.shard for entry in read_index(tmp_path)] == [0, 1]


def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4]])
    leftover = tmp_path / ".shard-00001.safetensors.123.tmp"
    leftover.write_bytes(b"half")
    DatasetWriter(tmp_path, toy_info(), resume=True)
    assert not leftover.exists()


def test_a_shard_listed_twice_is_refused(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4]])
    path = tmp_path / INDEX_FILE
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(DatasetError, match=r"line 2.*twice"):
        read_index(tmp_path)


def test_a_full_disk_leaves_the_index_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = DatasetWriter(tmp_path, toy_info())
    first = writer.write(0, toy_arrays([4]), (0,))
    before = (tmp_path / INDEX_FILE).read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError):
            writer.append(dataclasses.replace(first, shard=1))
    assert (tmp_path / INDEX_FILE).read_bytes() == before
    assert writer.frames == 4


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(StorageError, match="file"):
        DatasetWriter(blocker / "dataset", toy_info())
