"""What a family offers so that ``worldsdk import`` can turn somebody's checkpoint into a pack of it.

A family that can be imported has a module ``checkpoint`` beside its entry point: with the entry point
``your_package:build`` it is ``your_package.checkpoint``. It defines what ``CheckpointReader`` lists. It sees
tensors and names, never files: reading, refusing and writing are the importer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from torch import Tensor

from worldsdk.controls import ControlSpec
from worldsdk.errors import CheckpointError
from worldsdk.models.registry import families

Tensors = Mapping[str, Tensor]
"""A checkpoint's tensors by its own names, wrappers' prefixes already stripped."""


def unchanged(name: str, tensor: Tensor) -> Tensor:
    """The usual ``Plan.convert``."""
    return tensor


@dataclass(frozen=True)
class Plan:
    """What is to become of a checkpoint.

    Attributes:
        config: the manifest's ``config``, inferred from the tensors' shapes (plain JSON).
        keys: the built model's own tensor name -> the file's name. Every name of the model's ``state_dict``
            must be here; those whose file name the file lacks are reported as missing. Several may share one.
        left_out: the file's names that are not used on purpose -> why, in a few words. What is neither here
            nor in ``keys`` is reported as unexpected.
        controls: what the world listens to, in the order of the model's control vector.
        rate_hz: the beat at which the original plays, ticks per second.
        steps: denoising steps a tick, as the original plays.
        title, summary: for people.
        display: suggested window, width and height in screen pixels.
        source: who made the model and where that is written.
        convert: (the model's own name, the file's tensor) -> the tensor as the model wants it.
    """

    config: Mapping[str, Any]
    keys: Mapping[str, str]
    controls: ControlSpec
    rate_hz: float
    steps: int
    title: str
    summary: str = ""
    display: tuple[int, int] = (0, 0)
    source: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    convert: Callable[[str, Tensor], Tensor] = unchanged


class CheckpointReader(Protocol):
    """The names that a family's ``checkpoint`` module defines. A module satisfies it as it is."""

    PREFIXES: tuple[str, ...]
    """What published files may have in front of these names (``"agent."``): stripped from every name that
    begins with it. What compilers and wrappers leave is stripped for every family: ``module.`` in front,
    ``_orig_mod.``, ``_checkpoint_wrapped_module.`` and ``_fsdp_wrapped_module.`` anywhere."""

    def recognise(self, tensors: Tensors) -> str:
        """One short phrase that says what of this family these tensors are, such as ``"DIAMOND, Atari, 4
        actions"``; empty where they are none of it. Looks at a few names and shapes and raises nothing."""

    def plan(self, tensors: Tensors, game: str) -> Plan:
        """How to turn these tensors into a model.

        Args:
            tensors: of all files given, under one another's names; no two files share a name.
            game: what the world is of, as the user said with ``--game``, else the file's name without its
                ending. A reader may ignore it.

        Raises:
            CheckpointError: a tensor that the config is inferred from is missing or has an impossible shape.
        """


def reader_of(family: str) -> CheckpointReader:
    """The checkpoint reader of an installed family.

    Raises:
        CheckpointError: no such family, or one that imports nothing.
    """
    known = families()
    if family not in known:
        raise CheckpointError(
            f"model family {family!r} is not installed", fix=f"those that can be imported are {readable()}"
        )
    home = _home(known[family].value)
    if home is None:
        raise CheckpointError(
            f"family {family!r} has no reader of checkpoints",
            fix=f"those that can be imported are {readable()}",
        )
    return cast(CheckpointReader, import_module(home))


def readable() -> list[str]:
    """Names of the installed families that checkpoints can be imported for, sorted."""
    return sorted(name for name, point in families().items() if _home(point.value) is not None)


def shape_of(tensors: Tensors, name: str, dims: int) -> tuple[int, ...]:
    """The shape of a tensor that a config is inferred from.

    Raises:
        CheckpointError: it is not there, or has not ``dims`` dimensions.
    """
    if name not in tensors:
        raise CheckpointError(
            f"tensor {name!r} is missing", fix="give the whole checkpoint, as it was published"
        )
    shape = tuple(tensors[name].shape)
    if len(shape) != dims:
        raise CheckpointError(f"tensor {name!r} has shape {shape}", fix=f"it should have {dims} dimensions")
    return shape


def _home(entry: str) -> str | None:
    """The module with the reader for an entry point's ``package.module:build``, if there is one."""
    package = entry.partition(":")[0]
    home = f"{package}.checkpoint"
    try:
        return home if find_spec(home) is not None else None
    except ModuleNotFoundError:
        # The entry point names a plain module, or a package that is gone.
        return None
