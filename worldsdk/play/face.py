"""What the window says about a world, whether it runs here or on a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from worldsdk.client.sync import RemoteWorld

if TYPE_CHECKING:
    from worldsdk.runtime.world import World


@dataclass(frozen=True)
class Face:
    """Attributes: name, title, summary: of the world. area: window size it suggests, or None.
    device: what it runs on."""

    name: str
    title: str
    summary: str
    area: tuple[int, int] | None
    device: str


def face_of(world: World | RemoteWorld) -> Face:
    """Of a loaded or a connected world."""
    if isinstance(world, RemoteWorld):
        return Face(world.name, world.title, world.summary, None, f"server {world.url}")
    manifest, display = world.manifest, world.manifest.display
    area = (display.width, display.height) if display.width and display.height else None
    return Face(manifest.name, manifest.title, manifest.summary, area, str(world.device))
