import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.controls import Control, ControlSpec
from worldsdk.play.bindings import CARRY_TICKS, Bindings, opposite_pairs

SPEC = ControlSpec(
    (
        Control("forward", keys={"KeyW": 1, "ArrowUp": 1}, pad={"LeftStickY": -1.0}),
        Control("backward", keys={"KeyS": 1}),
        Control("strafe_left", keys={"KeyA": 1}),
        Control("strafe_right", keys={"KeyD": 1}),
        Control(
            "turn", "axis", -10, 10, keys={"ArrowLeft": -4, "ArrowRight": 4, "KeyE": 2}, mouse=("x", 0.25),
            pad={"RightStickX": 8.0},
        ),
        Control("look", "axis", -6, 6, values=(-6, -3, 0, 3, 6), mouse=("y", 0.1)),
        Control("fire", pad={"A": 1.0, "RightTrigger": 1.0}),
    )
)  # fmt: skip


def test_nothing_touched_is_rest():
    assert Bindings(SPEC).sample() == SPEC.rest


def test_a_held_key_holds_and_a_released_one_rests():
    bindings = Bindings(SPEC)
    bindings.press("KeyW")
    assert [bindings.sample()["forward"] for _ in range(3)] == [1, 1, 1]
    bindings.release("KeyW")
    assert bindings.sample() == SPEC.rest


def test_a_press_shorter_than_a_tick_counts_once():
    bindings = Bindings(SPEC)
    bindings.press("KeyW")
    bindings.release("KeyW")
    bindings.pad("A", 1.0)
    bindings.pad("A", 0.0)
    first = bindings.sample()
    assert first["forward"] == 1 and first["fire"] == 1
    assert bindings.sample() == SPEC.rest


def test_two_keys_for_one_control_do_not_add_up():
    bindings = Bindings(SPEC)
    for code in ("KeyW", "ArrowUp", "ArrowRight", "KeyE"):
        bindings.press(code)
    controls = bindings.sample()
    assert controls["forward"] == 1 and controls["turn"] == 4


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ("KeyW", "KeyS", ("forward", "backward")),
        ("KeyA", "KeyD", ("strafe_left", "strafe_right")),
        ("ArrowLeft", "ArrowRight", ("turn",)),
    ],
)
def test_opposite_keys_cancel_until_one_is_let_go(one, other, names):
    bindings = Bindings(SPEC)
    bindings.press(one)
    bindings.press(other)
    assert all(bindings.sample()[name] == 0 for name in names)
    bindings.release(other)
    assert any(bindings.sample()[name] != 0 for name in names)


def test_pairs_are_told_from_whole_words():
    names = ("turn_left", "turn_right", "leftover", "rightover", "up", "down", "move_back", "move_forward")
    spec = ControlSpec(tuple(Control(name) for name in names))
    assert set(opposite_pairs(spec)) == {
        ("turn_left", "turn_right"), ("up", "down"), ("move_forward", "move_back"),
    }  # fmt: skip


def test_a_stick_pushes_in_proportion_and_a_button_past_half_way():
    bindings = Bindings(SPEC)
    bindings.pad("RightStickX", -0.5)
    bindings.pad("LeftStickY", -0.4)
    controls = bindings.sample()
    assert controls["turn"] == -4 and controls["forward"] == 0
    bindings.pad("LeftStickY", -0.6)
    assert bindings.sample()["forward"] == 1
    bindings.pad("LeftStickY", 1.0)
    assert bindings.sample()["forward"] == 0


@given(st.lists(st.tuples(st.integers(-60, 60), st.booleans()), max_size=12))
def test_no_mouse_motion_is_lost(moves):
    """However motion and ticks interleave, what ticks got adds up to what the hand did."""
    bindings = Bindings(SPEC)
    turned = looked = 0.0
    for distance, tick in moves:
        bindings.move_mouse(distance, distance)
        if tick:
            controls = bindings.sample()
            turned, looked = turned + controls["turn"], looked + controls["look"]
    for _ in range(100):
        controls = bindings.sample()
        turned, looked = turned + controls["turn"], looked + controls["look"]
    total = sum(distance for distance, _ in moves)
    assert turned == pytest.approx(0.25 * total)
    # What is left is finer than half a step of the control.
    assert abs(looked - 0.1 * total) <= 1.5 + 1e-9


def test_a_flick_beyond_all_reason_ends():
    bindings = Bindings(SPEC)
    bindings.move_mouse(1e6, 0)
    turns = [bindings.sample()["turn"] for _ in range(CARRY_TICKS + 5)]
    assert turns == [10] * CARRY_TICKS + [0] * 5


events = st.one_of(
    st.tuples(st.sampled_from(["press", "release"]), st.sampled_from(["KeyW", "KeyS", "KeyA", "ArrowLeft"])),
    st.tuples(st.just("pad"), st.sampled_from(["A", "LeftStickY", "RightStickX"]), st.floats(-1, 1)),
    st.tuples(st.just("move_mouse"), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
    st.tuples(st.sampled_from(["sample", "release_all", "forget_motion"])),
)


@given(st.lists(events, max_size=30))
def test_whatever_happens_samples_are_valid_and_release_all_is_rest(happenings):
    bindings = Bindings(SPEC)
    for name, *values in happenings:
        getattr(bindings, name)(*values)
    controls = bindings.sample()
    assert SPEC.parse(controls) == controls
    bindings.release_all()
    assert bindings.sample() == SPEC.rest


def test_forgetting_motion_keeps_what_is_held():
    bindings = Bindings(SPEC)
    bindings.press("KeyW")
    bindings.press("KeyA")
    bindings.release("KeyA")
    bindings.move_mouse(40, 0)
    bindings.forget_motion()
    controls = bindings.sample()
    assert controls["forward"] == 1 and controls["strafe_left"] == 0 and controls["turn"] == 0
