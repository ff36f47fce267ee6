"""worldsdk: an interactive world-model runtime.

``worldsdk.load(name_or_path)`` gives a ``World``; ``world.session(seed=...)`` a ``Session``;
``session.step({...})`` a ``Frame``. ``worldsdk.connect(url)`` gives the same of a world on a server.
Importing this package imports neither torch nor numpy: each name is fetched on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldsdk.client.session import RemoteSession
    from worldsdk.client.sync import RemoteWorld, connect
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
    "RemoteSession",
    "RemoteWorld",
    "Session",
    "Timing",
    "World",
    "WorldSDKError",
    "connect",
    "load",
]

_HOMES = {
    "Control": "worldsdk.controls",
    "ControlSpec": "worldsdk.controls",
    "Controls": "worldsdk.controls",
    "Frame": "worldsdk.frame",
    "RemoteSession": "worldsdk.client.session",
    "RemoteWorld": "worldsdk.client.sync",
    "Session": "worldsdk.runtime.session",
    "Timing": "worldsdk.frame",
    "World": "worldsdk.runtime.world",
    "WorldSDKError": "worldsdk.errors",
    "connect": "worldsdk.client.sync",
    "load": "worldsdk.runtime.world",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'worldsdk' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
