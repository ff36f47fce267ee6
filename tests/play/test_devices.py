"""Keys, pads and shortcuts: from pygame's events to names."""

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.controls import Control, ControlSpec
from worldsdk.play.help_screen import control_rows, pad_label
from worldsdk.play.keys import CODES, code_of, label
from worldsdk.play.pads import AXES, BUTTONS, DEAD_ZONE, name_event, shape_axis
from worldsdk.play.shortcuts import Command, Shortcuts


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_scancode_leads_back_to_its_code_and_has_a_label(code):
    event = pygame.event.Event(pygame.KEYDOWN, key=0, scancode=CODES[code])
    assert code_of(event) == code
    assert label(code)


def test_codes_and_labels_are_one_to_one():
    assert len(set(CODES.values())) == len(CODES)
    assert len({label(code) for code in CODES}) == len(CODES)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (pygame.K_w, "KeyW"),
        (pygame.K_7, "Digit7"),
        (pygame.K_LEFT, "ArrowLeft"),
        (pygame.K_RETURN, "Enter"),
        (pygame.K_SPACE, "Space"),
        (pygame.K_BACKSPACE, "Backspace"),
        (pygame.K_LSHIFT, "ShiftLeft"),
        (pygame.K_F11, "F11"),
        (pygame.K_PERIOD, "Period"),
        (pygame.K_LEFTBRACKET, "BracketLeft"),
        (0, None),
    ],
)
def test_events_without_scancode_are_placed_by_symbol(key, code):
    pygame.display.init()
    assert code_of(pygame.event.Event(pygame.KEYDOWN, key=key, scancode=0)) == code


def test_an_unknown_key_is_nobody():
    assert code_of(pygame.event.Event(pygame.KEYDOWN, key=0, scancode=9999)) is None


@pytest.mark.parametrize("name", sorted(BUTTONS))
def test_pad_buttons_are_named(name):
    down = pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=BUTTONS[name])
    up = pygame.event.Event(pygame.CONTROLLERBUTTONUP, button=BUTTONS[name])
    assert name_event(down) == (name, 1.0) and name_event(up) == (name, 0.0)


@pytest.mark.parametrize("name", sorted(AXES))
def test_pad_axes_are_named_and_reach_their_ends(name):
    ends = [
        name_event(pygame.event.Event(pygame.CONTROLLERAXISMOTION, axis=AXES[name], value=value))
        for value in (-32768, 0, 32767)
    ]
    assert ends == [(name, -1.0), (name, 0.0), (name, 1.0)]


def test_other_events_and_unknown_inputs_say_nothing():
    assert name_event(pygame.event.Event(pygame.KEYDOWN, key=0)) is None
    assert name_event(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=99)) is None
    assert name_event(pygame.event.Event(pygame.CONTROLLERAXISMOTION, axis=99, value=0)) is None


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_sticks_are_odd_monotonic_and_rest_in_the_dead_zone(a, b):
    assert shape_axis(-a) == -shape_axis(a)
    assert -1.0 <= shape_axis(a) <= 1.0
    if abs(a) <= DEAD_ZONE:
        assert shape_axis(a) == 0.0
    if a <= b:
        assert shape_axis(a) <= shape_axis(b)


def test_shortcuts_step_aside_for_the_world_keys():
    spec = ControlSpec((Control("reload", keys={"KeyR": 1}, pad={"Start": 1}), Control("forward")))
    shortcuts = Shortcuts(spec)
    assert shortcuts.find("KeyR", ctrl=False) is None
    assert shortcuts.find("KeyR", ctrl=True) is Command.RESET
    assert shortcuts.find("KeyP", ctrl=False) is Command.PAUSE
    assert shortcuts.find("KeyQ", ctrl=False) is None and shortcuts.find("KeyQ", ctrl=True) is Command.QUIT
    assert "Start" not in shortcuts.pads and "Back" in shortcuts.pads


def test_every_command_has_exactly_one_key():
    entries = Shortcuts(ControlSpec((Control("go"),)), remote=True).entries
    assert sorted(entry.command.name for entry in entries) == sorted(command.name for command in Command)
    assert len({entry.text for entry in entries}) == len(entries)


def test_help_names_each_way_to_move_each_control():
    spec = ControlSpec(
        (
            Control("forward", keys={"KeyW": 1, "ArrowUp": 1}, pad={"LeftStickY": -1}, help="Walk."),
            Control("turn", "axis", -8, 8, keys={"KeyQ": -4, "KeyE": 4}, mouse=("x", 0.1)),
            Control("secret_thing"),
        )
    )
    assert control_rows(spec, pads=True) == [
        ("W / Up", "Walk"),
        ("L-stick up", "Walk"),
        ("Q", "turn (-4)"),
        ("E", "turn (+4)"),
        ("Mouse", "turn"),
        ("no key", "secret thing"),
    ]
    assert ("L-stick up", "Walk") not in control_rows(spec, pads=False)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("A", 1, "A"),
        ("DPadLeft", 1, "D-pad left"),
        ("LeftShoulder", 1, "L-shoulder"),
        ("RightTrigger", 1, "R-trigger"),
        ("RightStickX", -4, "R-stick left"),
        ("Start", 1, "Start"),
    ],
)
def test_pad_labels_are_short(name, value, text):
    assert pad_label(name, value) == text
