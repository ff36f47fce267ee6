"""What Oasis 500M listens to: the 25 actions of Minecraft in the order of the published action vector.

The order, the camera's bins and its scale are those of etched-ai/open-oasis, whose recordings are VPT's
(Baker et al. 2022, arXiv:2206.11795). There ``cameraX`` is the first of the camera's two numbers, which is
pitch, and ``cameraY`` the second, yaw: names follow the published list, mouse and pad what they do.
"""

from __future__ import annotations

from dataclasses import replace

from worldsdk.controls import Control, ControlSpec

RATE_HZ = 20.0
"""Minecraft's own beat, at which the footage was recorded."""

CAMERA_DEGREES = 20.0
CAMERA_BIN = 0.5
"""Most that the view turns in a tick, and the size of its bins, in degrees."""

MOUSE_DEGREES = 0.15
"""Per pixel of mouse motion, as the footage was scaled."""

BUTTONS: dict[str, tuple[dict[str, float], dict[str, float], str]] = {
    "inventory": ({"KeyE": 1.0}, {"Y": 1.0}, "open or close the inventory"),
    "ESC": ({"Backquote": 1.0}, {}, "the game's own Escape: its menu"),
    **{f"hotbar.{n}": ({f"Digit{n}": 1.0}, {}, f"take item {n} in hand") for n in range(1, 10)},
    "forward": ({"KeyW": 1.0, "ArrowUp": 1.0}, {"LeftStickY": -1.0}, "walk forward"),
    "back": ({"KeyS": 1.0, "ArrowDown": 1.0}, {"LeftStickY": 1.0}, "walk back"),
    "left": ({"KeyA": 1.0}, {"LeftStickX": -1.0}, "step left"),
    "right": ({"KeyD": 1.0}, {"LeftStickX": 1.0}, "step right"),
    "jump": ({"Space": 1.0}, {"A": 1.0}, "jump"),
    "sneak": ({"ShiftLeft": 1.0}, {"RightStick": 1.0}, "sneak"),
    "sprint": ({"ControlLeft": 1.0}, {"LeftStick": 1.0}, "sprint"),
    "swapHands": ({"KeyG": 1.0}, {"X": 1.0}, "swap the two hands"),
    "attack": ({"KeyJ": 1.0}, {"RightTrigger": 1.0}, "strike, or dig"),
    "use": ({"KeyK": 1.0}, {"LeftTrigger": 1.0}, "use what is in hand, or place it"),
    "pickItem": ({"KeyC": 1.0}, {"DPadUp": 1.0}, "take the block that is looked at in hand"),
    "drop": ({"KeyQ": 1.0}, {"B": 1.0}, "drop what is in hand"),
}
"""Name -> keys, pad inputs, and what it does."""

ORDER = (
    *("inventory", "ESC", *(f"hotbar.{n}" for n in range(1, 10)), "forward", "back", "left", "right"),
    *("cameraX", "cameraY", "jump", "sneak", "sprint", "swapHands", "attack", "use", "pickItem", "drop"),
)
"""Of the action vector."""


def controls(count: int) -> ControlSpec:
    """The published controls; for another number of actions, as many axes from -1 to 1 without a name."""
    if count != len(ORDER):
        return ControlSpec(tuple(Control(f"action.{n}", "axis", -1.0, 1.0) for n in range(count)))
    bins = round(CAMERA_DEGREES / CAMERA_BIN)
    values = tuple(CAMERA_BIN * n for n in range(-bins, bins + 1))
    pitch = Control(
        "cameraX",
        "axis",
        -CAMERA_DEGREES,
        CAMERA_DEGREES,
        values=values,
        unit="degrees/tick",
        keys={"PageUp": -5.0, "PageDown": 5.0},
        pad={"RightStickY": 10.0},
        mouse=("y", MOUSE_DEGREES),
        help="look up or down (down is positive)",
    )
    yaw = replace(
        pitch,
        name="cameraY",
        keys={"ArrowLeft": -5.0, "ArrowRight": 5.0},
        pad={"RightStickX": 10.0},
        mouse=("x", MOUSE_DEGREES),
        help="look left or right",
    )
    cameras = {camera.name: camera for camera in (pitch, yaw)}
    return ControlSpec(tuple(cameras[name] if name in cameras else _button(name) for name in ORDER))


def _button(name: str) -> Control:
    keys, pad, text = BUTTONS[name]
    return Control(name, keys=keys, pad=pad, help=text)
