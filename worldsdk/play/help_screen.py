"""The help screen: what this world listens to, and what the client adds."""

from __future__ import annotations

import pygame

from worldsdk.controls import ControlSpec
from worldsdk.play import theme
from worldsdk.play.keys import label
from worldsdk.play.shortcuts import Shortcuts

LINE = 24
KEYS_WIDTH, WORDS_WIDTH, MARGIN = 126, 270, 30


def control_rows(spec: ControlSpec, pads: bool) -> list[tuple[str, str]]:
    """(keys, meaning) for every way to move every control, as read by the player; pads only if wanted."""
    rows = []
    for control in spec:
        meaning = (control.help or control.name.replace("_", " ")).rstrip(".")
        by_value: dict[float, list[str]] = {}
        for code, value in control.keys.items():
            by_value.setdefault(value, []).append(label(code))
        for value, keys in sorted(by_value.items()):
            amount = f" ({value:+g})" if control.kind == "axis" else ""
            rows.append((" / ".join(keys), meaning + amount))
        if control.mouse is not None:
            rows.append(("Mouse", meaning))
        if pads and control.pad:
            rows.append((" / ".join(pad_label(name, value) for name, value in control.pad.items()), meaning))
        if not (control.keys or control.mouse or control.pad):
            rows.append(("no key", meaning))
    return rows


def pad_label(name: str, value: float) -> str:
    """``LeftStickY`` with -1 is ``L-stick up``: short enough for a column of keys."""
    short = name.replace("Left", "L-", 1) if name.startswith("Left") else name
    short = short.replace("Right", "R-", 1) if name.startswith("Right") else short
    short = short.replace("DPad", "D-pad ").lower() if len(short) > 1 else short
    if name.endswith("StickX"):
        return short[:-1].capitalize() + (" right" if value > 0 else " left")
    if name.endswith("StickY"):
        return short[:-1].capitalize() + (" down" if value > 0 else " up")
    return short[0].upper() + short[1:]


def draw_help(
    target: pygame.Surface, title: str, summary: str, spec: ControlSpec, keys: Shortcuts, pads: bool
) -> None:
    """Draws the screen in the middle of ``target``, made smaller where it would not fit."""
    world = control_rows(spec, pads)
    client = [(entry.text, entry.command.value) for entry in keys.entries]
    column = KEYS_WIDTH + WORDS_WIDTH
    width = 3 * MARGIN + 2 * column
    height = 2 * MARGIN + 74 + 30 + LINE * max(len(world), len(client)) + 34
    plate = theme.panel((width, height))
    plate.fill((0, 0, 0, 40), special_flags=pygame.BLEND_RGBA_ADD)
    theme.write(plate, title, (MARGIN, MARGIN - 4), theme.HUGE)
    theme.write(
        plate, shorten(summary, theme.BODY, width - 2 * MARGIN), (MARGIN, MARGIN + 38), colour=theme.MUTED
    )
    _column(plate, "In this world", world, MARGIN, MARGIN + 74)
    _column(plate, "While playing", client, 2 * MARGIN + column, MARGIN + 74)
    theme.write(
        plate, "Press any key to play", (width // 2, height - 40), colour=theme.ACCENT, align="centre"
    )
    room = target.get_rect().inflate(-16, -16)
    scale = min(1.0, room.width / width, room.height / height)
    if scale < 1.0:
        plate = pygame.transform.smoothscale(plate, (round(width * scale), round(height * scale)))
    target.blit(plate, plate.get_rect(center=target.get_rect().center))


def _column(plate: pygame.Surface, heading: str, rows: list[tuple[str, str]], x: int, y: int) -> None:
    theme.write(plate, heading, (x, y), colour=theme.ACCENT)
    y += 30
    for keys, meaning in rows:
        theme.write(plate, shorten(keys, theme.BODY, KEYS_WIDTH - 10), (x, y))
        theme.write(plate, shorten(meaning, theme.BODY, WORDS_WIDTH), (x + KEYS_WIDTH, y), colour=theme.MUTED)
        y += LINE


def shorten(text: str, size: int, width: int) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width`` pixels."""
    if theme.width_of(text, size) <= width:
        return text
    while text and theme.width_of(text + "...", size) > width:
        text = text[:-1]
    return text.rstrip() + "..."
