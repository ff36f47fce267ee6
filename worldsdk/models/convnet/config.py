"""Configuration of the convnet family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from worldsdk.models.interface import Variable


@dataclass(frozen=True)
class ConvnetConfig:
    """Attributes:
    height, width: of the frames; both divide by ``2 ** len(channels)``.
    controls: length of the control vector.
    variables: state variables that the game records; tracked, and told to the painter.
    whole: names of the variables that are whole numbers: rounded after every tick, so that they stay exact.
    follows: the camera moves with what is steered: the whole picture shifts and turns from tick to tick.
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
    follows: bool = False
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
        unknown = set(self.whole) - {variable.name for variable in self.variables}
        if unknown:
            raise ValueError(f"whole names unknown variables {sorted(unknown)}")

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
        return cls(**fields)
