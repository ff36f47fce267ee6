"""A pygame surface for small programs: a window on the beat, or, without one, a film and a contact sheet."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pygame
from numpy.typing import NDArray

from worldsdk.errors import DisplayError
from worldsdk.pixels import contact_sheet, pick_evenly
from worldsdk.play import theme
from worldsdk.play.pictures import write_png
from worldsdk.play.recorder import FilmWriter

SHEET_WIDTH = 1200


class Stage:
    """A context manager::

        with Stage(640, 480, world.rate_hz, out) as stage:
            while stage.turn():                      # False once the window is closed
                stage.picture(upscaled, (0, 0))
                ...                                  # draw more onto stage.surface
                stage.show()

    Args:
        width, height: even, as films need.
        rate_hz: pictures per second.
        film: written instead of opening a window; its contact sheet is a png of the same name.
        columns, rows: of the sheet.

    Attributes:
        surface: what is drawn on.
        pressed: pygame keys that went down since the last ``turn``.

    Raises:
        DisplayError: there is no window to be had. PlayError, StorageError: there is no film to be had.
    """

    surface: pygame.Surface

    def __init__(
        self,
        width: int,
        height: int,
        rate_hz: float,
        film: Path | None = None,
        *,
        columns: int = 4,
        rows: int = 3,
    ) -> None:
        self.size, self.rate_hz, self.film = (width, height), rate_hz, film
        self.pressed: list[int] = []
        self._grid = columns, rows
        self._driver = os.environ.get("SDL_VIDEODRIVER")
        self._writer: FilmWriter | None = None
        self._shown: list[NDArray[np.uint8]] = []

    def __enter__(self) -> Self:
        if self.film is not None:
            self._writer = FilmWriter(self.film, self.size[1], self.size[0], self.rate_hz)
            self._writer.__enter__()
            # Drawing needs pygame's display to be there, not to be seen.
            os.environ["SDL_VIDEODRIVER"] = "dummy"
        try:
            pygame.display.init()
            self.surface = pygame.display.set_mode(self.size)
        except pygame.error as error:
            pygame.quit()
            raise DisplayError(f"no window can be opened ({error})", fix="give a film to write") from error
        self._clock = pygame.time.Clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        theme.forget()
        pygame.quit()
        if self.film is not None:
            self._show_again()
        if self._writer is not None and self.film is not None:
            self._writer.__exit__(kind, error, trace)
            if error is None and self._shown:
                columns, rows = self._grid
                picked = [self._shown[i] for i in pick_evenly(len(self._shown), columns * rows)]
                write_png(self.film.with_suffix(".png"), contact_sheet(picked, columns=columns, gap=4))

    def _show_again(self) -> None:
        if self._driver is None:
            del os.environ["SDL_VIDEODRIVER"]
        else:
            os.environ["SDL_VIDEODRIVER"] = self._driver

    def turn(self) -> bool:
        """Takes the player's events; False once they want to leave."""
        events = pygame.event.get()
        self.pressed = [event.key for event in events if event.type == pygame.KEYDOWN]
        return not any(event.type == pygame.QUIT for event in events)

    def picture(self, pixels: NDArray[np.uint8], at: tuple[int, int]) -> None:
        """Puts uint8 [h, w, 3] onto the surface, its upper left corner at ``at``."""
        size = pixels.shape[1], pixels.shape[0]
        self.surface.blit(pygame.image.frombuffer(np.ascontiguousarray(pixels).data, size, "RGB"), at)

    def show(self) -> None:
        """What is drawn, on the next beat of a window; or in the film, at once."""
        pygame.display.flip()
        if self._writer is None:
            self._clock.tick(self.rate_hz)
            return
        drawn: NDArray[np.uint8] = pygame.surfarray.array3d(self.surface).transpose(1, 0, 2)
        self._writer.add(drawn)
        # Only for the sheet: smaller, a long film fits into memory.
        every = max(1, -(-self.size[0] * self._grid[0] // SHEET_WIDTH))
        self._shown.append(drawn[::every, ::every].copy())
