"""The manifest of a world pack: ``pack.json`` as a value, read strictly.

A manifest promises the size and SHA-256 of every other file of its pack, so its own digest stands for
the whole pack. Nothing in it is code: it names a model family and gives that family's settings.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, cast

from worldsdk.controls import ControlSpec
from worldsdk.errors import ControlSpecError, PackError

FORMAT = 1
"""Version of the pack layout that this build reads and writes."""

MANIFEST_NAME = "pack.json"
WEIGHTS_NAME = "weights.safetensors"
STARTS_NAME = "starts.safetensors"

Idle = Literal["noop", "repeat", "pause"]
IDLE_POLICIES = ("noop", "repeat", "pause")

_PACK_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileEntry:
    """What the manifest promises of one file: its SHA-256 in hex and its size in bytes."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> FileEntry:
        return cls(hashlib.sha256(content).hexdigest(), len(content))


@dataclass(frozen=True)
class Display:
    """How the pack's author would show the world.

    Attributes:
        width, height: suggested window size in screen pixels; 0 where there is no suggestion.
        notes: a sentence for whoever builds a display (aspect of the pixels, what to expect).
    """

    width: int = 0
    height: int = 0
    notes: str = ""


@dataclass(frozen=True)
class Manifest:
    """All that a pack says about itself.

    Attributes:
        name: lower-case letters, digits and dashes; what ``worldsdk.load`` is given.
        version: the pack's own version, any text.
        title, summary: for people.
        family: model family, as installed under the entry point group ``worldsdk.families``.
        config: that family's settings (plain JSON).
        controls: what the world listens to; the order is that of the model's control vector.
        rate_hz: the world's own beat, ticks per second.
        idle: what a live session does at a tick without input: no-op, repeat the last, or pause.
        default_steps: denoising steps a tick, where no clock says otherwise.
        display: suggestion for showing it.
        licence: SPDX expression of the pack's weights and starts.
        notices: names of pack files that must travel with it (attributions, licences of the art).
        provenance: how it came to be: data, recipe, hardware, minutes, frames seen (plain JSON).
        files: name -> promise; filled in by ``save_pack``.
        format: version of the layout.
    """

    name: str
    version: str
    title: str
    family: str
    config: Mapping[str, Any]
    controls: ControlSpec
    rate_hz: float
    licence: str
    summary: str = ""
    idle: Idle = "noop"
    default_steps: int = 1
    display: Display = Display()
    notices: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            _refuse("format", f"is {self.format!r}", f"this build reads format {FORMAT}")
        if not _PACK_NAME.fullmatch(self.name):
            _refuse("name", f"is {self.name!r}", "use lower-case letters, digits and dashes")
        if not (math.isfinite(self.rate_hz) and 0.0 < self.rate_hz <= 1000.0):
            _refuse("rate_hz", f"is {self.rate_hz}", "give ticks per second, above 0 and up to 1000")
        if self.idle not in IDLE_POLICIES:
            _refuse("idle", f"is {self.idle!r}", f"use one of {list(IDLE_POLICIES)}")
        if self.default_steps < 1:
            _refuse("default_steps", f"is {self.default_steps}", "give at least 1")
        if min(self.display.width, self.display.height) < 0:
            _refuse("display", "has a negative size", "give pixels, or 0 for no suggestion")
        for name, entry in self.files.items():
            _check_file(name, entry)
        if self.files:
            lacking = {WEIGHTS_NAME, STARTS_NAME, *self.notices} - set(self.files)
            if lacking:
                _refuse("files", f"does not list {sorted(lacking)}", "list every file of the pack")

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical manifest, so over every listed file's content too."""
        return hashlib.sha256(_dump(self.to_json(), None).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        display = self.display
        return {
            "format": self.format,
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "summary": self.summary,
            "family": self.family,
            "config": dict(self.config),
            "controls": self.controls.to_json(),
            "rate_hz": self.rate_hz,
            "idle": self.idle,
            "default_steps": self.default_steps,
            "display": {"width": display.width, "height": display.height, "notes": display.notes},
            "licence": self.licence,
            "notices": list(self.notices),
            "provenance": dict(self.provenance),
            "files": {n: {"sha256": e.sha256, "bytes": e.size} for n, e in sorted(self.files.items())},
        }

    def to_bytes(self) -> bytes:
        """``pack.json`` as written to disk. Raises PackError where a value is not plain finite JSON."""
        return (_dump(self.to_json(), 2) + "\n").encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Raises PackError naming the field that is missing, unknown, or of the wrong type or value."""
        try:
            data = json.loads(raw.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_doubles)
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise PackError(f"is not readable JSON ({error})", where=MANIFEST_NAME) from error
        return cls.from_json(data)

    @classmethod
    def from_json(cls, data: object) -> Manifest:
        """As ``from_bytes``, from parsed JSON."""
        if not isinstance(data, Mapping):
            raise PackError("is not a JSON object", where=MANIFEST_NAME)
        # The version decides what the other fields may be, so it is read before they are judged.
        if _get(data, "format", int) != FORMAT:
            _refuse("format", f"is {data['format']}", f"this build reads format {FORMAT}")
        unknown = sorted(set(data) - set(cls.__dataclass_fields__))
        if unknown:
            _refuse(
                str(unknown[0]), "is not a field of format 1", f"fields: {list(cls.__dataclass_fields__)}"
            )
        display = _get(data, "display", Mapping)
        try:
            controls = ControlSpec.from_json(_get(data, "controls", list))
        except (ControlSpecError, TypeError, AttributeError) as error:
            raise PackError(f"controls cannot be read ({error})", where=MANIFEST_NAME) from error
        return cls(
            name=_get(data, "name", str),
            version=_get(data, "version", str),
            title=_get(data, "title", str),
            summary=_get(data, "summary", str),
            family=_get(data, "family", str),
            config=dict(_get(data, "config", Mapping)),
            controls=controls,
            rate_hz=float(_get(data, "rate_hz", (int, float))),
            idle=cast(Idle, _get(data, "idle", str)),
            default_steps=_get(data, "default_steps", int),
            display=Display(
                _get(display, "width", int), _get(display, "height", int), _get(display, "notes", str)
            ),
            licence=_get(data, "licence", str),
            notices=tuple(str(name) for name in _get(data, "notices", list)),
            provenance=dict(_get(data, "provenance", Mapping)),
            files=_read_files(_get(data, "files", Mapping)),
        )


def check_file_name(name: str) -> None:
    """Raises PackError for a name that could leave the pack's folder or clash with its manifest."""
    if not _FILE_NAME.fullmatch(name) or name == MANIFEST_NAME:
        raise PackError(
            f"file name {name!r} is not allowed",
            where=MANIFEST_NAME,
            fix="use a plain name of letters, digits, dots, dashes and underscores",
        )


def _check_file(name: str, entry: FileEntry) -> None:
    check_file_name(name)
    if not _SHA256.fullmatch(entry.sha256) or entry.size < 0:
        _refuse(f"files[{name!r}]", "is malformed", "give 64 hex digits of SHA-256 and a size in bytes")


def _read_files(data: Mapping[str, Any]) -> dict[str, FileEntry]:
    files = {}
    for name, entry in data.items():
        if not isinstance(entry, Mapping) or set(entry) != {"sha256", "bytes"}:
            _refuse(f"files[{name!r}]", "is malformed", "give an object with sha256 and bytes")
        files[str(name)] = FileEntry(_get(entry, "sha256", str), _get(entry, "bytes", int))
    if not files:
        _refuse("files", "is empty", "list every file of the pack")
    return files


def _get(data: Mapping[str, Any], key: str, kind: Any) -> Any:
    if key not in data:
        _refuse(key, "is missing", "add it")
    value = data[key]
    # JSON's true and false are ints to Python, and never what a number field means.
    if not isinstance(value, kind) or isinstance(value, bool):
        _refuse(key, f"has the wrong type ({type(value).__name__})", "see the documentation of pack.json")
    return value


def _refuse(field_name: str, what: str, fix: str) -> NoReturn:
    raise PackError(f"{field_name} {what}", where=MANIFEST_NAME, fix=fix)


def _dump(data: Mapping[str, Any], indent: int | None) -> str:
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        return json.dumps(
            data,
            sort_keys=indent is None,
            indent=indent,
            separators=separators,
            ensure_ascii=False,
            allow_nan=False,
        )
    except (TypeError, ValueError) as error:
        raise PackError(f"holds a value that is not plain JSON ({error})", where=MANIFEST_NAME) from error


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("an object names a key twice")
    return data
