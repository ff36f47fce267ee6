"""The window: shows one frame, fitted and enlarged, and whatever panels lie over it."""

from __future__ import annotations

import os
import sys

import numpy as np
import pygame
from numpy.typing import NDArray

from worldsdk.errors import DisplayError
from worldsdk.pixels import Method, upscale
from worldsdk.play import theme

DEFAULT_AREA = (960, 720)
SMALLEST = (320, 240)


def has_display() -> bool:
    """Whether a window can be asked for. On Linux that needs an X or Wayland display, or a chosen driver."""
    if os.environ.get("SDL_VIDEODRIVER") or not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def fit(area: tuple[int, int], height: int, width: int) -> pygame.Rect:
    """The largest rectangle of a ``height`` x ``width`` picture's shape inside ``area``, centred."""
    scale = min(area[0] / width, area[1] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return pygame.Rect(((area[0] - size[0]) // 2, (area[1] - size[1]) // 2), size)


class Window:
    """A resizable window.

    Args:
        title: in its frame.
        height, width: of the world's pictures.
        area: size in screen pixels; by default the largest whole enlargement within ``DEFAULT_AREA``.

    Raises:
        DisplayError: there is no display, or it refuses a window.
    """

    def __init__(self, title: str, height: int, width: int, area: tuple[int, int] | None = None) -> None:
        if not has_display():
            raise DisplayError("there is no display", fix="set DISPLAY or WAYLAND_DISPLAY, or use --headless")
        factor = max(1, min(DEFAULT_AREA[0] // width, DEFAULT_AREA[1] // height))
        self._windowed = area or (width * factor, height * factor)
        self._buffer = np.empty((0, 0, 3), np.uint8)
        self.fullscreen = False
        try:
            pygame.display.init()
            if pygame.display.get_driver() == "x11":
                # Our pictures are made in memory. Sent through OpenGL, as SDL would by default, each costs
                # several times the processor time of handing X the memory itself.
                os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
            pygame.display.set_caption(title)
            self.surface = pygame.display.set_mode(self._windowed, pygame.RESIZABLE)
        except pygame.error as error:
            pygame.display.quit()
            raise DisplayError(f"no window can be opened ({error})", fix="use --headless") from error
        pygame.key.set_repeat()

    def draw_frame(self, pixels: NDArray[np.uint8], method: Method) -> pygame.Rect:
        """Draws uint8 [h, w, 3] as large as fits; returns where it lies."""
        self.surface = pygame.display.get_surface() or self.surface
        area = self.surface.get_size()
        place = fit(area, pixels.shape[0], pixels.shape[1])
        if self._buffer.shape[:2] != (place.height, place.width):
            self._buffer = np.empty((place.height, place.width, 3), np.uint8)
        upscale(pixels, place.height, place.width, method, self._buffer)
        if place.size != area:
            self.surface.fill(theme.VOID)
        # The surface shares the buffer's memory: no copy but the one onto the screen.
        self.surface.blit(pygame.image.frombuffer(self._buffer.data, place.size, "RGB"), place)
        return place

    def splash(self, text: str) -> None:
        """Shows one line on an empty window, at once."""
        self.surface.fill(theme.VOID)
        middle = self.surface.get_rect().center
        theme.write(self.surface, text, (middle[0], middle[1] - 12), theme.TITLE, theme.MUTED, "centre")
        pygame.display.flip()
        pygame.event.pump()

    def draw_badge(self, text: str, colour: theme.Colour, right: int, top: int) -> None:
        """A short word on a small plate with its top right corner there: mode, filming."""
        width = theme.width_of(text, theme.BODY) + 38
        plate = theme.panel((width, 30))
        pygame.draw.circle(plate, colour, (17, 15), 5)
        theme.write(plate, text, (28, 6), colour=theme.TEXT)
        self.surface.blit(plate, (right - width, top))

    def draw_notice(self, text: str) -> None:
        """A sentence near the bottom."""
        area = self.surface.get_size()
        width = theme.width_of(text, theme.BODY) + 36
        plate = theme.panel((width, 36))
        theme.write(plate, text, (18, 9))
        self.surface.blit(plate, ((area[0] - width) // 2, area[1] - 56))

    def toggle_fullscreen(self) -> None:
        """Raises DisplayError where the display refuses."""
        try:
            if self.fullscreen:
                self.surface = pygame.display.set_mode(self._windowed, pygame.RESIZABLE)
            else:
                self._windowed = self.surface.get_size()
                self.surface = pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        except pygame.error as error:
            raise DisplayError(f"the display refuses full screen ({error})") from error
        self.fullscreen = not self.fullscreen

    def capture_mouse(self, captured: bool) -> None:
        """Hides the pointer and reads motion without end, for looking around; or gives it back."""
        pygame.mouse.set_visible(not captured)
        pygame.event.set_grab(captured)
        pygame.mouse.set_relative_mode(captured)
        # Motion up to here was not meant for the world.
        pygame.mouse.get_rel()

    def flip(self) -> None:
        pygame.display.flip()

    def close(self) -> None:
        theme.forget()
        pygame.quit()
