"""While a frame is late, the last one is turned with the camera: a held picture stutters, a turned one less.

A turn of the camera by some degrees moves the whole picture sideways by about as many pixels times a gain,
which depends on the field of view and on which way the heading counts. Neither is on the wire, so the gain
is learnt: from how far pairs of frames that followed each other moved sideways, and how far the heading did.
A world whose picture does not move with its heading (seen from above, or without a heading) learns no gain
and is never turned.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HEADINGS = ("heading", "yaw", "angle", "azimuth")
"""Names of the state variable that says where the camera looks, in degrees."""

BANDS = 4
"""Horizontal stripes whose mean brightness by column is compared."""

REACH = 0.25
"""Largest sideways move that is looked for, as part of the width."""

LEAST_DEGREES = 0.5
"""A smaller turn moves a small picture by less than a pixel and teaches nothing."""

MATCH = 0.7
"""The moved frame must differ by less than this part of what the unmoved one differs by."""

ENOUGH = 4
"""Pairs that must have matched before the gain is believed."""

FORGET = 0.98
"""Weight of what was learnt, with each new pair."""

LONGEST_BEATS = 3.0
"""A guess further ahead than this is worse than a still picture."""


class CameraWarp:
    """Learns how a world's picture moves when its camera turns, and moves it.

    Args:
        variable: name of the heading in ``Frame.state``; None where the world has none.
    """

    def __init__(self, variable: str | None) -> None:
        self.variable = variable
        self.matched = 0
        self._products = self._squares = 0.0
        self._last: tuple[int, float, NDArray[np.float32]] | None = None
        self._rate = 0.0

    @property
    def gain(self) -> float | None:
        """Pixels to the right that the picture moves for each degree of heading; None before it is known."""
        if self.variable is None or self.matched < ENOUGH or self._squares <= 0.0:
            return None
        return self._products / self._squares

    def learn(self, tick: int, pixels: NDArray[np.uint8], state: dict[str, float]) -> None:
        """Takes a frame as it is shown; uint8 [H, W, 3]."""
        if self.variable is None or self.variable not in state:
            return
        heading = state[self.variable]
        profile = _profile(pixels)
        before, self._last = self._last, (tick, heading, profile)
        if before is None or tick <= before[0] or before[2].shape != profile.shape:
            self._rate = 0.0
            return
        turned = (heading - before[1] + 180.0) % 360.0 - 180.0
        self._rate = turned / (tick - before[0])
        if abs(turned) < LEAST_DEGREES or tick != before[0] + 1:
            return
        moved = _movement(before[2], profile)
        if moved is not None:
            self.matched += 1
            self._products = FORGET * self._products + moved * turned
            self._squares = FORGET * self._squares + turned * turned

    def shift(self, beats: float) -> int:
        """Pixels to the right that the last frame should move when the next is ``beats`` beats late."""
        gain = self.gain
        if gain is None:
            return 0
        return round(gain * self._rate * min(beats, LONGEST_BEATS))

    def forget(self) -> None:
        """The world jumped: the last frame says nothing about the next."""
        self._last, self._rate = None, 0.0


def shifted(pixels: NDArray[np.uint8], right: int) -> NDArray[np.uint8]:
    """The picture moved sideways, its own size; what comes into view repeats the column at the edge."""
    width = pixels.shape[1]
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    moved: NDArray[np.uint8] = pixels[:, columns]
    return moved


def heading_of(names: tuple[str, ...]) -> str | None:
    """Which of a world's state variables is the heading, if one is."""
    return next((name for name in HEADINGS if name in names), None)


def _profile(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[BANDS (fewer in a very low picture), W]: mean brightness of each column in each stripe."""
    count = min(BANDS, pixels.shape[0])
    rows = pixels.shape[0] // count * count
    bands = pixels[:rows].reshape(count, -1, *pixels.shape[1:])
    profile: NDArray[np.float32] = bands.mean((1, 3), dtype=np.float32)
    return profile


def _movement(before: NDArray[np.float32], after: NDArray[np.float32]) -> float | None:
    """Pixels to the right that make ``before`` look like ``after``, to a fraction; None where none does."""
    width = before.shape[1]
    reach = max(1, int(REACH * width))
    shifts = range(-reach, reach + 1)
    errors = np.array([_difference(before, after, shift, width) for shift in shifts])
    best = int(errors.argmin())
    if errors[best] > MATCH * errors[reach]:
        return None
    whole = float(shifts[best])
    if 0 < best < len(errors) - 1:
        left, middle, right = errors[best - 1 : best + 2]
        bend = left - 2.0 * middle + right
        if bend > 0.0:
            whole += 0.5 * (left - right) / bend
    return whole


def _difference(before: NDArray[np.float32], after: NDArray[np.float32], shift: int, width: int) -> float:
    if shift >= 0:
        return float(np.abs(after[:, shift:] - before[:, : width - shift]).mean())
    return float(np.abs(after[:, :shift] - before[:, -shift:]).mean())
