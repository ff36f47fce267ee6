"""What every engine's picture of a feed does; how it is shown is the engine's."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from worldsdk.engines.feed import Feed


class Picture(ABC):
    """The newest frame of ``feed``, which its owner closes."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.feed.width / self.feed.height

    def update(self) -> bool:
        """Shows what is due; call it once a frame. Whether the picture changed."""
        frame = self.feed.update()
        if frame is None:
            return False
        self._show(frame.pixels)
        return True

    @abstractmethod
    def _show(self, pixels: NDArray[np.uint8]) -> None:
        """Puts uint8 [H, W, 3] where the engine draws from."""
