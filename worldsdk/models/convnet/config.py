"""Configuration of the convnet family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from worldsdk.models.interface import Variable


@dataclass(frozen=True)
class ConvnetConfig:
    """Attributes:
    height, width: of the frames; both divide by ``2 ** len(channels)``.
    controls: length of the control vector.
    variables: state variables that the game records; tracked, and told to the painter.
    whole: names of the variables that are whole numbers: rounded after every tick, so that they stay exact.
    bounds: variable -> least and most that it is kept within, where that is less than its whole range: who
        slips into a wall by a single wrong tick finds nothing there to come back by.
    history: past frames that the next one is painted from.
    channels: of the U-Net's levels; level 0 works on 2x2 pixel groups.
    condition: width of the condition vector.
    max_steps: denoising steps at most.
    """

    height: int
    width: int
    controls: int
    variables: tuple[Variable, ...] = ()
    whole: tuple[str, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    history: int = 4
    channels: tuple[int, ...] = (48, 96, 160)
    condition: int = 128
    max_steps: int = 4

    def __post_init__(self) -> None:
        multiple = 2 ** len(self.channels)
        if self.height % multiple or self.width % multiple:
            raise ValueError(f"frame {self.width}x{self.height} must divide by {multiple}")
        if self.history < 1:
            raise ValueError(f"history {self.history} must be at least 1")
        names = {variable.name for variable in self.variables}
        for name in ("whole", "bounds"):
            unknown = set(getattr(self, name)) - names
            if unknown:
                raise ValueError(f"{name} names unknown variables {sorted(unknown)}")
        for variable in self.variables:
            low, high = self.bound(variable)
            if variable.name in self.bounds and not (
                variable.low <= low <= high <= variable.high and not variable.period
            ):
                raise ValueError(f"bounds of {variable.name!r} must lie in its range, and it not be periodic")

    def bound(self, variable: Variable) -> tuple[float, float]:
        """Least and most that a variable is kept within."""
        low, high = self.bounds.get(variable.name, (variable.low, variable.high))
        return low, high

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ConvnetConfig:
        """Raises TypeError or ValueError for unknown fields and impossible values."""
        fields = dict(data)
        fields["variables"] = tuple(Variable(**item) for item in fields.get("variables", ()))
        for name in ("whole", "channels"):
            if name in fields:
                fields[name] = tuple(fields[name])
        fields["bounds"] = {name: tuple(pair) for name, pair in dict(fields.get("bounds", {})).items()}
        return cls(**fields)
