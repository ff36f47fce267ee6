"""What an agent sees of a frame: its pixels, or the state variables that the model tracks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from PIL import Image

from worldsdk.client.gym.worlds import Tracked
from worldsdk.errors import GymError
from worldsdk.frame import Frame

KINDS = ("pixels", "state")
LARGEST_SIDE = 4096
"""Pixels; more is a mistyped size, and would take gigabytes in a vector of environments."""


class View(Protocol):
    """One way to see. ``space`` is that of single observations."""

    space: spaces.Space[Any]

    def of(self, frame: Frame) -> NDArray[Any]:
        """A new array each time: agents keep what they are given."""


def view(
    kind: str, height: int, width: int, variables: Sequence[Tracked], size: tuple[int, int] | None
) -> View:
    """The view that ``kind`` names.

    Args:
        height, width: of the world's frames.
        variables: of the world.
        size: (width, height) of the observations; the world's own by default.

    Raises:
        GymError: no such kind, a size that cannot be, or a state where the world tracks none.
    """
    if kind == "pixels":
        return PixelView(height, width, size)
    if kind != "state":
        raise GymError(f"observation is {kind!r}", fix=f"use one of {list(KINDS)}")
    if size is not None:
        raise GymError(f"size is {size!r} of a state observation", fix="leave size out")
    if not variables:
        raise GymError("this world tracks no state variables", fix="use observation='pixels'")
    return StateView(variables)


class PixelView:
    """uint8 [H, W, 3], RGB; box-averaged where another size is asked for."""

    def __init__(self, height: int, width: int, size: tuple[int, int] | None) -> None:
        self._size = _check_size(size) if size is not None else (width, height)
        self._as_is = self._size == (width, height)
        self.space: spaces.Space[Any] = spaces.Box(0, 255, (self._size[1], self._size[0], 3), np.uint8)

    def of(self, frame: Frame) -> NDArray[np.uint8]:
        if self._as_is:
            return np.array(frame.pixels)
        picture = Image.fromarray(frame.pixels).resize(self._size, Image.Resampling.BOX)
        return np.array(picture, np.uint8)


class StateView:
    """float32 [n], each in [-1, 1]: a variable's place in its range; of a cyclic one cosine and sine."""

    def __init__(self, variables: Sequence[Tracked]) -> None:
        self._plain = [v for v in variables if not v.period]
        self._cyclic = [v for v in variables if v.period]
        self.space: spaces.Space[Any] = spaces.Box(
            -1.0, 1.0, (len(self._plain) + 2 * len(self._cyclic),), np.float32
        )

    def of(self, frame: Frame) -> NDArray[np.float32]:
        values = [2.0 * (frame.state[v.name] - v.low) / (v.high - v.low) - 1.0 for v in self._plain]
        for variable in self._cyclic:
            angle = 2.0 * np.pi * frame.state[variable.name] / variable.period
            values += [float(np.cos(angle)), float(np.sin(angle))]
        # A model may overshoot its declared range by a little; a space may not.
        return np.clip(np.array(values, np.float32), -1.0, 1.0)


def _check_size(size: Any) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in size)
    except (TypeError, ValueError):
        raise GymError(f"size is {size!r}", fix="give (width, height)") from None
    if not (1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE):
        raise GymError(f"size is {size!r}", fix=f"give sides of 1 to {LARGEST_SIDE} pixels")
    return width, height
