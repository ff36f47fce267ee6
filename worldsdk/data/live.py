"""A dataset that grows row by row while somebody else's game runs; the game is not ours to step or to reset.

``server.intake`` feeds it from a socket. Rows wait in memory until a shard is full, so that shards stay few
and large; ``flush`` writes what there is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import ControlSpec
from worldsdk.data.format import DatasetInfo, LayerInfo
from worldsdk.data.shards import Arrays
from worldsdk.data.writer import DatasetWriter
from worldsdk.errors import RecordError
from worldsdk.models.interface import Variable
from worldsdk.protocol.recording.messages import MAX_ROW_BYTES, Begin, Row

SHARD_ROWS = 1024
"""Rows of a full shard: half a minute of a game, which is what a power cut may cost."""

SHARD_BYTES = 256 * 1024 * 1024
"""Memory for the rows that wait: shards of large pictures have fewer rows."""

LEAST_EPISODE = 2
"""Rows of the shortest episode that is kept: one alone shows nothing happening."""


def live_info(begin: Begin, versions: Mapping[str, str]) -> DatasetInfo:
    """What ``dataset.json`` will say about what ``begin`` announces.

    Raises:
        RecordError: rows of it would be too large, names are used twice, or the settings are no plain JSON.
        ControlSpecError, DatasetError: a control or a layer contradicts itself.
    """
    width, height = begin.size
    variables = tuple(
        Variable(v["name"], v["low"], v["high"], v.get("unit") or "", v.get("period") or 0.0)
        for v in begin.variables
    )
    layers = tuple(
        LayerInfo(
            name=layer["name"],
            dtype=layer["dtype"],
            shape=tuple(layer["shape"]),
            low=layer["low"],
            high=layer["high"],
            unit=layer.get("unit") or "",
            classes=tuple(layer.get("classes") or ()),
            help=layer.get("help") or "",
        )
        for layer in begin.layers
    )
    for kind, names in (
        ("variable", [variable.name for variable in variables]),
        ("layer", [layer.name for layer in layers]),
    ):
        if len(set(names)) != len(names):
            raise RecordError(f"a {kind} is named twice: {names}", where="begin", fix="name each once")
    for variable in variables:
        if not variable.low < variable.high:
            raise RecordError(
                f"its range is {variable.low:g} to {variable.high:g}",
                where=f"variable {variable.name!r}",
                fix="make low less than high",
            )
    try:
        json.dumps(dict(begin.settings))
    except TypeError as error:
        raise RecordError("holds bytes", where="begin.settings", fix="send plain JSON") from error
    info = DatasetInfo(
        game=begin.game,
        height=height,
        width=width,
        controls=ControlSpec.from_json([dict(control) for control in begin.controls]),
        variables=variables,
        layers=layers,
        rate_hz=begin.rate,
        licence=begin.licence,
        settings=dict(begin.settings),
        versions=dict(versions),
        recorder={"policy": "live"},
    )
    size = row_bytes(info)
    if size > MAX_ROW_BYTES:
        raise RecordError(
            f"a row would have {size} bytes",
            where="begin",
            fix=f"record at most {MAX_ROW_BYTES}: a smaller size",
        )
    rows = max(LEAST_EPISODE, min(SHARD_ROWS, SHARD_BYTES // size))
    return DatasetInfo(**{**vars(info), "shard_frames": rows})


def row_bytes(info: DatasetInfo) -> int:
    """Bytes of one row's tensors."""
    return sum(np.dtype(dtype).itemsize * prod(shape) for dtype, shape in info.tensor_shapes().values())


@dataclass(frozen=True)
class Progress:
    """How far a recording is.

    Attributes:
        frames: rows on the disk. waiting: rows in memory. episodes: of both.
    """

    frames: int
    waiting: int
    episodes: int


class LiveDataset:
    """Takes rows in their order and writes shards of them. Not for several threads at once.

    Args:
        folder: of the dataset; made if missing.
        info: from ``live_info``.
        resume: go on with a dataset that is there.

    Raises:
        DatasetError: the folder holds another dataset, or one and ``resume`` is not set.
        StorageError: the folder cannot be written.
    """

    def __init__(self, folder: Path, info: DatasetInfo, *, resume: bool = False) -> None:
        self.info = info
        self._writer = DatasetWriter(folder, info, resume=resume)
        self._arrays: Arrays = {
            name: np.zeros((info.shard_frames, *shape), dtype)
            for name, (dtype, shape) in info.tensor_shapes().items()
        }
        self._rows = 0
        self._first = 0
        self._seeds: list[int] = []
        self._episode: int | None = None
        self._over = False

    @property
    def progress(self) -> Progress:
        written = sum(len(entry.episodes) for entry in self._writer.entries.values())
        return Progress(self._writer.frames, self._rows, written + len(self._seeds))

    @property
    def full(self) -> bool:
        """Whether the next row needs ``flush`` first."""
        return self._rows == self.info.shard_frames

    def cut(self) -> None:
        """What comes next does not follow from what came last: another game, or another connection."""
        self._episode = None

    def add(self, row: Row) -> None:
        """Takes one row; ``full`` must be false.

        Raises:
            RecordError: its numbers or sizes are not those of ``info``, or it goes on after the end.
            ControlError: a control that does not exist, or a value outside its range.
        """
        follows = row.episode == self._episode
        if self._episode is not None and row.episode < self._episode:
            raise RecordError(
                f"episode {row.episode} comes after {self._episode}", where="row.episode", fix="let it rise"
            )
        if follows and (self._over or row.dropped):
            what = "its episode has ended" if self._over else f"{row.dropped} ticks before it were dropped"
            raise RecordError(what, where="row.episode", fix="begin a new episode")
        parts = self._checked(row)
        if not follows or not self._seeds:
            self._begin(row)
        at = self._rows
        for name, array in parts.items():
            self._arrays[name][at] = array
        starts = at == self._first
        self._arrays["controls"][at] = 0.0 if starts else self._vector(row)
        self._arrays["reward"][at] = 0.0 if starts else row.reward
        self._arrays["ended"][at] = row.ended
        # Unique in the dataset, as the recorder's own are.
        self._arrays["episode"][at] = self._number() * self.info.shard_frames + self._first
        self._rows += 1
        self._over = row.ended

    def flush(self) -> int:
        """Writes the rows that wait, as one shard, and returns how many. An episode that goes on is cut here.

        Raises:
            StorageError: the disk is full; the rows still wait.
        """
        self._drop_short()
        count = self._rows
        if count:
            arrays = {name: array[:count] for name, array in self._arrays.items()}
            self._writer.write(self._number(), arrays, tuple(self._seeds))
        self._rows = self._first = 0
        self._seeds = []
        return count

    def _number(self) -> int:
        return max(self._writer.entries, default=-1) + 1

    def _begin(self, row: Row) -> None:
        self._drop_short()
        self._first = self._rows
        self._seeds.append(row.seed)
        self._episode = row.episode

    def _drop_short(self) -> None:
        if self._seeds and self._rows - self._first < LEAST_EPISODE:
            self._rows = self._first
            self._seeds.pop()

    def _vector(self, row: Row) -> NDArray[np.float32]:
        return self.info.controls.to_vector(self.info.controls.parse(row.controls))

    def _checked(self, row: Row) -> Arrays:
        """Pixels, variables and layers as arrays of the right shapes."""
        self.info.controls.parse(row.controls)
        shapes = self.info.tensor_shapes()
        parts: Arrays = {"pixels": _array("pixels", row.pixels, *shapes["pixels"])}
        values = np.zeros(len(self.info.variables), np.float32)
        for place, variable in enumerate(self.info.variables):
            value = row.variables.get(variable.name)
            if value is None or not variable.low <= value <= variable.high:
                raise RecordError(
                    "is missing" if value is None else f"is {value:g}",
                    where=f"row {row.seq}, variable {variable.name!r}",
                    fix=f"send {variable.low:g} to {variable.high:g} {variable.unit}".rstrip(),
                )
            values[place] = value
        parts["variables"] = values
        for layer in self.info.layers:
            parts[layer.name] = _array(layer.name, row.layers.get(layer.name), *shapes[layer.name])
        return parts


def _array(name: str, data: bytes | None, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    kind = np.dtype(dtype).newbyteorder("<")
    size = kind.itemsize * prod(shape)
    if data is None or len(data) != size:
        raise RecordError(
            "is missing" if data is None else f"has {len(data)} bytes",
            where=f"row, {name}",
            fix=f"send {size}: {dtype} {list(shape)}",
        )
    array: NDArray[Any] = np.frombuffer(data, kind).reshape(shape)
    if dtype != "uint8" and not np.isfinite(array).all():
        raise RecordError("holds a number that is not finite", where=f"row, {name}", fix="send finite ones")
    return array
