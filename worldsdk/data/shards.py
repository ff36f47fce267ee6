"""One shard: a safetensors file of equally long tensors, and its line in the index."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from worldsdk.data.format import DatasetInfo
from worldsdk.errors import DatasetError, ShardError
from worldsdk.packs.storage import atomic_file

Arrays = dict[str, NDArray[Any]]

_DTYPES = {"U8": np.dtype("u1"), "F16": np.dtype("<f2"), "F32": np.dtype("<f4"), "I32": np.dtype("<i4")}
# A header names a handful of tensors: anything larger is not a shard.
_LARGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class ShardEntry:
    """One line of ``index.jsonl``.

    Attributes:
        file: name in the dataset's folder.
        shard: its number; shards are ordered by it.
        frames: length of every tensor in it.
        episodes: ids of the episodes in it, in order.
        bytes: size of the file.
        sha256: of the file, hexadecimal.
        seeds: the game seed of each of ``episodes``.
    """

    file: str
    shard: int
    frames: int
    episodes: tuple[int, ...]
    bytes: int
    sha256: str
    seeds: tuple[int, ...]

    def to_line(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str, where: str) -> ShardEntry:
        """Raises DatasetError where the line is not one that ``to_line`` wrote."""
        try:
            data = json.loads(line)
            entry = cls(
                file=str(data["file"]),
                shard=int(data["shard"]),
                frames=int(data["frames"]),
                episodes=tuple(int(e) for e in data["episodes"]),
                bytes=int(data["bytes"]),
                sha256=str(data["sha256"]),
                seeds=tuple(int(s) for s in data["seeds"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DatasetError(f"line cannot be read ({error})", where=where) from error
        if Path(entry.file).name != entry.file or entry.file in (".", ".."):
            raise DatasetError(f"file {entry.file!r} is not a plain name", where=where)
        return entry


def shard_name(number: int) -> str:
    return f"shard-{number:05d}.safetensors"


def write_shard(
    folder: Path, number: int, arrays: Mapping[str, NDArray[Any]], info: DatasetInfo, seeds: tuple[int, ...]
) -> ShardEntry:
    """Writes shard ``number`` whole or not at all.

    Args:
        arrays: the tensors of ``info.tensor_shapes()``, all with the same first dimension.
        seeds: game seed of each episode in the shard, in order of appearance.

    Returns:
        its entry; the caller appends it to the index.

    Raises:
        DatasetError: a tensor is missing, has another dtype or shape, or the seeds do not fit.
        StorageError: the disk is full or the folder cannot be written.
    """
    name = shard_name(number)
    frames = len(arrays["episode"]) if "episode" in arrays else 0
    ready: Arrays = {}
    for key, (dtype, shape) in info.tensor_shapes().items():
        array = arrays.get(key)
        if array is None or array.dtype != np.dtype(dtype) or array.shape != (frames, *shape):
            got = "missing" if array is None else f"{array.dtype}{list(array.shape)}"
            raise DatasetError(
                f"tensor {key!r} is {got}", where=name, fix=f"it must be {dtype}{[frames, *shape]}"
            )
        ready[key] = np.ascontiguousarray(array)
    order = list(dict.fromkeys(int(e) for e in ready["episode"]))
    if frames == 0 or len(order) != len(seeds):
        raise DatasetError(f"{frames} frames, {len(order)} episodes, {len(seeds)} seeds", where=name)
    # No metadata: safetensors writes its entries in a random order, and equal shards are to be equal files.
    blob = save(ready)
    with atomic_file(folder / name) as file:
        file.write(blob)
    return ShardEntry(
        file=name,
        shard=number,
        frames=frames,
        episodes=tuple(order),
        bytes=len(blob),
        sha256=hashlib.sha256(blob).hexdigest(),
        seeds=tuple(seeds),
    )


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def check_shard(folder: Path, entry: ShardEntry, *, content: bool) -> None:
    """Compares a shard with its index entry: its size, and its checksum where ``content``.

    Raises:
        ShardError: missing, cut short, or altered.
    """
    path = folder / entry.file
    try:
        size = path.stat().st_size
    except OSError:
        raise ShardError("file is missing", where=str(path), fix="record it again") from None
    if size != entry.bytes:
        raise ShardError(
            f"has {size} bytes, the index says {entry.bytes}", where=str(path), fix="record it again"
        )
    if content and file_sha256(path) != entry.sha256:
        raise ShardError("differs from its checksum", where=str(path), fix="record it again")


def map_shard(folder: Path, entry: ShardEntry, info: DatasetInfo) -> Arrays:
    """Memory-maps a shard's tensors, read-only; nothing is read until it is used.

    Raises:
        ShardError: the file is not a safetensors file with the tensors that ``info`` promises.
    """
    path = folder / entry.file
    try:
        raw = np.memmap(path, dtype=np.uint8, mode="r")
        (length,) = struct.unpack("<Q", raw[:8].tobytes())
        if length > min(_LARGEST_HEADER, len(raw) - 8):
            raise ValueError(f"header of {length} bytes")
        header = json.loads(raw[8 : 8 + length].tobytes())
        data = raw[8 + length :]
        arrays: Arrays = {}
        for key, (dtype, shape) in info.tensor_shapes().items():
            stored = header[key]
            first, last = (int(n) for n in stored["data_offsets"])
            full = (entry.frames, *shape)
            if _DTYPES.get(stored["dtype"]) != np.dtype(dtype) or tuple(stored["shape"]) != full:
                raise ValueError(f"tensor {key!r} is {stored['dtype']}{stored['shape']}")
            if not 0 <= first <= last <= len(data):
                raise ValueError(f"tensor {key!r} lies outside the file")
            kept: NDArray[Any] = np.frombuffer(data[first:last], dtype=np.dtype(dtype)).reshape(full)
            arrays[key] = kept
        return arrays
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ShardError(f"cannot be read ({error})", where=str(path), fix="record it again") from error
