"""Worlds inside Python's game engines: pygame, Panda3D, ursina, Arcade.

An engine's loop belongs to the engine. A ``Feed`` runs a world beside it, here or on a server, and is looked
at once in each of the engine's frames::

    feed = worldsdk.engines.load("doom-maze", seed=7)          # in this process, on a thread of its own
    feed = worldsdk.engines.connect("localhost:8765")          # on a server

    feed.key("KeyW", True)          # what the player does; adapters pass on the engine's own events
    frame = feed.update()           # the frame to show from now on, or None where the last one stays

Adapters, each of which needs its engine and nothing else: ``worldsdk.engines.pygame``, ``.panda3d``,
``.ursina`` and ``.arcade``. Pages for each are in docs/engines/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worldsdk.engines.feed import Feed

if TYPE_CHECKING:
    from pathlib import Path

    from worldsdk.engines.local import LocalFeed
    from worldsdk.engines.remote import RemoteFeed

__all__ = ["Feed", "connect", "load"]


def load(
    name: str | Path, *, device: str = "auto", seed: int = 0, start: int = 0, **options: Any
) -> LocalFeed:
    """A world in this process.

    Args:
        name: of a bundled world, or a pack's folder.
        device, seed, start: as for ``worldsdk.load`` and ``World.session``.
        options: of ``LocalFeed``.

    Raises:
        WorldSDKError: as ``worldsdk.load`` and ``World.session``.
    """
    import worldsdk
    from worldsdk.engines.local import LocalFeed

    return LocalFeed(worldsdk.load(name, device=device).session(seed=seed, start=start), **options)


def connect(
    url: str, *, seed: int | None = None, start: int | None = None, warp: bool = True, **options: Any
) -> RemoteFeed:
    """A world on a server, in real time.

    Args:
        url: ``localhost:8765`` will do.
        seed, start: as for ``RemoteWorld.session``.
        warp: whether late frames are bridged by turning the last one with the camera.
        options: of ``worldsdk.connect``: ``room``, ``token``, ``codecs``, ``layers``, ...

    Raises:
        WorldSDKError: as ``worldsdk.connect``.
    """
    import worldsdk
    from worldsdk.engines.remote import RemoteFeed

    world = worldsdk.connect(url, mode="realtime", **options)
    try:
        return RemoteFeed(world.session(seed, start), warp=warp)
    except BaseException:
        world.close()
        raise
