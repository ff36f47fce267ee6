"""ursina: a world as a texture for any entity. ursina is built on Panda3D, and so is this.

::

    app = Ursina()
    feed = worldsdk.engines.load("doom-maze")
    screen = WorldScreen(feed, parent=camera.ui)           # or anywhere in the scene
    app.run()
"""

from __future__ import annotations

from typing import Any

from worldsdk.engines.feed import Feed
from worldsdk.engines.panda3d import WorldInput, WorldTexture
from worldsdk.errors import MissingExtraError

try:
    import ursina
except ImportError as error:
    raise MissingExtraError("ursina is not installed", fix="pip install 'worldsdk[ursina]'") from error


def texture_of(world: WorldTexture) -> Any:
    """An ``ursina.Texture`` of the same picture, for ``Entity(texture=...)``."""
    texture = ursina.Texture(world.texture, filtering=None)
    # ursina asks these of what it has loaded from a file; this has no file.
    texture.path = None
    texture._cached_image = None
    return texture


class WorldScreen(ursina.Entity):  # type: ignore[misc]
    """A quad that shows a world, as wide as the world's shape wants it, one unit high.

    Args:
        feed: closed when the entity is destroyed.
        plays: whether the player's keys and gamepads move the world.
        sharp: whether pixels stay squares when they are enlarged.
        entity: of ``ursina.Entity``: ``parent``, ``position``, ``scale``, ...

    Attributes:
        world: the ``WorldTexture``. feed: the world itself.
    """

    def __init__(self, feed: Feed, *, plays: bool = True, sharp: bool = True, **entity: Any) -> None:
        self.feed = feed
        self.world = WorldTexture(feed, sharp=sharp)
        self._hands = WorldInput(ursina.application.base, feed) if plays else None
        entity.setdefault("scale", (self.world.aspect, 1))
        super().__init__(model="quad", texture=texture_of(self.world), **entity)
        # Setting an entity's texture may choose another filter than the one that was asked for.
        self.texture.filtering = None if sharp else "bilinear"

    def update(self) -> None:
        """Called by ursina in each of its frames."""
        self.world.update()

    def on_destroy(self) -> None:
        """Called by ``ursina.destroy``."""
        if self._hands is not None:
            self._hands.end()
            self._hands = None
        self.feed.close()
