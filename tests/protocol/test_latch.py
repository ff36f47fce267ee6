"""Between two ticks nothing of what a player does is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldsdk.controls import Control, ControlSpec
from worldsdk.errors import ControlError
from worldsdk.protocol.latch import CARRY_TICKS, InputLatch, opposite_pairs
from worldsdk.protocol.messages import Input

SPEC = ControlSpec(
    (
        Control("move_left", keys={"KeyA": 1.0}),
        Control("move_right", keys={"KeyD": 1.0, "ArrowRight": 1.0}, pad={"DPadRight": 1.0}),
        Control("fire", keys={"Space": 1.0}),
        Control(
            "turn",
            kind="axis",
            low=-5.0,
            high=5.0,
            values=(-5.0, -2.5, 0.0, 2.5, 5.0),
            keys={"KeyQ": -2.5, "KeyE": 2.5},
            pad={"RightStickX": 5.0},
            mouse=("x", 0.5),
        ),
    )
)


def given_input(seq: int, **fields: object) -> Input:
    return Input(seq=seq, ts=seq * 10, **fields)  # type: ignore[arg-type]


def held(latch: InputLatch) -> dict[str, float]:
    return {name: value for name, value in latch.take().controls.items() if value}


def test_nothing_yet() -> None:
    taken = InputLatch(SPEC).take()
    assert taken.controls == dict(SPEC.rest)
    assert (taken.seq, taken.ts, taken.fresh) == (0, 0, False)


def test_a_press_shorter_than_a_tick_counts_once() -> None:
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, keys=("Space",)), 1.0)
    latch.feed(given_input(2), 2.0)
    taken = latch.take()
    assert taken.controls["fire"] == 1.0
    assert (taken.seq, taken.ts, taken.arrival, taken.fresh) == (2, 20, 2.0, True)
    assert held(latch) == {}


def test_what_is_held_stays_and_a_release_takes_hold_at_the_next_tick() -> None:
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, controls={"fire": 1.0}))
    assert held(latch) == held(latch) == {"fire": 1.0}
    latch.feed(given_input(2))
    assert held(latch) == {}


def test_the_largest_magnitude_wins_whatever_its_sign() -> None:
    latch = InputLatch(SPEC)
    for seq, value in enumerate((2.5, -5.0, 0.0), 1):
        latch.feed(given_input(seq, controls={"turn": value}))
    assert held(latch) == {"turn": -5.0}


def test_mouse_motion_adds_up_and_the_rest_is_carried() -> None:
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, mouse=(4.0, 99.0)))
    latch.feed(given_input(2, mouse=(10.0, 0.0)))
    assert [held(latch).get("turn", 0.0) for _ in range(4)] == [5.0, 2.5, 0.0, 0.0]
    latch.feed(given_input(3, mouse=(1.0, 0.0)))
    # Half a unit was left from before: together with this one it does not reach a step yet.
    assert held(latch) == {}


@given(st.lists(st.floats(-40, 40), max_size=12))
@settings(max_examples=100, deadline=None)
def test_no_mouse_motion_is_lost_or_made_up(moves: list[float]) -> None:
    latch = InputLatch(SPEC)
    turned = 0.0
    for seq, dx in enumerate(moves, 1):
        latch.feed(given_input(seq, mouse=(dx, 0.0)))
        turned += latch.take().controls["turn"]
    turned += sum(latch.take().controls["turn"] for _ in range(CARRY_TICKS * 4))
    if abs(sum(moves)) * 0.5 < CARRY_TICKS * 5.0:
        assert abs(turned - 0.5 * sum(moves)) <= 1.25 + 1e-6


def test_a_wild_flick_is_bounded() -> None:
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, mouse=(1e300, 0.0)))
    assert sum(latch.take().controls["turn"] for _ in range(100)) == CARRY_TICKS * 5.0


def test_keys_pad_and_names_together() -> None:
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, keys=("KeyE", "KeyJ"), pad={"RightStickX": -0.9, "Whatever": 1.0}))
    assert held(latch) == {"turn": -2.5}
    latch.feed(given_input(2, keys=("KeyE",), controls={"turn": -5.0, "fire": 0.7}))
    assert held(latch) == {"turn": -5.0, "fire": 1.0}


def test_opposite_keys_cancel_but_names_are_taken_at_their_word() -> None:
    assert opposite_pairs(SPEC) == (("move_left", "move_right"),)
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, keys=("KeyA", "KeyD")))
    assert held(latch) == {}
    latch.feed(given_input(2, controls={"move_left": 1, "move_right": 1}))
    assert held(latch) == {"move_left": 1.0, "move_right": 1.0}


def test_old_and_repeated_inputs_are_ignored() -> None:
    latch = InputLatch(SPEC, seq=4)
    assert not latch.feed(given_input(4, keys=("Space",)))
    assert latch.feed(given_input(9))
    assert not latch.feed(given_input(8, keys=("Space",)))
    assert held(latch) == {}


def test_an_unknown_control_changes_nothing() -> None:
    latch = InputLatch(SPEC)
    with pytest.raises(ControlError, match="'fly'"):
        latch.feed(given_input(1, controls={"fire": 1.0, "fly": 1.0}))
    assert held(latch) == {}
    assert latch.feed(given_input(1))


def test_release() -> None:
    latch = InputLatch(SPEC)
    latch.feed(given_input(1, keys=("Space",), mouse=(50.0, 0.0)))
    latch.release()
    assert held(latch) == {}
    assert latch.take().seq == 1


@given(
    st.lists(st.dictionaries(st.sampled_from(SPEC.names), st.floats(-1e9, 1e9), max_size=4), max_size=5),
    st.lists(st.sampled_from(["KeyA", "KeyD", "KeyQ", "KeyE", "Space", "F1"]), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_whatever_comes_every_value_is_one_that_its_control_allows(
    states: list[dict[str, float]], keys: list[str]
) -> None:
    latch = InputLatch(SPEC)
    for seq, controls in enumerate(states, 1):
        latch.feed(given_input(seq, controls=controls, keys=tuple(keys), mouse=(seq * 7.0, 0.0)))
    for _ in range(3):
        assert dict(SPEC.parse(latch.take().controls)).keys() == set(SPEC.names)


@given(
    st.lists(
        st.builds(
            given_input,
            st.integers(1, 9),
            keys=st.lists(st.sampled_from(["KeyA", "KeyD", "Space"]), max_size=2).map(tuple),
            mouse=st.tuples(st.floats(-30, 30), st.just(0.0)),
        ),
        max_size=8,
    ),
    st.booleans(),
)
def test_a_step_is_an_input_and_its_tick(inputs: list[Input], mouse: bool) -> None:
    spec = SPEC if mouse else ControlSpec(SPEC.controls[:3])
    one, other = InputLatch(spec), InputLatch(spec)
    for given_one in inputs:
        expected = other.take().controls if other.feed(given_one, 2.0) else None
        assert one.step(given_one, 2.0) == expected
    assert one.take() == other.take()
