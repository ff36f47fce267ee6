"""From inputs that arrive whenever they like to one tick's controls; between two ticks nothing is lost.

A control's value at a tick is the one of largest magnitude that was held since the tick before, or what is
held now where nothing arrived since: a press shorter than a tick counts, and a release takes hold at the next
tick. Mouse motion adds up; what one tick cannot express is carried to the next.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import NamedTuple

from worldsdk.controls import ControlSpec
from worldsdk.protocol.messages import Input

CARRY_TICKS = 20
"""Ticks of full mouse motion that may wait. A flick beyond it would turn the view long after the hand."""

OPPOSITES = (("left", "right"), ("forward", "backward"), ("forward", "back"), ("up", "down"))
"""Words that make a pair of buttons which cancel when keys or a pad hold both, as they would on a stick."""


class Latched(NamedTuple):
    """What a tick applies.

    Attributes:
        controls: every control of the spec, each at a value that it allows.
        seq, ts: of the newest input that went in; 0 where none ever did.
        arrival: of that input, as ``feed`` was told.
        fresh: whether any input came since the tick before.
    """

    controls: dict[str, float]
    seq: int
    ts: int
    arrival: float
    fresh: bool


class InputLatch:
    """One player's inputs. Safe to feed and to take from two threads at once.

    Args:
        spec: the world's controls; their ``keys``, ``pad`` and ``mouse`` say what moves them.
        seq: newest input known before, of a player who has come back.
    """

    def __init__(self, spec: ControlSpec, seq: int = 0) -> None:
        self.spec = spec
        self._controls = {control.name: control for control in spec}
        self._pairs = opposite_pairs(spec)
        self._lock = threading.Lock()
        self._level = dict.fromkeys(spec.names, 0.0)
        self._peak: dict[str, float] | None = None
        self._carry = {control.name: 0.0 for control in spec if control.mouse is not None}
        self._seq, self._ts, self._arrival = seq, 0, 0.0

    def feed(self, given: Input, arrival: float = 0.0) -> bool:
        """Takes an input in; returns False, and does nothing, where it is not newer than the newest.

        Values beyond a control's range, or between those it allows, are moved to the nearest that it allows.
        Keys and pad inputs that move no control are ignored.

        Args:
            given: the input.
            arrival: when it came, on the caller's clock; handed back by ``take``.

        Raises:
            ControlError: it names a control that the world does not have. Nothing was taken in.
        """
        level = self._levels(given)
        with self._lock:
            if given.seq <= self._seq:
                return False
            self._seq, self._ts, self._arrival = given.seq, given.ts, arrival
            self._level = level
            if self._peak is None:
                self._peak = dict(level)
            else:
                for name, value in level.items():
                    if abs(value) >= abs(self._peak[name]):
                        self._peak[name] = value
            for name in self._carry:
                self._move(name, given.mouse)
            return True

    def take(self) -> Latched:
        """The controls of the tick that begins now."""
        with self._lock:
            fresh = self._peak is not None
            values = dict(self._level if self._peak is None else self._peak)
            for name, waiting in self._carry.items():
                wanted = values[name] + waiting
                values[name] = self._controls[name].snap(wanted)
                self._carry[name] = wanted - values[name]
            self._peak = None
            return Latched(values, self._seq, self._ts, self._arrival, fresh)

    def step(self, given: Input, arrival: float = 0.0) -> dict[str, float] | None:
        """``feed`` and ``take`` in one, for ticks that are ordered one by one.

        Returns:
            the controls of that tick; None where ``given`` is not newer than the newest. Raises as ``feed``.
        """
        if self._carry or self._peak is not None:
            return self.take().controls if self.feed(given, arrival) else None
        level = self._levels(given)
        with self._lock:
            if given.seq <= self._seq:
                return None
            self._seq, self._ts, self._arrival = given.seq, given.ts, arrival
            self._level = level
        return dict(level)

    def release(self) -> None:
        """Everything at rest: the player is gone, or the world has jumped elsewhere."""
        with self._lock:
            self._level = dict.fromkeys(self._level, 0.0)
            self._peak = None
            self._carry = dict.fromkeys(self._carry, 0.0)

    def _levels(self, given: Input) -> dict[str, float]:
        levels = dict.fromkeys(self._controls, 0.0)
        if given.keys or given.pad:
            levels = self._pushed(given.keys, given.pad)
        for name, value in given.controls.items():
            # The spec's own lookup raises the error that names the controls there are.
            control = self._controls.get(name) or self.spec[name]
            snapped = control.snap(value)
            if abs(snapped) >= abs(levels[name]):
                levels[name] = snapped
        return levels

    def _pushed(self, keys: tuple[str, ...], pad: Mapping[str, float]) -> dict[str, float]:
        """The strongest push each way, then their sum: two keys for one thing do not add up."""
        levels = {}
        for name, control in self._controls.items():
            pushes = [value for code, value in control.keys.items() if code in keys]
            pushes += [pad.get(button, 0.0) * full for button, full in control.pad.items()]
            levels[name] = control.snap(max([0.0, *pushes]) + min([0.0, *pushes]))
        for first, second in self._pairs:
            if levels[first] and levels[second]:
                levels[first] = levels[second] = 0.0
        return levels

    def _move(self, name: str, moved: tuple[float, float]) -> None:
        control = self._controls[name]
        assert control.mouse is not None
        axis, scale = control.mouse
        limit = CARRY_TICKS * control.scale
        wanted = self._carry[name] + scale * moved[0 if axis == "x" else 1]
        self._carry[name] = min(max(wanted, -limit), limit)


def opposite_pairs(spec: ControlSpec) -> tuple[tuple[str, str], ...]:
    """Buttons whose names differ only in one pair of ``OPPOSITES``."""
    buttons = {control.name for control in spec if control.kind == "button"}
    pairs = []
    for name in sorted(buttons):
        words = name.split("_")
        for first, second in OPPOSITES:
            other = "_".join(second if word == first else word for word in words)
            if other != name and other in buttons:
                pairs.append((name, other))
    return tuple(pairs)
