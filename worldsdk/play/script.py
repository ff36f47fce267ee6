"""Input scripts: what is held at which tick, for runs without a player.

A script file is a JSON list. Each entry is one stretch of ticks::

    [
      {"ticks": 35, "controls": {"forward": 1}},
      {"ticks": 20, "controls": {"forward": 1, "turn": 4.0}},
      {"controls": {"turn": -4.0}},
      {}
    ]

``ticks`` (1 or more) may be left out and is then 1, so a script can also be written tick by tick.
``controls`` may be left out: everything is released. Controls not named are released.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.errors import ControlError, InputScriptError

TURN_WORDS = ("turn", "look", "yaw", "rotate")
STEP_WORDS = ("strafe", "move", "step", "side")

LONGEST = 10_000_000
"""Most ticks of one script: beyond any run, and small enough to count."""


@dataclass(frozen=True)
class InputScript:
    """Stretches of constant controls.

    Attributes:
        rest: what is applied after the end.
        stretches: (ticks >= 1, controls), in order.
    """

    rest: Controls
    stretches: tuple[tuple[int, Controls], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", list(accumulate(ticks for ticks, _ in self.stretches)))

    @property
    def length(self) -> int:
        """Ticks in all."""
        return sum(ticks for ticks, _ in self.stretches)

    def at(self, index: int) -> Controls:
        """Controls of the 0-based tick ``index``; at rest beyond the end."""
        ends: list[int] = self.__dict__["_ends"]
        place = bisect_right(ends, index)
        return self.stretches[place][1] if place < len(ends) else self.rest

    def __iter__(self) -> Iterator[Controls]:
        for ticks, controls in self.stretches:
            for _ in range(ticks):
                yield controls


def load_script(path: Path, spec: ControlSpec) -> InputScript:
    """Reads a script file for a world's controls.

    Raises:
        InputScriptError: unreadable, not JSON (with line and column), or an entry (with its index)
            that names an unknown control, a value out of range or a bad number of ticks.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputScriptError(f"cannot be read: {reason}", where=str(path)) from error
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputScriptError(
            f"is not JSON ({error.msg})",
            where=f"{path} line {error.lineno} column {error.colno}",
            fix='write a list such as [{"ticks": 35, "controls": {"forward": 1}}]',
        ) from error
    except RecursionError as error:
        raise InputScriptError("is nested too deeply", where=str(path)) from error
    return parse_script(data, spec, str(path))


def parse_script(data: Any, spec: ControlSpec, where: str = "input script") -> InputScript:
    """As ``load_script``, from parsed JSON."""
    if not isinstance(data, list):
        raise InputScriptError(
            f"is a {type(data).__name__}, not a list", where=where, fix="write a list of entries"
        )
    if not data:
        raise InputScriptError("has no entries", where=where, fix="write at least one entry")
    stretches = [_parse_entry(entry, spec, f"{where} entry {index}") for index, entry in enumerate(data)]
    script = InputScript(spec.rest, tuple(stretches))
    if script.length > LONGEST:
        raise InputScriptError(f"lasts {script.length} ticks", where=where, fix=f"stay under {LONGEST}")
    return script


def _parse_entry(entry: Any, spec: ControlSpec, where: str) -> tuple[int, Controls]:
    if not isinstance(entry, Mapping):
        raise InputScriptError(f"is {entry!r}", where=where, fix='write {"ticks": 10, "controls": {...}}')
    unknown = sorted(set(entry) - {"ticks", "controls"})
    if unknown:
        raise InputScriptError(
            f"has unknown fields {unknown}", where=where, fix='an entry has "ticks" and "controls" only'
        )
    ticks = entry.get("ticks", 1)
    if isinstance(ticks, bool) or not isinstance(ticks, int) or ticks < 1:
        raise InputScriptError(f"ticks is {ticks!r}", where=where, fix="give a whole number from 1")
    controls = entry.get("controls", {})
    if not isinstance(controls, Mapping):
        raise InputScriptError(f"controls is {controls!r}", where=where, fix='write {"forward": 1}')
    try:
        return ticks, spec.parse(controls)
    except ControlError as error:
        raise InputScriptError(str(error), where=where) from error


def wander(spec: ControlSpec, ticks: int, rate_hz: float) -> InputScript:
    """A sensible ``ticks`` long walk for any world: walks, turns both ways, walks in curves, strafes.

    Which control does what is told from names and key bindings. A world with nothing to walk or turn
    with has each control tried in turn.
    """
    walk, right, left = _walk(spec), _sideways(spec, "right", turn=True), _sideways(spec, "left", turn=True)
    step_right, step_left = _sideways(spec, "right", turn=False), _sideways(spec, "left", turn=False)
    plan: list[tuple[float, dict[str, float]]] = [
        (1.6, walk),
        (0.8, walk | right),
        (1.2, walk),
        (1.0, left),
        (1.4, walk | left),
        (0.7, walk | step_right),
        (1.8, walk),
        (0.9, right),
        (0.7, step_left),
        (1.3, walk | right),
        (0.4, {}),
    ]
    if not walk and not right and not left:
        plan = [(1.0, {control.name: _push(control, 1.0)}) for control in spec] + [(0.5, {})]
    stretches: list[tuple[int, Controls]] = []
    left_over = ticks
    while left_over > 0:
        for seconds, held in plan:
            count = min(max(1, round(seconds * rate_hz)), left_over)
            if count > 0:
                stretches.append((count, spec.parse(held)))
                left_over -= count
    return InputScript(spec.rest, tuple(stretches))


def _walk(spec: ControlSpec) -> dict[str, float]:
    for control in spec:
        if _says(control, ("forward", "walk", "ahead")):
            return {control.name: _push(control, 1.0)}
    for control in spec:
        for key in ("KeyW", "ArrowUp"):
            if control.keys.get(key):
                return {control.name: control.keys[key]}
    return {}


def _sideways(spec: ControlSpec, side: str, *, turn: bool) -> dict[str, float]:
    """Turning (or stepping) to one side, at half speed where the control has speeds.

    A bare "left" is a turn in worlds that have no other word for turning, and a step in those that do.
    """
    turners = [control for control in spec if control.mouse or _says(control, TURN_WORDS)]
    others = [control for control in spec if control not in turners]
    steppers = [control for control in others if _says(control, STEP_WORDS)]
    bare = [control for control in others if control not in steppers]
    sign = 1.0 if side == "right" else -1.0
    for control in (turners or bare) if turn else [*steppers, *(bare if turners else [])]:
        if control.kind == "axis" and control not in bare:
            value = _push(control, sign * 0.5) or _push(control, sign)
            if value:
                return {control.name: value}
        elif _says(control, (side,)):
            return {control.name: 1.0}
    return {}


def _says(control: Control, words: Sequence[str]) -> bool:
    return any(part in words for part in control.name.lower().split("_"))


def _push(control: Control, share: float) -> float:
    """The allowed value nearest to ``share`` of the way to the control's limit on that side."""
    return control.snap(share * control.high if share > 0 else -share * control.low)
