"""A closed road as a line of points: where on it something is, and how it bends ahead.

Places are told as the road sees them (a Frenet frame): how far along it, how far to the left of its middle,
and turned by how much against it. Metres and radians, positive to the left; a heading of 0 points along +x, a
quarter turn along +y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import RecordError

BEND_OVER = 7.0
"""Metres over which a bend is measured: the road is laid in pieces of half that, each straight."""


@dataclass(frozen=True)
class Place:
    """Attributes:
    along: metres from the start, 0 to the circuit's length.
    offset: metres to the left of the middle.
    slant: heading less the road's, -pi to pi.
    """

    along: float
    offset: float
    slant: float


class Circuit:
    """Args: points: float [N, 2], the road's middle, in the direction of travel; the last joins the first.

    Raises:
        RecordError: fewer than 8 points, or two that follow each other are one.
    """

    def __init__(self, points: NDArray[np.float64]) -> None:
        self._points = np.asarray(points, np.float64)
        if self._points.ndim != 2 or self._points.shape[1:] != (2,) or len(self._points) < 8:
            raise RecordError(
                f"a circuit of shape {self._points.shape}", fix="give at least 8 points of two coordinates"
            )
        self._edges = np.roll(self._points, -1, axis=0) - self._points
        self._lengths = np.hypot(*self._edges.T)
        if not (self._lengths > 0.0).all():
            raise RecordError("a circuit with two points in one place", fix="leave one of them out")
        self._starts = np.concatenate([[0.0], np.cumsum(self._lengths)[:-1]])
        self.length = float(self._lengths.sum())
        # Headings without jumps, so that they can be interpolated; once round is one full turn more or less.
        self._headings = np.unwrap(np.arctan2(self._edges[:, 1], self._edges[:, 0]))

    def locate(self, x: float, y: float, heading: float) -> Place:
        """Where something stands that points to ``heading``, by the nearest piece of road."""
        to = np.array([x, y]) - self._points
        part = np.clip((to * self._edges).sum(axis=1) / self._lengths**2, 0.0, 1.0)
        apart = to - part[:, None] * self._edges
        nearest = int(np.argmin((apart**2).sum(axis=1)))
        along = float(self._starts[nearest] + part[nearest] * self._lengths[nearest]) % self.length
        ahead = self._edges[nearest] / self._lengths[nearest]
        # At a kink the nearest point is a corner: the distance has a sign there, and no component to take.
        side = ahead[0] * to[nearest][1] - ahead[1] * to[nearest][0]
        offset = float(np.copysign(np.hypot(*apart[nearest]), side))
        return Place(along, offset, wrap_angle(heading - self.heading(along)))

    def point(self, along: float, offset: float = 0.0) -> tuple[float, float]:
        """Coordinates of a place; ``along`` may lie beyond either end."""
        number, part = self._piece(along)
        x, y = self._points[number] + part * self._edges[number]
        heading = self.heading(along)
        return float(x - offset * np.sin(heading)), float(y + offset * np.cos(heading))

    def heading(self, along: float) -> float:
        """The road's heading, -pi to pi, changing evenly between the middles of its pieces."""
        number, part = self._piece(along)
        other = number + (1 if part >= 0.5 else -1)
        here, there = self._headings[number], self._headings[other % len(self._headings)]
        return wrap_angle(float(here + wrap_angle(float(there - here)) * abs(part - 0.5)))

    def bend(self, along: float) -> float:
        """How sharply the road turns there: radians a metre, positive to the left."""
        turn = self.heading(along + BEND_OVER / 2.0) - self.heading(along - BEND_OVER / 2.0)
        return wrap_angle(turn) / BEND_OVER

    def _piece(self, along: float) -> tuple[int, float]:
        along = along % self.length
        number = int(np.searchsorted(self._starts, along, side="right")) - 1
        return number, float((along - self._starts[number]) / self._lengths[number])


def wrap_angle(angle: float) -> float:
    """The same angle from -pi up to, but not including, pi."""
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
