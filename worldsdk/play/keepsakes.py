"""What a player takes home: films and pictures, named by world and moment."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels import Method, upscale
from worldsdk.play.pictures import write_png
from worldsdk.play.recorder import BackgroundFilm, FilmWriter, film_size

PICTURE_WIDTH = 960


class Keepsakes:
    """Films and pictures of one world in one folder.

    Args:
        folder: made when first needed.
        name: of the world.
        height, width: of its frames.
        rate_hz: pictures per second of a film.
    """

    def __init__(self, folder: Path, name: str, height: int, width: int, rate_hz: float) -> None:
        self._folder = folder
        self._name = name
        self._size = film_size(height, width)
        self._rate_hz = rate_hz
        self._film: BackgroundFilm | None = None

    @property
    def filming(self) -> bool:
        return self._film is not None

    @property
    def filmed(self) -> int:
        """Frames in the film so far."""
        return self._film.writer.frames if self._film is not None else 0

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """A frame was shown; safe to call from another thread."""
        film = self._film
        if film is not None:
            film.add(pixels)

    def toggle_film(self, method: Method) -> str:
        """Starts a film, or finishes the one being made; returns what to tell the player.

        Raises:
            StorageError, PlayError: as ``FilmWriter``.
        """
        if self._film is not None:
            return self.finish()
        writer = FilmWriter(self._path(".mp4"), *self._size, self._rate_hz, method)
        self._film = BackgroundFilm(writer)
        return "Filming"

    def finish(self) -> str:
        """Finishes the film, if one is being made."""
        film, self._film = self._film, None
        if film is None:
            return ""
        path = film.close()
        lost = f", {film.dropped} lost" if film.dropped else ""
        return f"Film: {path} ({film.writer.frames} frames{lost})"

    def picture(self, pixels: NDArray[np.uint8], method: Method) -> str:
        """Saves one picture, enlarged; returns what to tell the player. Raises StorageError."""
        height, width = film_size(pixels.shape[0], pixels.shape[1], PICTURE_WIDTH)
        return f"Picture: {write_png(self._path('.png'), upscale(pixels, height, width, method))}"

    def _path(self, suffix: str) -> Path:
        name = f"{self._name}-{time.strftime('%Y%m%d-%H%M%S')}"
        path = self._folder / f"{name}{suffix}"
        number = 2
        while path.exists():
            path = self._folder / f"{name}-{number}{suffix}"
            number += 1
        return path
