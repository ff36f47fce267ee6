"""A line of text entry for the seed."""

from __future__ import annotations

import pygame

from worldsdk.play import theme
from worldsdk.runtime.noise import SEED_LIMIT


class SeedPrompt:
    """Takes digits; Enter accepts, Escape gives up.

    Args:
        seed: shown as the present one.
    """

    def __init__(self, seed: int) -> None:
        self._present = seed
        self.text = ""

    def key(self, event: pygame.event.Event) -> bool:
        """Takes a KEYDOWN; true where the entry is over (see ``value``)."""
        if event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            return True
        if event.key == pygame.K_ESCAPE:
            self.text = ""
            return True
        if event.key == pygame.K_BACKSPACE:
            self.text = self.text[:-1]
        elif event.unicode.isascii() and event.unicode.isdigit():
            longer = self.text + event.unicode
            self.text = longer if int(longer) < SEED_LIMIT else self.text
        return False

    @property
    def value(self) -> int | None:
        """The seed typed, or ``None`` where none was."""
        return int(self.text) if self.text else None

    def draw(self, target: pygame.Surface) -> None:
        """Draws the entry in the middle of ``target``."""
        plate = theme.panel((420, 130))
        theme.write(plate, "Start again with seed", (210, 18), colour=theme.MUTED, align="centre")
        shown = self.text + "|" if self.text else str(self._present)
        colour = theme.TEXT if self.text else theme.MUTED
        theme.write(plate, shown, (210, 44), theme.HUGE, colour, align="centre")
        theme.write(plate, "Enter: start      Escape: go on", (210, 98), theme.SMALL, theme.MUTED, "centre")
        target.blit(plate, plate.get_rect(center=target.get_rect().center))
