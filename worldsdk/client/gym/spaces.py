"""Action spaces over a world's controls, and back from an action to controls.

* ``"discrete"``: ``Discrete(n)``: nothing held, each button alone, each level of each axis alone, and the
  first button (in the bundled worlds with an axis: walking forward) together with each level of each axis.
* ``"multi"``: ``MultiDiscrete``: one entry a control: a button is 0 or 1, an axis the index of a level.
* ``"box"``: ``Box(-1, 1)``: one entry a control: a button is held above 0, an axis is its value divided by
  its scale, snapped to what the control allows.
* a list of ``{control: value}``: ``Discrete``, one action an entry.

The levels of an axis are its allowed values, else rest and what its keys give, else rest and both ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces

from worldsdk.controls import Control, ControlSpec
from worldsdk.errors import ControlError, GymError

ActionChoice = str | Sequence[Mapping[str, float]]
KINDS = ("discrete", "multi", "box")


class ActionMap(Protocol):
    """One way to act.

    Attributes:
        space: of single actions.
        meanings: in words: of each action where they are counted, else of each entry.
    """

    space: spaces.Space[Any]
    meanings: tuple[str, ...]

    def controls(self, action: Any) -> dict[str, float]:
        """The controls that ``action`` holds. Raises ControlError for an action outside the space."""


def action_map(spec: ControlSpec, choice: ActionChoice) -> ActionMap:
    """The map that ``choice`` asks for (see the module).

    Raises:
        GymError: no such kind, or an empty list.
        ControlError: a listed action names a control that is not there, or a value out of range.
    """
    if not isinstance(choice, str):
        if _is_list(choice):
            return ListedActions(spec, choice)
    elif choice == "discrete":
        return ListedActions(spec, _usual(spec))
    elif choice == "multi":
        return LevelActions(spec)
    elif choice == "box":
        return BoxActions(spec)
    raise GymError(f"action is {choice!r}", fix=f"use one of {list(KINDS)} or a list of control mappings")


def levels(control: Control) -> tuple[float, ...]:
    """The values of an axis that are worth an action of their own, ascending, rest included."""
    if control.values is not None:
        return control.values
    bound = set(control.keys.values()) - {0.0}
    return tuple(sorted({0.0, *(bound or {control.low, control.high})}))


class ListedActions:
    """``Discrete(n)``: action ``i`` holds ``choices[i]``."""

    def __init__(self, spec: ControlSpec, choices: Sequence[Mapping[str, float]]) -> None:
        for item in choices:
            spec.parse(item)
        self._choices = [dict(item) for item in choices]
        self.space: spaces.Space[Any] = spaces.Discrete(len(self._choices))
        self.meanings = tuple(_words(spec, item) for item in self._choices)

    def controls(self, action: Any) -> dict[str, float]:
        index = _whole(action)
        if not 0 <= index < len(self._choices):
            raise ControlError(f"action is {action!r}", fix=f"give 0 to {len(self._choices) - 1}")
        return dict(self._choices[index])


class LevelActions:
    """``MultiDiscrete``: one level for each control."""

    def __init__(self, spec: ControlSpec) -> None:
        self._levels = {c.name: (0.0, 1.0) if c.kind == "button" else levels(c) for c in spec}
        self.space: spaces.Space[Any] = spaces.MultiDiscrete(
            [len(values) for values in self._levels.values()]
        )
        self.meanings = tuple(f"{name} {list(values)}" for name, values in self._levels.items())

    def controls(self, action: Any) -> dict[str, float]:
        given = _entries(action, len(self._levels))
        held = {}
        for number, (name, values) in zip(given, self._levels.items(), strict=True):
            index = _whole(number)
            if not 0 <= index < len(values):
                raise ControlError(
                    f"level is {index}", where=f"control {name!r}", fix=f"give 0 to {len(values) - 1}"
                )
            held[name] = values[index]
        return held


class BoxActions:
    """``Box(-1, 1, (controls,), float32)``."""

    def __init__(self, spec: ControlSpec) -> None:
        self._spec = spec
        self.space: spaces.Space[Any] = spaces.Box(-1.0, 1.0, (len(spec),), np.float32)
        self.meanings = spec.names

    def controls(self, action: Any) -> dict[str, float]:
        held = {}
        for entry, control in zip(_entries(action, len(self._spec)), self._spec, strict=True):
            number = float(entry)
            if not np.isfinite(number):
                raise ControlError(
                    f"value is {number}", where=f"control {control.name!r}", fix="give -1 to 1"
                )
            if control.kind == "button":
                held[control.name] = float(number > 0.0)
            else:
                held[control.name] = control.snap(number * control.scale)
        return held


def _is_list(choice: Any) -> bool:
    return isinstance(choice, Sequence) and bool(choice) and all(isinstance(c, Mapping) for c in choice)


def _usual(spec: ControlSpec) -> list[dict[str, float]]:
    buttons = [control.name for control in spec if control.kind == "button"]
    turns = [(c.name, value) for c in spec if c.kind == "axis" for value in levels(c) if value]
    alone: list[dict[str, float]] = [{name: 1.0} for name in buttons]
    alone += [{name: value} for name, value in turns]
    return [{}, *alone, *({buttons[0]: 1.0, name: value} for name, value in turns if buttons)]


def _words(spec: ControlSpec, held: Mapping[str, float]) -> str:
    parts = [n if spec[n].kind == "button" else f"{n} {value:+g}" for n, value in held.items() if value]
    return " + ".join(parts) or "nothing"


def _entries(action: Any, count: int) -> Any:
    entries = np.asarray(action)
    if entries.shape != (count,) or entries.dtype.kind not in "biuf":
        raise ControlError(f"action is {action!r}", fix=f"give {count} numbers")
    return entries


def _whole(value: Any) -> int:
    number = np.asarray(value)
    if number.size != 1 or number.dtype.kind not in "biu":
        raise ControlError(f"action is {value!r}", fix="give a whole number")
    return int(number.item())
