"""Names of keys and gamepad inputs in Panda3D, and what packs call them."""

from __future__ import annotations

from types import MappingProxyType

_NAMED = {
    "enter": "Enter",
    "escape": "Escape",
    "backspace": "Backspace",
    "tab": "Tab",
    "space": "Space",
    "-": "Minus",
    "=": "Equal",
    "[": "BracketLeft",
    "]": "BracketRight",
    "\\": "Backslash",
    ";": "Semicolon",
    "'": "Quote",
    "`": "Backquote",
    ",": "Comma",
    ".": "Period",
    "/": "Slash",
    "caps_lock": "CapsLock",
    "print_screen": "PrintScreen",
    "scroll_lock": "ScrollLock",
    "pause": "Pause",
    "insert": "Insert",
    "home": "Home",
    "page_up": "PageUp",
    "delete": "Delete",
    "end": "End",
    "page_down": "PageDown",
    "arrow_right": "ArrowRight",
    "arrow_left": "ArrowLeft",
    "arrow_down": "ArrowDown",
    "arrow_up": "ArrowUp",
    "num_lock": "NumLock",
    "lcontrol": "ControlLeft",
    "lshift": "ShiftLeft",
    "lalt": "AltLeft",
    "lmeta": "MetaLeft",
    "rcontrol": "ControlRight",
    "rshift": "ShiftRight",
    "ralt": "AltRight",
    "rmeta": "MetaRight",
}

CODES = MappingProxyType(
    {letter: f"Key{letter.upper()}" for letter in "abcdefghijklmnopqrstuvwxyz"}
    | {str(digit): f"Digit{digit}" for digit in range(10)}
    | {f"f{number}": f"F{number}" for number in range(1, 13)}
    | _NAMED
)
"""Panda's name of a key, by its place on a US board -> W3C code."""

AXES = MappingProxyType(
    {
        # Panda's sticks count upwards, ours downwards as browsers and SDL do.
        "LeftStickX": ("left_x", 1.0),
        "LeftStickY": ("left_y", -1.0),
        "RightStickX": ("right_x", 1.0),
        "RightStickY": ("right_y", -1.0),
        "LeftTrigger": ("left_trigger", 1.0),
        "RightTrigger": ("right_trigger", 1.0),
    }
)
"""Name in packs -> (name of the ``InputDevice.Axis``, sign)."""

BUTTONS = MappingProxyType(
    {
        "A": "face_a",
        "B": "face_b",
        "X": "face_x",
        "Y": "face_y",
        "Back": "back",
        "Guide": "guide",
        "Start": "start",
        "LeftStick": "lstick",
        "RightStick": "rstick",
        "LeftShoulder": "lshoulder",
        "RightShoulder": "rshoulder",
        "DPadUp": "dpad_up",
        "DPadDown": "dpad_down",
        "DPadLeft": "dpad_left",
        "DPadRight": "dpad_right",
    }
)
"""Name in packs -> name of Panda's button."""
