"""From key presses, stick positions and mouse motion to one tick's Controls.

Events arrive whenever they like, a tick samples once. Between the two nothing may be lost: a key
pressed and released within one tick still counts for that tick, and mouse motion that a tick cannot
express (too fast, or finer than the control's steps) is carried to the next.
"""

from __future__ import annotations

import threading

from worldsdk.controls import Control, Controls, ControlSpec

OPPOSITES = (("left", "right"), ("forward", "backward"), ("forward", "back"), ("up", "down"))
"""Words that make two buttons a pair: held together they cancel, as they would on a stick."""

CARRY_TICKS = 20
"""Ticks of full mouse motion that may wait. A flick beyond it would turn the view long after the hand."""


def opposite_pairs(spec: ControlSpec) -> tuple[tuple[str, str], ...]:
    """Button names that differ only in one of the word pairs of ``OPPOSITES``."""
    buttons = [control.name for control in spec if control.kind == "button"]
    pairs = []
    for first, second in OPPOSITES:
        for name in buttons:
            parts = name.split("_")
            if first in parts:
                other = "_".join(second if part == first else part for part in parts)
                if other in buttons:
                    pairs.append((name, other))
    return tuple(pairs)


class Bindings:
    """The state of a player's devices, read as Controls. Safe to feed and to sample from two threads.

    Args:
        spec: the world's controls; each control's ``keys``, ``pad`` and ``mouse`` say what moves it.
    """

    def __init__(self, spec: ControlSpec) -> None:
        self.spec = spec
        self._pairs = opposite_pairs(spec)
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._tapped: set[str] = set()
        self._pad: dict[str, float] = {}
        self._pad_taps: dict[str, float] = {}
        self._carry: dict[str, float] = {control.name: 0.0 for control in spec if control.mouse}

    def press(self, code: str) -> None:
        """A key went down; ``code`` as in ``Control.keys``."""
        with self._lock:
            self._held.add(code)
            self._tapped.add(code)

    def release(self, code: str) -> None:
        """A key went up."""
        with self._lock:
            self._held.discard(code)

    def pad(self, name: str, value: float) -> None:
        """A pad input moved to ``value``: 0..1, sticks -1..1."""
        with self._lock:
            self._pad[name] = value
            if abs(value) > abs(self._pad_taps.get(name, 0.0)):
                self._pad_taps[name] = value

    def move_mouse(self, dx: float, dy: float) -> None:
        """The mouse moved by pixels, right and down positive."""
        with self._lock:
            for control in self.spec:
                if control.mouse is not None:
                    axis, scale = control.mouse
                    limit = CARRY_TICKS * control.scale
                    moved = self._carry[control.name] + scale * (dx if axis == "x" else dy)
                    self._carry[control.name] = min(max(moved, -limit), limit)

    def release_all(self) -> None:
        """Everything at rest: for a window that lost the keyboard, or a world that jumped elsewhere."""
        with self._lock:
            self._held.clear()
            self._tapped.clear()
            self._pad.clear()
            self._pad_taps.clear()
            self._carry = dict.fromkeys(self._carry, 0.0)

    def forget_motion(self) -> None:
        """Drops taps and mouse motion not yet sampled; what is held down stays held."""
        with self._lock:
            self._tapped.clear()
            self._pad_taps.clear()
            self._carry = dict.fromkeys(self._carry, 0.0)

    def sample(self) -> Controls:
        """This tick's controls; taps and mouse motion that went into them are used up."""
        with self._lock:
            values = {control.name: self._value(control) for control in self.spec}
            for first, second in self._pairs:
                if values[first] and values[second]:
                    values[first] = values[second] = 0.0
            self._tapped.clear()
            self._pad_taps = {}
            return self.spec.parse(values)

    def _value(self, control: Control) -> float:
        active = self._held | self._tapped
        pushes = [value for code, value in control.keys.items() if code in active]
        for name, full in control.pad.items():
            raw = self._pad.get(name, 0.0) or self._pad_taps.get(name, 0.0)
            pushes.append(raw * full)
        # The strongest push each way, then their sum: two keys for one thing do not add up,
        # opposite keys cancel.
        base = control.snap(max([0.0, *pushes]) + min([0.0, *pushes]))
        if control.name not in self._carry:
            return base
        wanted = base + self._carry[control.name]
        value = control.snap(wanted)
        self._carry[control.name] = wanted - value
        return value
