"""From the world to the screen and back, for programs that put things of their own into a generated picture.

The camera of first-person worlds: a pinhole that looks level from ``eye_height`` above the ground. World axes
are x east, y north, z up from the ground, in map units; headings in degrees, anticlockwise from east.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import PixelError
from worldsdk.pixels.kernels import Floats

Doubles = NDArray[np.float64]


class OnScreen(NamedTuple):
    """Where a point is seen: pixels to the right and down from the picture's upper left corner; its depth, at
    0 and below where it is behind; and how many pixels a map unit takes there, across and down.
    """

    column: float
    row: float
    depth: float
    across: float
    down: float


@dataclass(frozen=True)
class Lens:
    """A camera and the picture that it is shown in, at any enlargement.

    ``Lens(height, width, **world.manifest.config["camera"])`` is the one of an anchored world.

    Attributes:
        height, width: of the picture, pixels.
        fov_degrees: horizontal field of view.
        pixel_aspect: height of a pixel's focal length over its width's.
        eye_height: above the ground, map units.
        far: depth that stands for infinity.
    """

    height: int
    width: int
    fov_degrees: float = 90.0
    pixel_aspect: float = 1.2
    eye_height: float = 41.0
    far: float = 4096.0

    def __post_init__(self) -> None:
        if not (self.height > 0 and self.width > 0 and 0.0 < self.fov_degrees < 180.0):
            raise PixelError(
                f"a view of {self.fov_degrees} degrees, {self.width}x{self.height} pixels",
                where="Lens",
                fix="give a size above 0 and a field of view between 0 and 180 degrees",
            )

    @property
    def focal(self) -> tuple[float, float]:
        """Focal lengths across and down, in pixels."""
        across = self.width / 2 / math.tan(math.radians(self.fov_degrees) / 2)
        return across, across * self.pixel_aspect

    def project(self, state: Mapping[str, float], x: float, y: float, z: float = 0.0) -> OnScreen:
        """Where a point of the world is seen from ``state`` (x, y and heading, as in ``Frame.state``)."""
        turn = math.radians(state["heading"])
        dx, dy = x - state["x"], y - state["y"]
        depth = dx * math.cos(turn) + dy * math.sin(turn)
        right = dx * math.sin(turn) - dy * math.cos(turn)
        # Behind the camera there is no picture: the numbers only stay finite.
        across, down = (focal / max(depth, 1e-3) for focal in self.focal)
        column, row = self.width / 2 + right * across, self.height / 2 + (self.eye_height - z) * down
        return OnScreen(column, row, depth, across, down)

    def unproject(self, state: Mapping[str, float], depth: Floats) -> tuple[Doubles, Doubles, Doubles]:
        """x, y and z, [H, W] each, of what the pixels of a depth layer [H, W] show, whatever its size.

        Raises:
            PixelError: not [H, W].
        """
        if depth.ndim != 2 or depth.size == 0:
            raise PixelError(
                f"depth has shape {list(depth.shape)}", where="Lens.unproject", fix="give [H, W]"
            )
        rows, columns = depth.shape
        across = ((np.arange(columns) + 0.5) / columns - 0.5) * self.width / self.focal[0]
        down = (((np.arange(rows) + 0.5) / rows - 0.5) * self.height / self.focal[1])[:, None]
        turn = math.radians(state["heading"])
        ahead = depth.astype(np.float64)
        x = state["x"] + ahead * (math.cos(turn) + across * math.sin(turn))
        y = state["y"] + ahead * (math.sin(turn) - across * math.cos(turn))
        return x, y, self.eye_height - ahead * down
