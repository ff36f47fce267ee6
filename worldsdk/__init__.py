"""worldsdk: an interactive world-model runtime.

``worldsdk.load(name_or_path)`` gives a ``World``; ``world.session(seed=...)`` a ``Session``;
``session.step({...})`` a ``Frame``. Importing this package imports neither torch nor numpy: each name is
fetched on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldsdk.controls import Control, Controls, ControlSpec
    from worldsdk.errors import WorldSDKError
    from worldsdk.frame import Frame, Timing
    from worldsdk.runtime.session import Session
    from worldsdk.runtime.world import World, load

__all__ = [
    "Control",
    "ControlSpec",
    "Controls",
    "Frame",
    "Session",
    "Timing",
    "World",
    "WorldSDKError",
    "load",
]

_HOMES = {
    "Control": "worldsdk.controls",
    "ControlSpec": "worldsdk.controls",
    "Controls": "worldsdk.controls",
    "Frame": "worldsdk.frame",
    "Session": "worldsdk.runtime.session",
    "Timing": "worldsdk.frame",
    "World": "worldsdk.runtime.world",
    "WorldSDKError": "worldsdk.errors",
    "load": "worldsdk.runtime.world",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'worldsdk' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
