"""Configuration of worlds seen from straight above, with the camera fixed to what is steered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from worldsdk.models.interface import Variable

POSE = ("x", "y", "heading")
"""The first variables: metres, metres and radians; a heading of 0 looks along growing x, a quarter turn along
growing y. Pictures show ahead as up."""

OWN_VELOCITY = ("speed", "sideways", "yaw_rate")
"""The next ones: metres a second forwards and to the left, and radians a second."""


@dataclass(frozen=True)
class GroundConfig:
    """How pictures lie on the ground. Lengths are metres.

    Attributes:
        across: how much ground a picture is wide; its pixels are square.
        pivot: where in it x and y are: shares of its width from the left and of its height from the top.
        texel: side of a texel of the remembered ground.
        samples: points across and up each pixel that its colour is the mean of.
        under: points beside x and y, each so far forwards and so far to the left, whose ground decides how
            things move (where the wheels are); the first is what rewards go by.
    """

    across: float
    pivot: tuple[float, float] = (0.5, 0.5)
    texel: float = 0.25
    samples: int = 4
    under: tuple[tuple[float, float], ...] = ((0.0, 0.0),)

    def __post_init__(self) -> None:
        if not (self.across > 0.0 and self.texel > 0.0 and 1 <= self.samples <= 16):
            raise ValueError("across and texel must be above 0, samples from 1 to 16")
        if not all(0.0 <= share <= 1.0 for share in self.pivot) or len(self.pivot) != 2:
            raise ValueError(f"pivot {self.pivot} must be two shares from 0 to 1")
        if not self.under or any(len(point) != 2 for point in self.under):
            raise ValueError("under must be points of two numbers, at least one")


@dataclass(frozen=True)
class OverheadConfig:
    """Attributes:
    height, width: of recorded frames.
    controls: length of the control vector.
    variables: ``POSE``, ``OWN_VELOCITY``, and whatever else the game records.
    ground: how pictures lie on the ground.
    tick: seconds.
    drives: variables without which what stands goes on standing, such as how far a throttle is open.
    hidden: width of the network that moves the variables.
    sheets: pictures that what is not ground is mixed from.
    fine: frames are drawn so many times larger than recorded ones, with fewer of the ground's ``samples`` in
        each pixel: it must divide them. 1 to 8.
    """

    height: int
    width: int
    controls: int
    variables: tuple[Variable, ...]
    ground: GroundConfig
    tick: float
    drives: tuple[str, ...] = ()
    hidden: int = 192
    sheets: int = 8
    fine: int = 1

    def __post_init__(self) -> None:
        if min(self.height, self.width, self.sheets, self.hidden) < 1:
            raise ValueError("height, width, sheets and hidden must be at least 1")
        if not 1 <= self.fine <= 8 or self.ground.samples % self.fine:
            raise ValueError(f"fine {self.fine} must be from 1 to 8 and divide samples {self.ground.samples}")
        names = tuple(variable.name for variable in self.variables)
        needed = POSE + OWN_VELOCITY
        if names[: len(needed)] != needed:
            raise ValueError(f"variables must begin with {list(needed)}, and are {list(names)}")
        if not math.isclose(self.variables[2].period, 2.0 * math.pi, rel_tol=1e-6):
            raise ValueError("heading must have a period of 2 pi")
        if any(variable.period for variable in self.variables[3:]):
            raise ValueError("no variable but heading may be periodic")
        if not self.tick > 0.0:
            raise ValueError(f"tick {self.tick} must be above 0")
        unknown = set(self.drives) - set(names[len(needed) :])
        if unknown:
            raise ValueError(f"drives names unknown variables {sorted(unknown)}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OverheadConfig:
        """Raises TypeError, KeyError or ValueError for unknown fields and impossible values."""
        fields = dict(data)
        ground = dict(fields.pop("ground"))
        ground["pivot"] = tuple(ground.get("pivot", GroundConfig.pivot))
        ground["under"] = tuple(tuple(point) for point in ground.get("under", GroundConfig.under))
        fields["variables"] = tuple(Variable(**item) for item in fields.get("variables", ()))
        fields["drives"] = tuple(fields.get("drives", ()))
        return cls(ground=GroundConfig(**ground), **fields)
