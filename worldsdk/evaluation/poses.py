"""Where the player is and how it moved, read from a game's state variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldsdk.evaluation.measures import wrapped_difference
from worldsdk.models.interface import Variable

Numbers = NDArray[np.float64]

MOTIONS = ("turn", "step", "strafe")
"""What a tick can do to a pose: turn (in the heading's unit), move along the old heading and across it (both
in the position's unit)."""

X_NAMES = ("x", "agent_x")
Y_NAMES = ("y", "agent_y")
HEADING_NAMES = ("heading", "agent_dir")


@dataclass(frozen=True)
class Pose:
    """Which state variables are the player's place and heading.

    Attributes:
        x, y, heading: columns of the variables.
        period: of the heading: a full turn in its unit.
        place_unit, heading_unit: for people.
    """

    x: int
    y: int
    heading: int
    period: float
    place_unit: str
    heading_unit: str

    @classmethod
    def find(cls, variables: Sequence[Variable]) -> Pose | None:
        """None where the game has no place on a plane, or no heading that comes round."""
        names = {variable.name: column for column, variable in enumerate(variables)}
        found = [
            next((names[name] for name in wanted if name in names), None)
            for wanted in (X_NAMES, Y_NAMES, HEADING_NAMES)
        ]
        x, y, heading = found
        if x is None or y is None or heading is None or variables[heading].period <= 0.0:
            return None
        return cls(x, y, heading, variables[heading].period, variables[x].unit, variables[heading].unit)

    @property
    def units(self) -> tuple[str, str, str]:
        """Of ``MOTIONS``, each for one tick."""
        return (self.heading_unit, self.place_unit, self.place_unit)

    def place(self, variables: NDArray[np.floating]) -> Numbers:
        """[..., V] -> float64 [..., 2]."""
        return variables[..., [self.x, self.y]].astype(np.float64)

    def angle(self, variables: NDArray[np.floating]) -> Numbers:
        """The heading, [..., V] -> float64 [...], in its own unit."""
        return variables[..., self.heading].astype(np.float64)

    def radians(self, angle: Numbers) -> Numbers:
        """A heading in radians; 0 looks along growing x, a quarter turn along growing y."""
        return angle * (2.0 * np.pi / self.period)

    def turned(self, before: Numbers, after: Numbers) -> Numbers:
        """``after - before`` by the short way round, in the heading's unit."""
        return wrapped_difference(after, before, self.period)

    def motion(self, before: NDArray[np.floating], after: NDArray[np.floating]) -> Numbers:
        """What happened between two ticks, [..., V] each -> float64 [..., 3] as ``MOTIONS``."""
        moved = self.place(after) - self.place(before)
        along = self.radians(self.angle(before))
        step = moved[..., 0] * np.cos(along) + moved[..., 1] * np.sin(along)
        strafe = moved[..., 1] * np.cos(along) - moved[..., 0] * np.sin(along)
        return np.stack([self.turned(self.angle(before), self.angle(after)), step, strafe], axis=-1)

    def distance(self, one: NDArray[np.floating], other: NDArray[np.floating]) -> Numbers:
        """Straight distance between the places of [..., V] and [..., V]: float64 [...]."""
        length: Numbers = np.linalg.norm(self.place(one) - self.place(other), axis=-1)
        return length
