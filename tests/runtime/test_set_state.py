"""State variables set from outside: applied at the next tick, and an input like any other."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import VariableError
from worldsdk.frame import Frame
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World

WALK = {"forward": 1.0}


def test_it_holds_from_the_next_tick_on(world: World) -> None:
    session = world.session(seed=1)
    before = dict(session.frame.state)
    session.set_state({"x": -40.0, "heading": 90.0})
    assert dict(session.frame.state) == before
    frame = session.step(WALK)
    assert frame.given == {"x": -40.0, "heading": 90.0}
    assert frame.state["x"] == pytest.approx(-40.0, abs=1e-4) and frame.state["heading"] == 90.0
    assert frame.state["y"] == pytest.approx(before["y"] + 1.0, abs=1e-4)
    assert session.step(WALK).given == {}


def test_calls_before_a_tick_add_up_and_the_last_word_counts(world: World) -> None:
    session = world.session()
    session.set_state({"x": 1.0, "heading": 10.0})
    session.set_state({"x": 2.0})
    assert session.step().given == {"x": 2.0, "heading": 10.0}


@pytest.mark.parametrize(
    "values",
    [{"y": 0.0}, {"z": 0.0}, {"x": 100.5}, {"x": float("nan")}, {"heading": float("inf")}, {"x": "here"}],
)
def test_what_cannot_be_set_is_refused_and_nothing_changes(world: World, values: Mapping[str, float]) -> None:
    session, untouched = world.session(), world.session()
    with pytest.raises(VariableError):
        session.set_state({"heading": 20.0, **values})
    assert session.step().digest() == untouched.step().digest()


@given(st.floats(-1e6, 1e6))
def test_a_cyclic_variable_takes_any_number_of_turns(world: World, heading: float) -> None:
    session = world.session()
    session.set_state({"heading": heading})
    assert 0.0 <= session.step().given["heading"] <= 360.0


def played(session: Session) -> list[Frame]:
    frames = []
    for tick in range(12):
        if tick == 4:
            session.set_state({"x": 50.0})
        frames.append(session.step(WALK))
    return frames


def test_replay_rewind_fork_and_restore_give_the_same_frames(world: World) -> None:
    session = world.session(seed=5)
    frames = played(session)
    digests = [frame.digest() for frame in frames]
    again = world.session(seed=5)
    assert [again.replay(frame).digest() for frame in frames] == digests
    assert session.rewind(7).digest() == digests[4]
    assert session.step(WALK).digest() == digests[5]
    session.rewind(2)
    session.set_state({"x": 50.0})
    for twin in (session.fork(), world.restore(session.snapshot())):
        assert twin.step(WALK).digest() == digests[4]


def test_going_back_forgets_what_was_not_yet_applied(world: World) -> None:
    session = world.session()
    expected = world.session().step().digest()
    session.set_state({"x": 50.0})
    session.rewind(0)
    assert session.step().given == {"x": 50.0}
    session.set_state({"x": 60.0})
    session.rewind(1)
    assert session.step().digest() == expected
    session.set_state({"x": 60.0})
    session.reset()
    assert session.step().digest() == expected


def test_sessions_in_a_batch_are_set_one_by_one(world: World) -> None:
    first, second = world.session(), world.session()
    first.set_state({"x": 50.0})
    a, b = world.step_many([first, second], [WALK, WALK])
    assert a.given == {"x": 50.0} and b.given == {}
    assert a.state["x"] != b.state["x"]
