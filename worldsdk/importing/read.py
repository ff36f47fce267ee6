"""The tensors of a checkpoint's files under their plain names. Nothing in a file is run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from worldsdk.errors import CheckpointError
from worldsdk.importing.sniff import kind_of

WRAPPERS = ("_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module")
"""Parts of names that compilers and wrappers put in, wherever they stand."""

FRONT = "module"
"""What data parallelism puts in front of names; further back it may be somebody's own word."""

PARTS = ("state_dict", "model_state_dict", "model", "agent", "network", "weights", "ema", "module")
"""What training scripts call the tensors among the other things that they save."""


@dataclass
class Found:
    """What was in one or more files.

    Attributes:
        tensors: by name; the file's own, or from ``without`` on the plain one.
        stripped: prefix -> from how many names.
        parts: file -> the entry that the tensors were below, where they were below one.
        beside: names of entries that are no tensors.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    stripped: Counter[str] = field(default_factory=Counter)
    parts: dict[str, str] = field(default_factory=dict)
    beside: list[str] = field(default_factory=list)

    def without(self, prefixes: Sequence[str]) -> Found:
        """The same under plain names: what wrappers put in is gone, and ``prefixes`` at the front.

        Raises CheckpointError where two names become one.
        """
        plain = Found(parts=self.parts, beside=self.beside)
        for name, tensor in self.tensors.items():
            short, gone = strip(name, prefixes)
            if short in plain.tensors:
                raise CheckpointError(
                    f"tensor {short!r} is there twice: once below {gone}",
                    fix="give one model; --part chooses an entry of a file",
                )
            plain.tensors[short] = tensor
            plain.stripped.update(gone)
        return plain


def read_files(files: Sequence[Path], part: str | None = None) -> Found:
    """Reads all files as one checkpoint, under their own names.

    Args:
        part: which entry of the file's top level holds the tensors, where there is more than one that could.

    Raises:
        CheckpointError: a file that is none, is damaged, or holds more than tensors and plain values; a name
            that comes twice.
    """
    found = Found()
    for path in files:
        if kind_of(path) == "safetensors":
            named: Mapping[Any, Any] = _safetensors(path)
        else:
            named = _below(_torch(path), path, part, found)
        for name, tensor in named.items():
            if not isinstance(tensor, Tensor):
                found.beside.append(str(name))
                continue
            if name in found.tensors:
                raise CheckpointError(
                    f"tensor {name!r} is in two files",
                    where=str(path),
                    fix="give each file once, and files of one model",
                )
            found.tensors[str(name)] = tensor
    if not found.tensors:
        raise CheckpointError(
            f"holds no tensors, but {found.beside[:5]}",
            where=", ".join(map(str, files)),
            fix="give a checkpoint as torch.save(model.state_dict()) writes it",
        )
    return found


def strip(name: str, prefixes: Sequence[str] = ()) -> tuple[str, list[str]]:
    """``name`` without what wrappers put in and without ``prefixes`` in front; and what was taken away."""
    pieces = name.split(".")
    gone = [f"{piece}." for piece in pieces if piece in WRAPPERS]
    name = ".".join(piece for piece in pieces if piece not in WRAPPERS)
    while True:
        prefix = next((p for p in (f"{FRONT}.", *prefixes) if name.startswith(p)), None)
        if prefix is None:
            return name, gone
        name = name.removeprefix(prefix)
        gone.append(prefix)


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError, OSError) as error:
        raise CheckpointError(
            f"is a damaged safetensors file ({error})", where=str(path), fix="download it again"
        ) from error


def _torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # which ones depends on the damage and on the version of torch
        said = str(error)
        code = re.search(r"GLOBAL (\S+)", said) or re.search(r"`(\S+?)` (?:was|is) not", said)
        if code is not None:
            raise CheckpointError(
                f"would run code when loaded ({code[1]})",
                where=str(path),
                fix="only tensors and plain values are read: save model.state_dict() alone",
            ) from error
        first = said.strip().splitlines()[0][:160] if said.strip() else type(error).__name__
        raise CheckpointError(
            f"is a damaged file of torch.save, or a pickle of something else ({first})",
            where=str(path),
            fix="download it again",
        ) from error


def _below(data: Any, path: Path, part: str | None, found: Found) -> Mapping[Any, Any]:
    """The mapping of tensors in what a file held, which may be below an entry of it."""
    if not isinstance(data, Mapping):
        raise CheckpointError(
            f"holds a {type(data).__name__}, not named tensors",
            where=str(path),
            fix="give a checkpoint as torch.save(model.state_dict()) writes it",
        )
    inner = {str(name): value for name, value in data.items() if _holds_tensors(value)}
    if part is None and any(isinstance(value, Tensor) for value in data.values()):
        return data
    likely = [part] if part is not None else ([name for name in PARTS if name in inner] or list(inner))
    if len(likely) > 1:
        raise CheckpointError(
            f"tensors are below {likely}", where=str(path), fix="say which are meant with --part"
        )
    if not likely or likely[0] not in inner:
        has = sorted(inner) or sorted(map(str, data))[:8]
        wanted = f"no entry {part!r} with tensors" if part is not None else "no tensors"
        raise CheckpointError(
            f"has {wanted}; it has {has}",
            where=str(path),
            fix="give a checkpoint as torch.save(model.state_dict()) writes it",
        )
    found.parts[path.name] = likely[0]
    found.beside += [str(name) for name in data if str(name) != likely[0]]
    chosen: Mapping[Any, Any] = inner[likely[0]]
    return chosen


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, Mapping) and any(isinstance(item, Tensor) for item in value.values())
