"""What ``dataset.json`` says: one dataclass per part, checked when read.

``docs/dataset.md`` is the prose of this file; keep both in step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from worldsdk.controls import ControlSpec
from worldsdk.errors import DatasetError, WorldSDKError
from worldsdk.models.interface import Variable
from worldsdk.packs.storage import atomic_file

FORMAT = "worldsdk-dataset"
VERSION = 1
INFO_FILE = "dataset.json"
INDEX_FILE = "index.jsonl"
SHARD_FRAMES = 4096

LAYER_DTYPES = ("uint8", "float16", "float32")


@dataclass(frozen=True)
class LayerInfo:
    """A tensor recorded beside the pixels, one entry per frame.

    Attributes:
        name: also its name in the shards; ``depth``, ``labels``, ``grid``, ...
        dtype: one of ``LAYER_DTYPES``.
        shape: of one frame's entry, ``(H, W)`` for per-pixel layers.
        low, high: range of the values, in ``unit``.
        unit: ``map units``; ``class`` where the values are indices into ``classes``; ``thing`` where each row
            is an object and its first column an index into ``classes``.
        classes: names of the classes, index 0 first; empty for measured values.
        help: what the values mean and where they stop being exact.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    low: float
    high: float
    unit: str = ""
    classes: tuple[str, ...] = ()
    help: str = ""

    def __post_init__(self) -> None:
        if self.dtype not in LAYER_DTYPES:
            raise DatasetError(
                f"dtype is {self.dtype!r}", where=f"layer {self.name!r}", fix=f"use one of {LAYER_DTYPES}"
            )
        if self.name in RESERVED:
            raise DatasetError(
                "name is taken by the format", where=f"layer {self.name!r}", fix="choose another name"
            )


RESERVED = frozenset({"pixels", "controls", "variables", "reward", "ended", "episode"})


@dataclass(frozen=True)
class GameInfo:
    """What a game is, apart from its frames.

    Attributes:
        game: id of what was recorded, e.g. ``doom-field``.
        settings: the game's own settings, plain JSON.
        height, width: of the pixels.
        controls: the control spec; ``controls`` tensors hold ``ControlSpec.to_vector``.
        variables: state variables, in the order of the ``variables`` tensors' columns.
        layers: extra tensors.
        rate_hz: ticks per second of the game.
        licence: SPDX expression or a sentence for what the pixels show.
        notices: file name -> text that must travel with the data and with weights trained on it.
        versions: package -> version that runs it.
    """

    game: str
    height: int
    width: int
    controls: ControlSpec
    variables: tuple[Variable, ...] = ()
    layers: tuple[LayerInfo, ...] = ()
    rate_hz: float = 0.0
    licence: str = ""
    notices: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetInfo(GameInfo):
    """Everything about a dataset that does not change from frame to frame.

    Attributes:
        recorder: how it was recorded (seed, policy, episode length), plain JSON.
        shard_frames: frames of a full shard.
    """

    recorder: Mapping[str, Any] = field(default_factory=dict)
    shard_frames: int = SHARD_FRAMES

    def tensor_shapes(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Tensor name -> (dtype, shape of one frame's entry) of every tensor in a shard."""
        shapes: dict[str, tuple[str, tuple[int, ...]]] = {
            "pixels": ("uint8", (self.height, self.width, 3)),
            "controls": ("float32", (len(self.controls),)),
            "variables": ("float32", (len(self.variables),)),
            "reward": ("float32", ()),
            "ended": ("uint8", ()),
            "episode": ("int32", ()),
        }
        for layer in self.layers:
            shapes[layer.name] = (layer.dtype, layer.shape)
        return shapes

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "game": self.game,
            "height": self.height,
            "width": self.width,
            "rate_hz": self.rate_hz,
            "controls": self.controls.to_json(),
            "variables": [asdict(variable) for variable in self.variables],
            "layers": [asdict(layer) for layer in self.layers],
            "licence": self.licence,
            "notices": dict(self.notices),
            "settings": dict(self.settings),
            "recorder": dict(self.recorder),
            "versions": dict(self.versions),
            "shard_frames": self.shard_frames,
        }

    @classmethod
    def from_json(cls, data: Any, where: str = INFO_FILE) -> DatasetInfo:
        """Raises DatasetError where ``to_json``'s form is not met or the version is another."""
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise DatasetError(
                "is not a dataset description", where=where, fix=f'"format" must be "{FORMAT}"'
            )
        if data.get("version") != VERSION:
            raise DatasetError(
                f"format version is {data.get('version')!r}", where=where, fix=f"this build reads {VERSION}"
            )
        try:
            info = cls(
                game=str(data["game"]),
                height=int(data["height"]),
                width=int(data["width"]),
                controls=ControlSpec.from_json(data["controls"]),
                variables=tuple(Variable(**item) for item in data["variables"]),
                layers=tuple(
                    LayerInfo(**{**item, "shape": tuple(item["shape"]), "classes": tuple(item["classes"])})
                    for item in data["layers"]
                ),
                rate_hz=float(data["rate_hz"]),
                licence=str(data["licence"]),
                notices=dict(data["notices"]),
                settings=dict(data["settings"]),
                recorder=dict(data["recorder"]),
                versions=dict(data["versions"]),
                shard_frames=int(data["shard_frames"]),
            )
        except KeyError as error:
            raise DatasetError(f"field {error} is missing", where=where, fix="record it again") from error
        except (TypeError, ValueError) as error:
            raise DatasetError(f"a field has the wrong type ({error})", where=where) from error
        except DatasetError:
            raise
        except WorldSDKError as error:
            raise DatasetError(str(error), where=where) from error
        if info.height < 1 or info.width < 1 or info.shard_frames < 1:
            raise DatasetError("height, width and shard_frames must be at least 1", where=where)
        return info

    def save(self, folder: Path) -> None:
        """Writes ``dataset.json``. Raises StorageError."""
        with atomic_file(folder / INFO_FILE) as file:
            file.write((json.dumps(self.to_json(), indent=1) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> DatasetInfo:
        """Reads ``dataset.json`` of ``folder``.

        Raises:
            DatasetError: it is missing, not JSON, or not of this format.
        """
        path = folder / INFO_FILE
        try:
            data = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise DatasetError(
                f"there is no {INFO_FILE}", where=str(folder), fix="give a folder made by `worldsdk record`"
            ) from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise DatasetError(f"cannot be read ({error})", where=str(path), fix="record it again") from error
        return cls.from_json(data, str(path))
