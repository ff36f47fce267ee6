"""Controls that devices move and that a program holds by name."""

from __future__ import annotations

import pytest

from tests.support import CONTROLS
from worldsdk.controls import Control, ControlSpec
from worldsdk.engines.hands import Hands
from worldsdk.engines.sticks import level
from worldsdk.errors import ControlError


def test_a_control_is_held_by_name_as_by_its_key() -> None:
    hands = Hands(CONTROLS)
    hands.hold("forward", True)
    assert hands.sample()["forward"] == hands.sample()["forward"] == 1.0
    hands.hold("forward", False)
    assert hands.sample()["forward"] == 0.0


def test_a_tap_by_name_shorter_than_a_tick_counts_once() -> None:
    hands = Hands(CONTROLS)
    hands.hold("forward", True)
    hands.hold("forward", False)
    assert hands.sample()["forward"] == 1.0
    assert hands.sample()["forward"] == 0.0


def test_an_axis_is_held_at_a_value_beside_the_players_keys() -> None:
    hands = Hands(CONTROLS)
    hands.set("turn", -3.0)
    assert hands.sample()["turn"] == -3.0
    hands.press("ArrowRight")
    assert hands.sample()["turn"] == 1.0
    hands.release("ArrowRight")
    hands.set("turn", 0.0)
    hands.sample()
    assert hands.sample()["turn"] == 0.0


def test_an_axis_that_only_goes_down_is_pressed_downwards() -> None:
    spec = ControlSpec((Control("brake", "axis", -2.0, 0.0),))
    hands = Hands(spec)
    hands.hold("brake", True)
    assert hands.sample()["brake"] == -2.0


def test_mouse_motion_becomes_controls_here() -> None:
    hands = Hands(CONTROLS)
    hands.move_mouse(30.0, 0.0)
    assert hands.sample_here()["turn"] == pytest.approx(3.0)
    assert hands.sample_here()["turn"] == 0.0


def test_everything_lets_go() -> None:
    hands = Hands(CONTROLS)
    hands.hold("forward", True)
    hands.set("turn", 5.0)
    hands.press("KeyW")
    hands.release_all()
    assert not any(hands.sample().values())


def test_names_and_values_that_are_wrong_are_refused_with_what_would_be_right() -> None:
    hands = Hands(CONTROLS)
    with pytest.raises(ControlError, match="forward"):
        hands.hold("fly", True)
    with pytest.raises(ControlError, match=r"-8\.0 to 8\.0"):
        hands.set("turn", 9.0)


@pytest.mark.parametrize(("raw", "shaped"), [(0.1, 0.0), (-0.1, 0.0), (1.0, 1.0), (-1.2, -1.0), (0.575, 0.5)])
def test_a_stick_rests_and_reaches_its_ends(raw: float, shaped: float) -> None:
    assert level(raw) == pytest.approx(shaped)
