"""What moves a world's controls: the player's devices, and the program itself, which may hold any by name."""

from __future__ import annotations

from dataclasses import replace

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.play.bindings import Bindings
from worldsdk.play.mouse import MouseBindings

_BY_NAME = "worldsdk:"
"""Prefix of inputs that no device has: each control gets a key and an axis of its own, so that what a program
holds is sampled, kept through short taps and released like everything else."""


class Hands(MouseBindings):
    """Bindings whose controls can also be held by name. Safe to feed and to sample from two threads."""

    def __init__(self, spec: ControlSpec) -> None:
        super().__init__(ControlSpec(tuple(_reachable(control) for control in spec)))

    def hold(self, name: str, held: bool) -> None:
        """Holds a control at the end of its range, or lets it go. Raises ControlError for an unknown name."""
        code = _BY_NAME + self.spec[name].name
        if held:
            self.press(code)
        else:
            self.release(code)

    def set(self, name: str, value: float) -> None:
        """Holds a control at a value until another is set; 0 lets it go.

        Raises:
            ControlError: an unknown name, or a value that the control does not take.
        """
        self.pad(_BY_NAME + name, self.spec[name].check(value))

    def sample_here(self) -> Controls:
        """This tick's controls, mouse included, for a world in this process."""
        with self._lock:
            moved, self._moved = self._moved, (0.0, 0.0)
        Bindings.move_mouse(self, *moved)
        return self.sample()


def _reachable(control: Control) -> Control:
    code = _BY_NAME + control.name
    # A button is not pushed halfway; an axis is held at its upper end, or the lower one where that is all.
    full = control.high or control.low
    return replace(control, keys={**control.keys, code: full}, pad={**control.pad, code: 1.0})
