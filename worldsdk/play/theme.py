"""Colours, letters and panels: one look for everything drawn over a world."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import pygame

Colour = tuple[int, int, int]

TEXT: Colour = (238, 240, 244)
MUTED: Colour = (160, 167, 180)
ACCENT: Colour = (255, 196, 92)
GOOD: Colour = (112, 205, 150)
BAD: Colour = (255, 105, 97)
PANEL = (14, 16, 22, 214)
WELL = (34, 38, 48, 235)
OUTLINE = (255, 255, 255, 34)
VOID: Colour = (8, 9, 12)
STAGES: tuple[Colour, ...] = (
    (96, 165, 250),
    (192, 132, 252),
    (52, 211, 153),
    (250, 204, 21),
    (148, 163, 184),
)

SMALL, BODY, TITLE, HUGE = 13, 15, 22, 34

Align = Literal["left", "centre", "right"]


@lru_cache(maxsize=16)
def font(size: int) -> pygame.font.Font:
    """pygame's own typeface, always there, at twice the size: see ``letters``."""
    if not pygame.font.get_init():
        pygame.font.init()
    return pygame.font.Font(None, round(size * 2.8))


def width_of(text: str, size: int) -> int:
    """Pixels that ``letters`` will be wide."""
    return (font(size).size(text)[0] + 1) // 2


@lru_cache(maxsize=512)
def letters(text: str, size: int, colour: Colour) -> pygame.Surface:
    """The rendered line; kept, because most lines stay the same for many frames.

    Drawn at twice the size and reduced: the renderer places letters on whole pixels, which at small sizes
    tears words apart.
    """
    large = font(size).render(text, True, colour).convert_alpha()
    reduced = ((large.get_width() + 1) // 2, (large.get_height() + 1) // 2)
    return pygame.transform.smoothscale(large, reduced)


def write(
    target: pygame.Surface,
    text: str,
    at: tuple[int, int],
    size: int = BODY,
    colour: Colour = TEXT,
    align: Align = "left",
) -> int:
    """Draws one line with its top at ``at``; returns its width in pixels."""
    line = letters(text, size, colour)
    width = line.get_width()
    shift = {"left": 0, "centre": width // 2, "right": width}[align]
    target.blit(line, (at[0] - shift, at[1]))
    return int(width)


def panel(size: tuple[int, int]) -> pygame.Surface:
    """An empty translucent plate with rounded corners."""
    plate = pygame.Surface(size, pygame.SRCALPHA)
    pygame.draw.rect(plate, PANEL, plate.get_rect(), border_radius=10)
    pygame.draw.rect(plate, OUTLINE, plate.get_rect(), width=1, border_radius=10)
    return plate


def forget() -> None:
    """Drops everything rendered: letters do not survive ``pygame.quit``."""
    font.cache_clear()
    letters.cache_clear()
