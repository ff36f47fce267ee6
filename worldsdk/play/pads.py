"""Gamepads by standard layout: every pad that SDL knows looks like the same sixteen buttons and six axes.

Names that packs use: ``A B X Y``, ``DPadUp DPadDown DPadLeft DPadRight``, ``LeftShoulder
RightShoulder``, ``LeftStick RightStick`` (pressed), ``Back Start Guide``; sticks ``LeftStickX LeftStickY
RightStickX RightStickY`` from -1 (left, up) to 1 (right, down); ``LeftTrigger RightTrigger`` from 0 to 1.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pygame
from pygame._sdl2 import controller

BUTTONS = MappingProxyType(
    {
        "A": pygame.CONTROLLER_BUTTON_A,
        "B": pygame.CONTROLLER_BUTTON_B,
        "X": pygame.CONTROLLER_BUTTON_X,
        "Y": pygame.CONTROLLER_BUTTON_Y,
        "Back": pygame.CONTROLLER_BUTTON_BACK,
        "Guide": pygame.CONTROLLER_BUTTON_GUIDE,
        "Start": pygame.CONTROLLER_BUTTON_START,
        "LeftStick": pygame.CONTROLLER_BUTTON_LEFTSTICK,
        "RightStick": pygame.CONTROLLER_BUTTON_RIGHTSTICK,
        "LeftShoulder": pygame.CONTROLLER_BUTTON_LEFTSHOULDER,
        "RightShoulder": pygame.CONTROLLER_BUTTON_RIGHTSHOULDER,
        "DPadUp": pygame.CONTROLLER_BUTTON_DPAD_UP,
        "DPadDown": pygame.CONTROLLER_BUTTON_DPAD_DOWN,
        "DPadLeft": pygame.CONTROLLER_BUTTON_DPAD_LEFT,
        "DPadRight": pygame.CONTROLLER_BUTTON_DPAD_RIGHT,
    }
)
AXES = MappingProxyType(
    {
        "LeftStickX": pygame.CONTROLLER_AXIS_LEFTX,
        "LeftStickY": pygame.CONTROLLER_AXIS_LEFTY,
        "RightStickX": pygame.CONTROLLER_AXIS_RIGHTX,
        "RightStickY": pygame.CONTROLLER_AXIS_RIGHTY,
        "LeftTrigger": pygame.CONTROLLER_AXIS_TRIGGERLEFT,
        "RightTrigger": pygame.CONTROLLER_AXIS_TRIGGERRIGHT,
    }
)
DEAD_ZONE = 0.15
"""Share of a stick's travel that counts as rest: worn sticks do not centre exactly."""

_BUTTON_NAMES = {number: name for name, number in BUTTONS.items()}
_AXIS_NAMES = {number: name for name, number in AXES.items()}


def shape_axis(raw: float) -> float:
    """-1..1 with the dead zone cut out and the rest stretched, so that motion starts at 0."""
    size = min(abs(raw), 1.0)
    if size <= DEAD_ZONE:
        return 0.0
    return (size - DEAD_ZONE) / (1.0 - DEAD_ZONE) * (1.0 if raw > 0 else -1.0)


class Gamepads:
    """Keeps connected pads open (SDL reports only open ones) and names what their events say."""

    def __init__(self) -> None:
        self._open: dict[int, Any] = {}
        controller.init()
        for index in range(controller.get_count()):
            self._add(index)

    def __len__(self) -> int:
        return len(self._open)

    def translate(self, event: pygame.event.Event) -> tuple[str, float] | None:
        """(input name, value) of a pad event, or ``None`` for any other event."""
        if event.type == pygame.CONTROLLERDEVICEADDED:
            self._add(event.device_index)
        elif event.type == pygame.CONTROLLERDEVICEREMOVED:
            self._open.pop(event.instance_id, None)
        return name_event(event)

    def close(self) -> None:
        for pad in self._open.values():
            pad.quit()
        self._open.clear()
        controller.quit()

    def _add(self, index: int) -> None:
        if controller.is_controller(index):
            pad = controller.Controller(index)
            self._open[pad.as_joystick().get_instance_id()] = pad


def name_event(event: pygame.event.Event) -> tuple[str, float] | None:
    """As ``Gamepads.translate``, without touching any device."""
    if event.type in (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP):
        name = _BUTTON_NAMES.get(event.button)
        return (name, float(event.type == pygame.CONTROLLERBUTTONDOWN)) if name else None
    if event.type == pygame.CONTROLLERAXISMOTION:
        name = _AXIS_NAMES.get(event.axis)
        # SDL's axes are 16-bit integers with one more step on the negative side.
        return (name, shape_axis(event.value / 32767.0)) if name else None
    return None
