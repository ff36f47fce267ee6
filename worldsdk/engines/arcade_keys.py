"""Arcade's numbers for keys and names for gamepad buttons, and what packs call them.

Arcade tells which letter a key types, not where it is: places are those of a US board.
"""

from __future__ import annotations

from types import MappingProxyType

from worldsdk.errors import MissingExtraError

try:
    from arcade import key
except ImportError as error:
    raise MissingExtraError("Arcade is not installed", fix="pip install 'worldsdk[arcade]'") from error

_NAMED = {
    "ENTER": "Enter",
    "ESCAPE": "Escape",
    "BACKSPACE": "Backspace",
    "TAB": "Tab",
    "SPACE": "Space",
    "MINUS": "Minus",
    "EQUAL": "Equal",
    "BRACKETLEFT": "BracketLeft",
    "BRACKETRIGHT": "BracketRight",
    "BACKSLASH": "Backslash",
    "SEMICOLON": "Semicolon",
    "APOSTROPHE": "Quote",
    "GRAVE": "Backquote",
    "COMMA": "Comma",
    "PERIOD": "Period",
    "SLASH": "Slash",
    "CAPSLOCK": "CapsLock",
    "SCROLLLOCK": "ScrollLock",
    "PAUSE": "Pause",
    "INSERT": "Insert",
    "HOME": "Home",
    "PAGEUP": "PageUp",
    "DELETE": "Delete",
    "END": "End",
    "PAGEDOWN": "PageDown",
    "RIGHT": "ArrowRight",
    "LEFT": "ArrowLeft",
    "DOWN": "ArrowDown",
    "UP": "ArrowUp",
    "NUMLOCK": "NumLock",
    "NUM_DIVIDE": "NumpadDivide",
    "NUM_MULTIPLY": "NumpadMultiply",
    "NUM_SUBTRACT": "NumpadSubtract",
    "NUM_ADD": "NumpadAdd",
    "NUM_ENTER": "NumpadEnter",
    "NUM_DECIMAL": "NumpadDecimal",
    "LCTRL": "ControlLeft",
    "LSHIFT": "ShiftLeft",
    "LALT": "AltLeft",
    "LMETA": "MetaLeft",
    "RCTRL": "ControlRight",
    "RSHIFT": "ShiftRight",
    "RALT": "AltRight",
    "RMETA": "MetaRight",
}

CODES = MappingProxyType(
    {getattr(key, letter): f"Key{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    | {getattr(key, f"KEY_{digit}"): f"Digit{digit}" for digit in range(10)}
    | {getattr(key, f"NUM_{digit}"): f"Numpad{digit}" for digit in range(10)}
    | {getattr(key, f"F{number}"): f"F{number}" for number in range(1, 13)}
    | {getattr(key, name): code for name, code in _NAMED.items()}
)
"""``arcade.key`` number -> W3C code."""

BUTTONS = MappingProxyType(
    {
        "a": "A",
        "b": "B",
        "x": "X",
        "y": "Y",
        "back": "Back",
        "guide": "Guide",
        "start": "Start",
        "leftstick": "LeftStick",
        "rightstick": "RightStick",
        "leftshoulder": "LeftShoulder",
        "rightshoulder": "RightShoulder",
    }
)
"""Name in Arcade -> name in packs."""
