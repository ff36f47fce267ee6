"""What the CS:GO model listens to: 11 keys, 2 mouse buttons, and the mouse's motion in bins.

The action vector is that of Pearce and Zhu 2022, "Counter-Strike Deathmatch with Large-Scale Behavioural
Cloning". The mouse's buttons are keys here, since controls are bound to keys and pads.
"""

from __future__ import annotations

from typing import Literal

from worldsdk.controls import Control, ControlSpec
from worldsdk.models.diamond.config import ActionsConfig

_HALF_X = (2.0, 4.0, 10.0, 20.0, 30.0, 60.0, 100.0, 200.0, 300.0, 500.0, 1000.0)
_HALF_Y = (2.0, 4.0, 10.0, 20.0, 50.0, 100.0, 200.0)
MOUSE_X = (*(-value for value in reversed(_HALF_X)), 0.0, *_HALF_X)
MOUSE_Y = (*(-value for value in reversed(_HALF_Y)), 0.0, *_HALF_Y)

_BUTTONS = (
    ("forward", "KeyW", "DPadUp", "walk forward"),
    ("left", "KeyA", "DPadLeft", "step to the left"),
    ("back", "KeyS", "DPadDown", "walk backward"),
    ("right", "KeyD", "DPadRight", "step to the right"),
    ("jump", "Space", "A", "jump"),
    ("crouch", "ControlLeft", "B", "crouch"),
    ("walk", "ShiftLeft", "LeftStick", "walk slowly"),
    ("weapon1", "Digit1", "", "the first weapon"),
    ("weapon2", "Digit2", "", "the second weapon"),
    ("weapon3", "Digit3", "", "the knife"),
    ("reload", "KeyR", "X", "reload"),
    ("fire", "KeyJ", "RightTrigger", "fire"),
    ("aim", "KeyK", "LeftTrigger", "the weapon's second function"),
)
"""In the order of the action vector."""

_EXCLUSIVE = (("forward", "back"), ("left", "right"), *(("weapon1", f"weapon{n}") for n in (2, 3)))
MOUSE_SCALE = 10.0
"""Units of the mouse's motion a pixel of ours, as the original plays by default."""

ACTIONS = 51
"""Length of the action vector."""


def controls_of() -> tuple[ControlSpec, ActionsConfig]:
    """The control spec, and how its vector becomes the action vector."""
    names = [name for name, *_ in _BUTTONS]
    buttons = [
        Control(name, keys={key: 1.0}, pad={pad: 1.0} if pad else {}, help=text)
        for name, key, pad, text in _BUTTONS
    ]
    turn = _axis("turn", MOUSE_X, "x", 60.0, ("ArrowLeft", "ArrowRight"), "RightStickX")
    look = _axis("look", MOUSE_Y, "y", 50.0, ("ArrowUp", "ArrowDown"), "RightStickY")
    pairs = (*_EXCLUSIVE, ("weapon2", "weapon3"))
    exclusive = tuple((names.index(first), names.index(second)) for first, second in pairs)
    actions = ActionsConfig(len(buttons) + 2, (), len(buttons), exclusive, (MOUSE_X, MOUSE_Y))
    return ControlSpec((*buttons, turn, look)), actions


def _axis(
    name: str, bins: tuple[float, ...], axis: Literal["x", "y"], step: float, keys: tuple[str, str], pad: str
) -> Control:
    return Control(
        name,
        kind="axis",
        low=bins[0],
        high=bins[-1],
        values=bins,
        unit="mouse units/tick",
        keys={keys[0]: -step, keys[1]: step},
        pad={pad: step},
        mouse=(axis, MOUSE_SCALE),
        help="the view's motion, to the right" if axis == "x" else "the view's motion, downwards",
    )
