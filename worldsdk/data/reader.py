"""Reading a dataset: all shards as one long, memory-mapped row of frames."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worldsdk.data.format import DatasetInfo
from worldsdk.data.shards import Arrays, check_shard, map_shard
from worldsdk.data.writer import read_index
from worldsdk.errors import DatasetError, ShardError

Verify = Literal["size", "sha256"]
Split = Literal["all", "train", "held_out"]


class Column:
    """One tensor across all shards: indexed by frame like an array [N, ...], read on demand.

    An int gives one frame's entry, a slice or an integer array gives a new array of those frames, in the
    order asked for. Slices within one shard are views into the file.
    """

    def __init__(self, parts: list[NDArray[Any]], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts]) if parts else np.zeros(0, np.int64)
        self.dtype = dtype
        self.shape = (int(self._ends[-1]) if parts else 0, *shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int | slice | NDArray[np.integer[Any]]) -> NDArray[Any]:
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            if step != 1:
                return self[np.arange(first, last, step)]
            return self._range(first, max(first, last))
        if isinstance(index, np.ndarray):
            return self._gather(index)
        number = int(index)
        number += len(self) if number < 0 else 0
        if not 0 <= number < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        part = int(np.searchsorted(self._ends, number, side="right"))
        entry: NDArray[Any] = self._parts[part][number - self._first(part)]
        return entry

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self[:]
        return whole.astype(dtype) if dtype is not None else whole

    def _first(self, part: int) -> int:
        return int(self._ends[part - 1]) if part else 0

    def _range(self, first: int, last: int) -> NDArray[Any]:
        pieces = []
        part = int(np.searchsorted(self._ends, first, side="right"))
        while first < last:
            begin = self._first(part)
            stop = min(last, int(self._ends[part]))
            pieces.append(self._parts[part][first - begin : stop - begin])
            first, part = stop, part + 1
        if not pieces:
            return np.zeros((0, *self.shape[1:]), self.dtype)
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _gather(self, index: NDArray[np.integer[Any]]) -> NDArray[Any]:
        if index.dtype.kind not in "iu":
            raise IndexError(f"index array is {index.dtype}, integers are needed")
        flat = index.ravel().astype(np.int64)
        flat = np.where(flat < 0, flat + len(self), flat)
        if len(flat) and not (flat.min() >= 0 and flat.max() < len(self)):
            raise IndexError(f"index array reaches outside the {len(self)} frames")
        out = np.empty((len(flat), *self.shape[1:]), self.dtype)
        parts = np.searchsorted(self._ends, flat, side="right")
        for part in np.unique(parts):
            rows = parts == part
            out[rows] = self._parts[part][flat[rows] - self._first(int(part))]
        return out.reshape(*index.shape, *self.shape[1:])


@dataclass(frozen=True)
class Episode:
    """A stretch of frames without a cut.

    Attributes:
        id: as in the ``episode`` tensor.
        seed: the game's seed.
        start, stop: frames ``start`` to ``stop - 1`` of the dataset.
        held_out: kept from training.
    """

    id: int
    seed: int
    start: int
    stop: int
    held_out: bool

    def __len__(self) -> int:
        return self.stop - self.start


class Dataset:
    """A recorded game. Use ``Dataset.open``.

    Attributes:
        info: what ``dataset.json`` says.
        folder: where it is.
        pixels, controls, variables, reward, ended, episode: the columns, see ``docs/dataset.md``.
        layers: name -> column.
        episodes: in order of their frames.
        damaged: the shards that were left out, each with what is wrong with it.
    """

    def __init__(
        self,
        folder: Path,
        info: DatasetInfo,
        shards: list[Arrays],
        episodes: list[Episode],
        damaged: list[ShardError],
    ) -> None:
        self.folder = folder
        self.info = info
        self.episodes = episodes
        self.damaged = damaged
        self._columns = {
            name: Column([shard[name] for shard in shards], np.dtype(dtype), shape)
            for name, (dtype, shape) in info.tensor_shapes().items()
        }
        self.pixels = self._columns["pixels"]
        self.controls = self._columns["controls"]
        self.variables = self._columns["variables"]
        self.reward = self._columns["reward"]
        self.ended = self._columns["ended"]
        self.episode = self._columns["episode"]
        self.layers = {layer.name: self._columns[layer.name] for layer in info.layers}

    @classmethod
    def open(
        cls, folder: str | Path, *, verify: Verify = "size", held_out: float = 0.05, strict: bool = False
    ) -> Dataset:
        """Opens a dataset folder. Damaged shards are left out with a warning that names them.

        Args:
            verify: ``size`` compares the files' sizes with the index; ``sha256`` reads them whole.
            held_out: part of the episodes, drawn by a hash of their ids, that ``split`` keeps apart.
            strict: raise for the first damaged shard instead of leaving it out.

        Raises:
            DatasetError: no dataset there, or nothing in it is usable.
            ShardError: ``strict`` and a shard is damaged.
        """
        root = Path(folder)
        if verify not in ("size", "sha256"):
            raise DatasetError(f"verify is {verify!r}", fix="use 'size' or 'sha256'")
        if not 0.0 <= held_out <= 1.0:
            raise DatasetError(f"held_out is {held_out}", fix="give a part from 0 to 1")
        info = DatasetInfo.load(root)
        shards: list[Arrays] = []
        episodes: list[Episode] = []
        damaged: list[ShardError] = []
        offset = 0
        for entry in read_index(root):
            try:
                check_shard(root, entry, content=verify == "sha256")
                arrays = map_shard(root, entry, info)
                found = _episodes(arrays["episode"], entry.episodes, entry.seeds, offset, held_out, root)
            except ShardError as error:
                if strict:
                    raise
                warnings.warn(f"left out: {error}", stacklevel=2)
                damaged.append(error)
                continue
            shards.append(arrays)
            episodes.extend(found)
            offset += entry.frames
        if not shards:
            why = f"; first: {damaged[0]}" if damaged else ""
            raise DatasetError(f"has no usable shard{why}", where=str(root), fix="record it again")
        return cls(root, info, shards, episodes, damaged)

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def episode_starts(self) -> NDArray[np.int64]:
        """int64 [number of episodes], the first frame of each."""
        return np.array([episode.start for episode in self.episodes], np.int64)

    def split(self, which: Split) -> list[Episode]:
        """The episodes of one part; every episode is in exactly one of ``train`` and ``held_out``."""
        if which == "all":
            return list(self.episodes)
        if which not in ("train", "held_out"):
            raise DatasetError(f"split is {which!r}", fix="use 'all', 'train' or 'held_out'")
        return [episode for episode in self.episodes if episode.held_out == (which == "held_out")]

    def windows(self, length: int, split: Split = "all", stride: int = 1) -> NDArray[np.int64]:
        """First frames of all windows of ``length`` frames that lie within one episode.

        Args:
            length: frames of a window, at least 1.
            split: part of the episodes to take.
            stride: take every ``stride``-th window of each episode.

        Returns:
            int64 [M], ascending.
        """
        if length < 1 or stride < 1:
            raise DatasetError(f"length is {length}, stride is {stride}", fix="both are at least 1")
        starts = [np.arange(e.start, e.stop - length + 1, stride, dtype=np.int64) for e in self.split(split)]
        return np.concatenate(starts) if starts else np.zeros(0, np.int64)


def is_held_out(episode: int, part: float) -> bool:
    """Whether an episode is held out: a fixed function of its id, the same in every process."""
    digest = hashlib.sha256(f"episode {episode}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < part * 2.0**64


def _episodes(
    ids: NDArray[np.int32],
    listed: tuple[int, ...],
    seeds: tuple[int, ...],
    offset: int,
    part: float,
    root: Path,
) -> list[Episode]:
    cuts = np.flatnonzero(np.diff(ids)) + 1
    starts = [0, *cuts.tolist()]
    stops = [*cuts.tolist(), len(ids)]
    if tuple(int(ids[start]) for start in starts) != listed or len(seeds) != len(listed):
        raise ShardError("episodes differ from the index", where=str(root), fix="record it again")
    return [
        Episode(episode, seed, offset + start, offset + stop, is_held_out(episode, part))
        for episode, seed, start, stop in zip(listed, seeds, starts, stops, strict=True)
    ]
