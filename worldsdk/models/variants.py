"""What can be chosen about a family's model: number formats, what is computed again, how it is made ready.

A family says what it has in a module ``variants`` beside its entry point: with the entry point
``your_package:build`` it is ``your_package.variants``. It defines

    def variants(config: Mapping[str, Any], device: torch.device) -> Sequence[Variant]

where ``config`` is the pack's, and says of each why ``device`` lacks it, if so. Whatever any model can be
asked for is in ``common``; where a family names one of those, its own counts. A family without such a module
has the common ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

import torch

from worldsdk.errors import PackError
from worldsdk.models.precision import has_bfloat16
from worldsdk.models.registry import families

FORMAT = "number format"
ORDER = "memory order"
COMPILED = "compiled"
GRAPHS = "CUDA graphs"
SIZE = "frame size"

NEEDS_GPU = "needs a GPU"
NO_BFLOAT16 = "this machine is not faster in bfloat16"


Offer = Callable[[Mapping[str, Any], torch.device], "Sequence[Variant]"]


@dataclass(frozen=True)
class Ready:
    """How ``models.optimise`` makes a model ready.

    Attributes:
        quick: faster equals of its parts, where the device is fast in bfloat16.
        channels_last: plain convolutions keep a pixel's channels side by side.
        compiled: ``denoise`` goes through ``torch.compile``; as it is written, so not with ``quick``.
        graphs: ... and what was compiled is replayed as CUDA graphs.
    """

    quick: bool = True
    channels_last: bool = True
    compiled: bool = False
    graphs: bool = False


@dataclass(frozen=True)
class Variant:
    """One choice.

    Attributes:
        name: what ``worldsdk.load(variant=...)`` is given; without ``+``, which joins names.
        toggle: what it is a choice of.
        config: what changes in the pack's config.
        ready: what changes in how the model is made ready: names of ``Ready`` -> values.
        missing: why it cannot be had here; empty where it can.
    """

    name: str
    toggle: str
    config: Mapping[str, Any] = field(default_factory=dict)
    ready: Mapping[str, bool] = field(default_factory=dict)
    missing: str = ""

    def prepared(self) -> Ready:
        """The whole of how the model is made ready."""
        return replace(Ready(), **self.ready)


DEFAULT = Variant("default", "")
"""The pack as it is."""


def join(variants: Sequence[Variant]) -> Variant:
    """All of them together; where two change the same, the later counts."""
    if not variants:
        return DEFAULT
    config = {name: value for variant in variants for name, value in variant.config.items()}
    ready = {name: value for variant in variants for name, value in variant.ready.items()}
    missing = next((variant.missing for variant in variants if variant.missing), "")
    return Variant(
        "+".join(v.name for v in variants), " and ".join(v.toggle for v in variants), config, ready, missing
    )


def variants_of(family: str, config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    """All that can be chosen for a pack of that family, what cannot be had here included.

    Raises:
        PackError: the family is not installed, or its module of variants cannot be used.
    """
    own = _own(family, config, device)
    named = {variant.name for variant in own}
    if len(named) < len(own) or any("+" in name or not name for name in named):
        raise PackError(f"family {family!r} names its variants twice or badly", fix="each its own, without +")
    return own + [variant for variant in common(device) if variant.name not in named]


def find_variant(name: str, known: Sequence[Variant]) -> Variant:
    """The variant of that name, or the one that names joined by ``+`` stand for.

    Raises:
        PackError: no such variant, or one that cannot be had here.
    """
    by_name = {DEFAULT.name: DEFAULT} | {variant.name: variant for variant in known}
    parts = []
    for part in name.split("+"):
        if part not in by_name:
            raise PackError(
                f"there is no variant {part!r}",
                fix=f"use one of {[n for n, v in by_name.items() if not v.missing]}, or several joined by +",
            )
        if by_name[part].missing:
            raise PackError(f"variant {part!r} cannot be had: {by_name[part].missing}", fix="leave it out")
        parts.append(by_name[part])
    return join(parts) if len(parts) > 1 else parts[0]


def smaller_frames(width: int, height: int, fine: int, samples: int) -> list[Variant]:
    """Frames less fine than ``fine`` times width x height, down to those: wherever ``samples`` divide."""
    less = [factor for factor in range(1, fine) if samples % factor == 0]
    return [Variant(f"{width * factor}x{height * factor}", SIZE, {"fine": factor}) for factor in less]


def common(device: torch.device) -> list[Variant]:
    """What any model can be asked for, and what was asked for so often that its absence is said."""
    none = "this family has no such form"
    cuda = device.type == "cuda"
    return [
        Variant("float32", FORMAT, ready={"quick": False}),
        Variant(
            "bfloat16", FORMAT, ready={"quick": True}, missing="" if has_bfloat16(device) else NO_BFLOAT16
        ),
        Variant("int8", FORMAT, missing=none),
        Variant("int4", FORMAT, missing=none),
        Variant("contiguous", ORDER, ready={"quick": False, "channels_last": False}),
        Variant("compiled", COMPILED, ready={"quick": False, "compiled": True}, missing=_no_compiler(device)),
        Variant(
            "graphs",
            GRAPHS,
            ready={"quick": False, "compiled": True, "graphs": True},
            missing=(_no_compiler(device) if cuda else NEEDS_GPU),
        ),
    ]


def _own(family: str, config: Mapping[str, Any], device: torch.device) -> list[Variant]:
    known = families()
    if family not in known:
        raise PackError(f"model family {family!r} is not installed", fix=f"installed are {sorted(known)}")
    name = f"{known[family].module}.variants"
    # Not by catching ImportError, which would hide one that is raised inside.
    try:
        if find_spec(name) is None:
            return []
    except ModuleNotFoundError:
        return []
    offered = cast(Offer, import_module(name).variants)
    try:
        return list(offered(config, device))
    except (TypeError, ValueError, KeyError) as error:
        raise PackError(f"config does not fit family {family!r} ({error})", where="config") from error


def _no_compiler(device: torch.device) -> str:
    """Why nothing can be compiled; empty where it can."""
    if device.type == "cuda":
        return "" if find_spec("triton") is not None else "triton is not installed"
    names = (os.environ.get("CXX", ""), "g++", "clang++", "cl")
    return "" if any(shutil.which(name) for name in names if name) else "there is no C++ compiler here"
