"""Clients of a world that runs elsewhere. Needs websockets, msgpack and numpy; torch is never imported.

``connect`` gives a ``RemoteWorld`` whose sessions have the verbs of local ones, and
``worldsdk.client.aio.connect`` is its asynchronous twin. ``worldsdk.client.gym`` makes Gymnasium environments
of both kinds of world.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldsdk.client.frames import RemoteFrame
    from worldsdk.client.session import RemoteSession
    from worldsdk.client.sync import RemoteWorld, connect

__all__ = ["RemoteFrame", "RemoteSession", "RemoteWorld", "connect"]

_HOMES = {
    "RemoteFrame": "worldsdk.client.frames",
    "RemoteSession": "worldsdk.client.session",
    "RemoteWorld": "worldsdk.client.sync",
    "connect": "worldsdk.client.sync",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'worldsdk.client' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
