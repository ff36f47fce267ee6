"""pygame: a world as a surface, and pygame's events as the player's hands.

::

    world = WorldSurface(worldsdk.engines.load("doom-maze"))
    while running:
        for event in pygame.event.get():
            world.handle(event)
        world.update()
        world.draw(screen)
        pygame.display.flip()

Works with pygame and pygame-ce.
"""

from __future__ import annotations

import numpy as np
import pygame
from numpy.typing import NDArray

from worldsdk.engines.feed import Feed
from worldsdk.engines.picture import Picture
from worldsdk.pixels import Method, upscale, warm_up
from worldsdk.play.keys import code_of
from worldsdk.play.pads import Gamepads
from worldsdk.play.window import fit


class WorldSurface(Picture):
    """The newest frame, as a surface that stays the same object.

    Args:
        feed: closed with this.
        method: how ``draw`` enlarges: ``"edge"``, ``"bilinear"`` or ``"nearest"``.
        pads: whether gamepads are opened; ``pygame.display`` must be initialised then.

    Attributes:
        surface: of the world's own size, RGB, 24 bits.
        looks: whether the mouse turns the world; mostly together with ``pygame.event.set_grab(True)``.
    """

    def __init__(self, feed: Feed, *, method: Method = "edge", pads: bool = True) -> None:
        super().__init__(feed)
        self.method: Method = method
        self.looks = False
        self._pixels = np.zeros((feed.height, feed.width, 3), np.uint8)
        # Surface and array share their memory: showing a frame is one copy into it.
        self.surface = pygame.image.frombuffer(self._pixels.data, (feed.width, feed.height), "RGB")
        self._large = self._pixels
        self._enlarged = self.surface
        self._stale = True
        self._pads = Gamepads() if pads else None
        warm_up()

    def _show(self, pixels: NDArray[np.uint8]) -> None:
        np.copyto(self._pixels, pixels)
        self._stale = True

    def draw(self, target: pygame.Surface, area: pygame.Rect | None = None) -> pygame.Rect:
        """Draws the picture as large as fits into ``area``, all of ``target`` by default.

        Returns where it lies. What is beside it is left as it was.
        """
        within = target.get_rect() if area is None else area
        place = fit(within.size, self.feed.height, self.feed.width).move(within.topleft)
        if self._large.shape[:2] != (place.height, place.width):
            self._large = np.empty((place.height, place.width, 3), np.uint8)
            self._enlarged = pygame.image.frombuffer(self._large.data, place.size, "RGB")
            self._stale = True
        if self._stale:
            upscale(self._pixels, place.height, place.width, self.method, self._large)
            self._stale = False
        target.blit(self._enlarged, place)
        return place

    def handle(self, event: pygame.event.Event) -> bool:
        """Passes an event on. Whether it was a key, a pad or a motion that the world listens to."""
        feed = self.feed
        if event.type in (pygame.KEYDOWN, pygame.KEYUP):
            code = code_of(event)
            if code is None:
                return False
            feed.key(code, event.type == pygame.KEYDOWN)
            return any(code in control.keys for control in feed.controls)
        if event.type == pygame.MOUSEMOTION and self.looks:
            feed.mouse(*event.rel)
            return any(control.mouse is not None for control in feed.controls)
        if event.type == pygame.WINDOWFOCUSLOST:
            feed.release_all()
        told = self._pads.translate(event) if self._pads is not None else None
        if told is None:
            return False
        feed.pad(*told)
        return any(told[0] in control.pad for control in feed.controls)

    def close(self) -> None:
        """Ends the world and lets the gamepads go."""
        if self._pads is not None:
            self._pads.close()
            self._pads = None
        self.feed.close()
