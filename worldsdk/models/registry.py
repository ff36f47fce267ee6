"""Finding a model family by the name a pack's manifest gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, cast

from worldsdk.errors import PackError
from worldsdk.models.interface import WorldModel

ENTRY_POINT_GROUP = "worldsdk.families"
"""Installed packages add families here: ``name = "package.module:build"``."""

Builder = Callable[[Mapping[str, Any]], WorldModel]


def families() -> dict[str, Any]:
    """Name -> entry point of every installed family, ours included (they are declared in pyproject.toml)."""
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def build_model(family: str, config: Mapping[str, Any]) -> WorldModel:
    """Builds a family's model with fresh weights from a manifest's ``config``.

    Raises:
        PackError: an unknown family, or a config that it cannot be built from.
    """
    known = families()
    if family not in known:
        raise PackError(f"model family {family!r} is not installed", fix=f"installed are {sorted(known)}")
    build = cast(Builder, known[family].load())
    try:
        return build(config)
    except (TypeError, ValueError, KeyError) as error:
        raise PackError(f"config does not fit family {family!r} ({error})", where="config") from error
