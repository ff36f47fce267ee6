"""Keyboard keys by their place on the board: W3C ``KeyboardEvent.code`` names.

Packs bind places, not letters, so that "W A S D" stay a diamond on every keyboard layout. Both W3C
codes and SDL scancodes name places (both follow the USB HID usage table), so the map is one to one.
"""

from __future__ import annotations

from types import MappingProxyType

import pygame

_NAMED = {
    "Enter": pygame.KSCAN_RETURN,
    "Escape": pygame.KSCAN_ESCAPE,
    "Backspace": pygame.KSCAN_BACKSPACE,
    "Tab": pygame.KSCAN_TAB,
    "Space": pygame.KSCAN_SPACE,
    "Minus": pygame.KSCAN_MINUS,
    "Equal": pygame.KSCAN_EQUALS,
    "BracketLeft": pygame.KSCAN_LEFTBRACKET,
    "BracketRight": pygame.KSCAN_RIGHTBRACKET,
    "Backslash": pygame.KSCAN_BACKSLASH,
    "Semicolon": pygame.KSCAN_SEMICOLON,
    "Quote": pygame.KSCAN_APOSTROPHE,
    "Backquote": pygame.KSCAN_GRAVE,
    "Comma": pygame.KSCAN_COMMA,
    "Period": pygame.KSCAN_PERIOD,
    "Slash": pygame.KSCAN_SLASH,
    "CapsLock": pygame.KSCAN_CAPSLOCK,
    "PrintScreen": pygame.KSCAN_PRINTSCREEN,
    "ScrollLock": pygame.KSCAN_SCROLLLOCK,
    "Pause": pygame.KSCAN_PAUSE,
    "Insert": pygame.KSCAN_INSERT,
    "Home": pygame.KSCAN_HOME,
    "PageUp": pygame.KSCAN_PAGEUP,
    "Delete": pygame.KSCAN_DELETE,
    "End": pygame.KSCAN_END,
    "PageDown": pygame.KSCAN_PAGEDOWN,
    "ArrowRight": pygame.KSCAN_RIGHT,
    "ArrowLeft": pygame.KSCAN_LEFT,
    "ArrowDown": pygame.KSCAN_DOWN,
    "ArrowUp": pygame.KSCAN_UP,
    "NumLock": pygame.KSCAN_NUMLOCKCLEAR,
    "NumpadDivide": pygame.KSCAN_KP_DIVIDE,
    "NumpadMultiply": pygame.KSCAN_KP_MULTIPLY,
    "NumpadSubtract": pygame.KSCAN_KP_MINUS,
    "NumpadAdd": pygame.KSCAN_KP_PLUS,
    "NumpadEnter": pygame.KSCAN_KP_ENTER,
    "NumpadDecimal": pygame.KSCAN_KP_PERIOD,
    "IntlBackslash": pygame.KSCAN_NONUSBACKSLASH,
    "ControlLeft": pygame.KSCAN_LCTRL,
    "ShiftLeft": pygame.KSCAN_LSHIFT,
    "AltLeft": pygame.KSCAN_LALT,
    "MetaLeft": pygame.KSCAN_LGUI,
    "ControlRight": pygame.KSCAN_RCTRL,
    "ShiftRight": pygame.KSCAN_RSHIFT,
    "AltRight": pygame.KSCAN_RALT,
    "MetaRight": pygame.KSCAN_RGUI,
}

CODES = MappingProxyType(
    {f"Key{letter}": getattr(pygame, f"KSCAN_{letter}") for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    | {f"Digit{digit}": getattr(pygame, f"KSCAN_{digit}") for digit in range(10)}
    | {f"Numpad{digit}": getattr(pygame, f"KSCAN_KP{digit}") for digit in range(10)}
    | {f"F{number}": getattr(pygame, f"KSCAN_F{number}") for number in range(1, 16)}
    | _NAMED
)
"""W3C code -> SDL scancode."""

_BY_SCANCODE = {scancode: code for code, scancode in CODES.items()}

_SHORT = {
    "ArrowLeft": "Left",
    "ArrowRight": "Right",
    "ArrowUp": "Up",
    "ArrowDown": "Down",
    "BracketLeft": "[",
    "BracketRight": "]",
    "Backslash": "\\",
    "Semicolon": ";",
    "Quote": "'",
    "Backquote": "`",
    "Comma": ",",
    "Period": ".",
    "Slash": "/",
    "Minus": "-",
    "Equal": "=",
}


def code_of(event: pygame.event.Event) -> str | None:
    """The W3C code of a KEYDOWN or KEYUP event, or ``None`` for a key that has none here.

    Some sources (on-screen keyboards, remote desktops, injected events) carry no scancode; for those
    the place is guessed from the symbol, as on a US board.
    """
    code = _BY_SCANCODE.get(getattr(event, "scancode", 0))
    return code if code is not None else _code_of_symbol(getattr(event, "key", 0))


def _code_of_symbol(key: int) -> str | None:
    name = pygame.key.name(key)
    if len(name) == 1 and name.isascii() and name.isalpha():
        return f"Key{name.upper()}"
    if len(name) == 1 and name.isdigit():
        return f"Digit{name}"
    words = name.title().replace(" ", "")
    candidates = (words, f"Arrow{words}", {"Return": "Enter"}.get(words, ""), _FROM_SYMBOL.get(name, ""))
    return next((candidate for candidate in candidates if candidate in CODES), None)


_FROM_SYMBOL = {short: code for code, short in _SHORT.items()} | {
    "left shift": "ShiftLeft",
    "right shift": "ShiftRight",
    "left ctrl": "ControlLeft",
    "right ctrl": "ControlRight",
    "left alt": "AltLeft",
    "right alt": "AltRight",
}


def label(code: str) -> str:
    """What to print for a code: ``W`` for ``KeyW``, ``Left`` for ``ArrowLeft``."""
    if code in _SHORT:
        return _SHORT[code]
    if code.startswith("Key") and len(code) == 4:
        return code[3]
    if code.startswith("Digit"):
        return code[5:]
    if code.startswith("Numpad"):
        return f"Numpad {code[6:]}"
    for side in ("Left", "Right"):
        if code.endswith(side) and code != side:
            return f"{side} {code.removesuffix(side)}"
    return {"PageUp": "Page Up", "PageDown": "Page Down"}.get(code, code)
