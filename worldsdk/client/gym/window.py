"""The window of ``render_mode="human"``. pygame is imported when one opens, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import DisplayError, MissingExtraError

if TYPE_CHECKING:
    from worldsdk.runtime.clock import Clock

WIDEST = 960
"""Screen pixels: pictures are enlarged by the largest whole number that stays within."""


class HumanWindow:
    """Shows frames, one a beat.

    Args:
        title: in its frame.
        height, width: of the pictures.
        fps: beats per second. A picture that comes late is shown at once and costs the next none of its time.
        clock: what is waited by; the machine's own by default.

    Raises:
        MissingExtraError: pygame is not installed.
        DisplayError: there is no display.
    """

    def __init__(self, title: str, height: int, width: int, fps: float, clock: Clock | None = None) -> None:
        try:
            import pygame
        except ImportError:
            raise MissingExtraError(
                "pygame is not installed", where='render_mode="human"', fix="pip install pygame-ce"
            ) from None
        # Here, since a client of a server has no use for the rest of the runtime.
        from worldsdk.runtime.clock import REAL_CLOCK
        from worldsdk.runtime.pacing import Pacer

        self._pygame: Any = pygame
        self._factor = max(1, WIDEST // max(height, width))
        size = (width * self._factor, height * self._factor)
        try:
            pygame.display.init()
            pygame.display.set_caption(title)
            self._surface: Any = pygame.display.set_mode(size)
        except pygame.error as error:
            raise DisplayError(
                f"no window can be opened ({error})", fix='use render_mode="rgb_array"'
            ) from error
        self._pacer = Pacer(clock if clock is not None else REAL_CLOCK, 1.0 / fps)

    def show(self, pixels: NDArray[np.uint8]) -> None:
        """Waits for the next beat and shows uint8 [H, W, 3]."""
        large = np.repeat(np.repeat(pixels, self._factor, 0), self._factor, 1)
        picture = self._pygame.image.frombuffer(large.tobytes(), large.shape[1::-1], "RGB")
        self._pygame.event.pump()
        self._surface.blit(picture, (0, 0))
        self._pacer.wait()
        self._pygame.display.flip()

    def close(self) -> None:
        """Closes the window; again is harmless."""
        self._pygame.display.quit()
