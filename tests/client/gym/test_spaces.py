import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.gym.toy import CONTROLS
from worldsdk.client.gym.spaces import KINDS, action_map, levels
from worldsdk.errors import ControlError, GymError


def test_discrete_is_rest_each_alone_and_the_first_button_with_each_level():
    actions = action_map(CONTROLS, "discrete")
    held = [actions.controls(index) for index in range(actions.space.n)]
    alone = [
        {"go": 1.0},
        {"aim": -4.0},
        {"aim": 4.0},
        {"gear": -1.0},
        {"gear": 1.0},
        {"lean": -2.0},
        {"lean": 2.0},
    ]
    assert held == [{}, *alone, *({"go": 1.0} | item for item in alone[1:])]
    assert actions.meanings[:4] == ("nothing", "go", "aim -4", "aim +4")
    assert actions.meanings[-1] == "go + lean +2"


def test_levels_are_the_allowed_values_or_the_keys_or_the_ends():
    assert levels(CONTROLS["gear"]) == (-1.0, 0.0, 1.0)
    assert levels(CONTROLS["aim"]) == (-4.0, 0.0, 4.0)
    assert levels(CONTROLS["lean"]) == (-2.0, 0.0, 2.0)


def test_multi_gives_one_level_for_each_control():
    actions = action_map(CONTROLS, "multi")
    assert actions.space.nvec.tolist() == [2, 3, 3, 3]
    assert actions.controls(np.array([1, 0, 2, 1])) == {"go": 1.0, "aim": -4.0, "gear": 1.0, "lean": 0.0}


def test_box_presses_above_rest_and_snaps_to_what_is_allowed():
    actions = action_map(CONTROLS, "box")
    assert actions.space.shape == (4,)
    assert actions.controls(np.array([0.1, -0.5, 0.6, 1.0], np.float32)) == {
        "go": 1.0, "aim": -5.0, "gear": 1.0, "lean": 2.0,
    }  # fmt: skip
    # aim reaches from -10 to 5 only: +1 is cut to what it allows.
    assert actions.controls([0.0, 1.0, 0.4, 0.0]) == {"go": 0.0, "aim": 5.0, "gear": 0.0, "lean": 0.0}


def test_a_list_of_ones_own_is_taken_as_it_is():
    actions = action_map(CONTROLS, [{}, {"go": 1, "aim": 3.5}])
    assert actions.space.n == 2
    assert actions.controls(np.int64(1)) == {"go": 1, "aim": 3.5}


@given(st.sampled_from(KINDS), st.integers(0, 2**32 - 1))
def test_every_action_of_a_space_is_controls_that_the_world_takes(kind, seed):
    actions = action_map(CONTROLS, kind)
    actions.space.seed(seed)
    CONTROLS.parse(actions.controls(actions.space.sample()))


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("discrete", 14),
        ("discrete", -1),
        ("discrete", 0.5),
        ("discrete", "go"),
        ("discrete", None),
        ("multi", [2, 0, 0, 0]),
        ("multi", [0, 0, 0]),
        ("multi", [0.5, 0, 0, 0]),
        ("box", [0.0, 0.0, 0.0]),
        ("box", [float("nan"), 0.0, 0.0, 0.0]),
        ("box", [0.0, float("inf"), 0.0, 0.0]),
        ("box", ["a", "b", "c", "d"]),
    ],
)
def test_what_is_no_action_is_refused(kind, action):
    with pytest.raises(ControlError):
        action_map(CONTROLS, kind).controls(action)


@pytest.mark.parametrize("choice", ["continuous", [], [1, 2], 3, None])
def test_what_is_no_choice_of_actions_is_refused(choice):
    with pytest.raises(GymError, match="action is"):
        action_map(CONTROLS, choice)


def test_a_list_that_names_unknown_controls_is_refused():
    with pytest.raises(ControlError, match="jump"):
        action_map(CONTROLS, [{"jump": 1}])
