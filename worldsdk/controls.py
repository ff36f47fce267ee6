"""Controls: which buttons and axes a world listens to, and their state at one tick.

A ``ControlSpec`` is data that travels (pack manifest, protocol welcome); ``Controls`` is one tick's
worth of values, complete and checked. Models see controls only as the vector of ``to_vector``.
"""

from __future__ import annotations

import math
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import ControlError, ControlSpecError

ControlKind = Literal["button", "axis"]


@dataclass(frozen=True)
class Control:
    """One named button or axis.

    Attributes:
        name: the world's own word for it, e.g. ``"forward"``.
        kind: ``"button"`` (0 released, 1 held) or ``"axis"`` (a number in ``[low, high]``).
        low, high: inclusive range in ``unit``; 0 and 1 for a button. 0 must lie inside: it is rest.
        values: the only values allowed, ascending, or ``None`` for any number in the range.
        unit: what the number means, e.g. ``"degrees/tick"``; empty for a button.
        keys: W3C ``KeyboardEvent.code`` -> value while that key is held.
        pad: standard gamepad input (``"A"``, ``"DPadUp"``, ``"LeftStickX"``, ...) -> value at full press.
        mouse: ``("x" | "y", units per pixel of motion)``, or ``None``.
        help: one short sentence for the player.
    """

    name: str
    kind: ControlKind = "button"
    low: float = 0.0
    high: float = 1.0
    values: tuple[float, ...] | None = None
    unit: str = ""
    keys: Mapping[str, float] = field(default_factory=dict)
    pad: Mapping[str, float] = field(default_factory=dict)
    mouse: tuple[Literal["x", "y"], float] | None = None
    help: str = ""

    def __post_init__(self) -> None:
        where = f"control {self.name!r}"
        if not self.name:
            raise ControlSpecError("a control has an empty name", fix="give it a name")
        if self.kind not in ("button", "axis"):
            raise ControlSpecError(f"kind is {self.kind!r}", where=where, fix="use 'button' or 'axis'")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= 0.0 <= self.high):
            raise ControlSpecError(
                f"range is {self.low}..{self.high}", where=where, fix="use finite limits with 0 inside"
            )
        if self.low == self.high:
            raise ControlSpecError("range is a single value", where=where, fix="make low < high")
        if self.kind == "button" and (self.low, self.high) != (0.0, 1.0):
            raise ControlSpecError(
                f"button range is {self.low}..{self.high}", where=where, fix="buttons go from 0 to 1"
            )
        if self.values is not None and (
            list(self.values) != sorted(set(self.values))
            or not all(self.low <= v <= self.high for v in self.values)
            or 0.0 not in self.values
        ):
            raise ControlSpecError(
                f"values are {self.values}", where=where, fix="list ascending values in range, 0 included"
            )

    @property
    def scale(self) -> float:
        """The largest magnitude in range: ``value / scale`` lies in [-1, 1]."""
        return max(abs(self.low), abs(self.high))

    def check(self, value: float) -> float:
        """Returns ``value`` as float.

        Raises:
            ControlError: not a finite number, out of range, or not one of ``values``.
        """
        where = f"control {self.name!r}"
        if not isinstance(value, (int, float, np.bool_, np.integer, np.floating)):
            raise ControlError(f"value is {value!r}", where=where, fix="give a number")
        try:
            number = float(value)
        except OverflowError:  # an int beyond any float
            number = math.inf
        if not math.isfinite(number) or not self.low <= number <= self.high:
            raise ControlError(
                f"value is {number}", where=where, fix=f"give {self.low} to {self.high} {self.unit}".rstrip()
            )
        if self.kind == "button" and number not in (0.0, 1.0):
            raise ControlError(f"value is {number}", where=where, fix="give 0 (released) or 1 (held)")
        if self.values is not None and number not in self.values:
            raise ControlError(f"value is {number}", where=where, fix=f"give one of {self.values}")
        return number

    def snap(self, value: float) -> float:
        """The nearest allowed value: for devices (sticks, mice) whose raw motion may overshoot."""
        number = min(max(value, self.low), self.high)
        if self.kind == "button":
            return 1.0 if number >= 0.5 else 0.0
        if self.values is not None:
            return min(self.values, key=lambda allowed: abs(allowed - number))
        return number

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "low": self.low,
            "high": self.high,
            "values": list(self.values) if self.values is not None else None,
            "unit": self.unit,
            "keys": dict(self.keys),
            "pad": dict(self.pad),
            "mouse": list(self.mouse) if self.mouse is not None else None,
            "help": self.help,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Control:
        """Raises ControlSpecError for unknown fields or values of the wrong type."""
        unknown = set(data) - set(cls.__dataclass_fields__)
        if unknown or "name" not in data:
            raise ControlSpecError(
                f"control has unknown fields {sorted(unknown)}" if unknown else "control has no name",
                where=str(data.get("name", "?")),
                fix=f"fields are {sorted(cls.__dataclass_fields__)}",
            )
        try:
            values = data.get("values")
            mouse = data.get("mouse")
            return cls(
                name=str(data["name"]),
                kind=data.get("kind", "button"),
                low=float(data.get("low", 0.0)),
                high=float(data.get("high", 1.0)),
                values=tuple(float(v) for v in values) if values is not None else None,
                unit=str(data.get("unit", "")),
                keys={str(k): float(v) for k, v in dict(data.get("keys") or {}).items()},
                pad={str(k): float(v) for k, v in dict(data.get("pad") or {}).items()},
                mouse=(mouse[0], float(mouse[1])) if mouse is not None else None,
                help=str(data.get("help", "")),
            )
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise ControlSpecError(
                f"control field has the wrong type ({error})", where=str(data.get("name", "?"))
            ) from error


class Controls(Mapping[str, float]):
    """The value of every control of a spec at one tick: immutable, complete, checked."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, float]) -> None:
        # Built by ControlSpec, which has checked the values.
        self._values = dict(values)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def items(self) -> ItemsView[str, float]:
        # The mixin's own looks every name up by itself.
        return self._values.items()

    @property
    def held(self) -> dict[str, float]:
        """Those that are not at rest."""
        return {name: value for name, value in self._values.items() if value}

    def __repr__(self) -> str:
        return f"Controls({self.held})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values.items())))


@dataclass(frozen=True)
class ControlSpec:
    """The ordered controls of a world. The order is the order of the model's input vector."""

    controls: tuple[Control, ...]

    def __post_init__(self) -> None:
        names = [control.name for control in self.controls]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ControlSpecError(f"controls named twice: {doubled}", fix="give each its own name")

    def __iter__(self) -> Iterator[Control]:
        return iter(self.controls)

    def __len__(self) -> int:
        return len(self.controls)

    def __getitem__(self, name: str) -> Control:
        control = self._by_name.get(name)
        if control is None:
            raise ControlError(f"there is no control {name!r}", fix=f"this world has {list(self.names)}")
        return control

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(control.name for control in self.controls)

    @cached_property
    def _by_name(self) -> dict[str, Control]:
        return {control.name: control for control in self.controls}

    @cached_property
    def _scales(self) -> tuple[tuple[str, float], ...]:
        return tuple((control.name, control.scale) for control in self.controls)

    @property
    def rest(self) -> Controls:
        """Everything released."""
        return self.parse(None)

    def parse(self, values: Mapping[str, float] | None) -> Controls:
        """Checks ``values`` and fills what is missing with 0.

        Raises:
            ControlError: an unknown name, or a value outside its control's range.
        """
        full = dict.fromkeys(self.names, 0.0)
        if values:
            for name, value in values.items():
                # Most controls of most ticks are at rest, which every control allows.
                at_rest = type(value) is float and value == 0.0 and name in full
                full[name] = value if at_rest else self[name].check(value)
        return Controls(full)

    def to_vector(self, controls: Controls) -> NDArray[np.float32]:
        """float32 [len(self)], each value divided by its control's scale, so in [-1, 1]."""
        values = controls._values
        return np.array([values[name] / scale for name, scale in self._scales], dtype=np.float32)

    def from_vector(self, vector: NDArray[np.float32]) -> Controls:
        """Inverse of ``to_vector``; values are snapped to what each control allows."""
        return Controls(
            {c.name: c.snap(float(v) * c.scale) for c, v in zip(self.controls, vector, strict=True)}
        )

    def to_json(self) -> list[dict[str, Any]]:
        return [control.to_json() for control in self.controls]

    @classmethod
    def from_json(cls, data: list[Mapping[str, Any]]) -> ControlSpec:
        """Raises ControlSpecError where ``to_json``'s form is not met."""
        return cls(tuple(Control.from_json(item) for item in data))
