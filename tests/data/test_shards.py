from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.data.toys import toy_arrays, toy_info
from worldsdk.data.shards import ShardEntry, check_shard, map_shard, write_shard
from worldsdk.errors import DatasetError, ShardError, StorageError


def test_others_read_a_shard_with_safetensors_alone(tmp_path: Path) -> None:
    arrays = toy_arrays([5, 7])
    entry = write_shard(tmp_path, 3, arrays, toy_info(), (11, 12))
    loaded = load_file(tmp_path / entry.file)
    assert set(loaded) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_mapping_gives_what_was_written_and_is_read_only(tmp_path: Path) -> None:
    arrays = toy_arrays([5, 7])
    entry = write_shard(tmp_path, 0, arrays, toy_info(), (11, 12))
    mapped = map_shard(tmp_path, entry, toy_info())
    for name, array in arrays.items():
        np.testing.assert_array_equal(mapped[name], array)
        assert mapped[name].dtype == array.dtype
    with pytest.raises(ValueError, match="read-only"):
        mapped["pixels"][0] = 1
    assert entry.episodes == (0, 1)
    assert ShardEntry.from_line(entry.to_line(), "here") == entry


@pytest.mark.parametrize("name", ["pixels", "controls", "depth", "episode"])
def test_a_wrong_tensor_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    for change in ("missing", "dtype", "shape"):
        arrays = toy_arrays([4])
        if change == "missing":
            del arrays[name]
        elif change == "dtype":
            arrays[name] = arrays[name].astype(np.float64)
        else:
            arrays[name] = arrays[name][:, None]
        with pytest.raises(DatasetError):
            write_shard(tmp_path, 0, arrays, toy_info(), (1,))
    assert not list(tmp_path.iterdir())


def test_a_seed_belongs_to_each_episode(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="2 episodes, 1 seeds"):
        write_shard(tmp_path, 0, toy_arrays([4, 4]), toy_info(), (1,))


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="free some space"):
        write_shard(tmp_path, 0, toy_arrays([4]), toy_info(), (1,))
    assert not list(tmp_path.iterdir())


def test_check_names_missing_short_and_altered_files(tmp_path: Path) -> None:
    entry = write_shard(tmp_path, 0, toy_arrays([9]), toy_info(), (1,))
    path = tmp_path / entry.file
    check_shard(tmp_path, entry, content=True)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    check_shard(tmp_path, entry, content=False)
    with pytest.raises(ShardError, match="checksum"):
        check_shard(tmp_path, entry, content=True)
    path.write_bytes(whole[:-10])
    with pytest.raises(ShardError, match=entry.file):
        check_shard(tmp_path, entry, content=False)
    path.unlink()
    with pytest.raises(ShardError, match="missing"):
        check_shard(tmp_path, entry, content=False)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"short",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 4) + b"\xff\xff\xff\xff",
        struct.pack("<Q", 2) + b"[]",
    ],
)
def test_what_is_no_shard_is_refused(tmp_path: Path, blob: bytes) -> None:
    entry = write_shard(tmp_path, 0, toy_arrays([4]), toy_info(), (1,))
    (tmp_path / entry.file).write_bytes(blob)
    with pytest.raises(ShardError, match=entry.file):
        map_shard(tmp_path, entry, toy_info())


@pytest.mark.parametrize("line", ["", "{}", "[]", "nonsense", '{"file": "../x"}'])
def test_a_bad_index_line_is_refused(line: str) -> None:
    with pytest.raises(DatasetError, match="line 4"):
        ShardEntry.from_line(line, "index.jsonl, line 4")


def test_an_index_line_cannot_point_outside_the_folder(tmp_path: Path) -> None:
    entry = write_shard(tmp_path, 0, toy_arrays([4]), toy_info(), (1,))
    line = entry.to_line().replace(entry.file, "../elsewhere")
    with pytest.raises(DatasetError, match="plain name"):
        ShardEntry.from_line(line, "index")
