"""Stepping many: the same bits as alone, all or nothing, and nobody suffers for a neighbour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.errors import ControlError, ModelError, SessionError
from worldsdk.runtime import engine
from worldsdk.runtime.world import World


@pytest.fixture(scope="module")
def fused() -> World:
    model = tiny_model()
    return World(tiny_manifest(), model, tiny_starts(model.spec), deterministic=False)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 2)), min_size=1, max_size=5),
    st.lists(st.floats(-8.0, 8.0, width=32), min_size=1, max_size=4),
)
def test_in_a_batch_every_session_gets_the_very_frames_it_gets_alone(
    world: World, places: list[tuple[int, int]], turns: list[float]
) -> None:
    assert world.deterministic
    together = [world.session(seed, start) for seed, start in places]
    alone = [world.session(seed, start) for seed, start in places]
    for turn in turns:
        values = [{"turn": turn, "forward": index % 2} for index in range(len(places))]
        frames = world.step_many(together, values)
        singles = [session.step(v) for session, v in zip(alone, values, strict=True)]
        assert [f.digest() for f in frames] == [f.digest() for f in singles]
        assert frames == [session.frame for session in together]


def test_a_fused_world_makes_one_pass_for_each_number_of_steps(
    fused: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    advance = engine.advance

    def counted(model, requests, planned, **rest):  # type: ignore[no-untyped-def]
        passes.append((len(requests), planned))
        return advance(model, requests, planned, **rest)

    monkeypatch.setattr(engine, "advance", counted)
    sessions = [fused.session(seed) for seed in range(5)]
    sessions[3].steps = 4
    fused.step_many(sessions, [{"forward": 1}] * 5)
    assert passes == [(4, 2), (1, 4)]


def test_fused_frames_are_equal_to_rounding_and_can_be_rewound(fused: World) -> None:
    together = [fused.session(seed, seed % 3) for seed in range(4)]
    alone = [fused.session(seed, seed % 3) for seed in range(4)]
    for _ in range(3):
        fused.step_many(together, [{"turn": 1.0}] * 4)
        for session in alone:
            session.step({"turn": 1.0})
    for one, other in zip(together, alone, strict=True):
        assert one.tick == other.tick == 3
        assert np.abs(one.frame.pixels.astype(int) - other.frame.pixels).max() <= 1
        assert one.frame.state == pytest.approx(other.frame.state, rel=1e-4)
        shown = one.frame.digest()
        one.rewind(1)
        fused.step_many([one], [{"turn": 1.0}])
        assert np.abs(one.frame.pixels.astype(int) - other.frame.pixels).max() <= 1 and shown


def test_bad_controls_move_nobody(world: World, fused: World) -> None:
    for home in (world, fused):
        sessions = [home.session(seed) for seed in range(3)]
        with pytest.raises(ControlError, match=r"sessions\[2\], control 'turn'"):
            home.step_many(sessions, [{}, {}, {"turn": 99}])
        assert [session.tick for session in sessions] == [0, 0, 0]


def test_sessions_must_be_distinct_alive_and_of_this_world(world: World, fused: World) -> None:
    one, other = world.session(), world.session()
    for sessions, controls, words in (
        ([one, one], [{}, {}], "listed twice"),
        ([one, other], [{}], "2 sessions and 1 controls"),
        ([one, fused.session()], [{}, {}], r"sessions\[1\].*another world"),
    ):
        with pytest.raises(SessionError, match=words):
            world.step_many(sessions, controls)
    with pytest.raises(ModelError):
        other.step({"poison": 1})
    with pytest.raises(SessionError, match=r"sessions\[1\].*stopped"):
        world.step_many([one, other], [{}, {}])
    assert one.tick == 0
    assert world.step_many([], []) == []


def test_nan_ends_one_session_and_touches_no_other(world: World, fused: World) -> None:
    for home in (world, fused):
        sessions = [home.session(seed) for seed in range(3)]
        healthy = [home.session(seed) for seed in range(3)]
        home.step_many(healthy, [{}, {}, {}])
        with pytest.raises(ModelError, match=r"sessions\[1\]"):
            home.step_many(sessions, [{}, {"poison": 1}, {}])
        assert [session.tick for session in sessions] == [1, 0, 1]
        assert [session.error is None for session in sessions] == [True, False, True]
        for index in (0, 2):
            assert sessions[index].frame.digest() == healthy[index].frame.digest()
        home.step_many([sessions[0], sessions[2]], [{}, {}])


def test_one_alone_is_told_apart_as_one_of_many_is(world: World, fused: World) -> None:
    for home in (world, fused):
        one, twin = home.session(3), home.session(3)
        (frame,) = home.step_many([one], [{"turn": 1.0}])
        assert frame is one.frame and frame.digest() == twin.step({"turn": 1.0}).digest()
        with pytest.raises(ControlError, match=r"sessions\[0\], control 'turn'"):
            home.step_many([one], [{"turn": 99}])
        assert one.tick == 1
        with pytest.raises(ModelError, match=r"sessions\[0\]"):
            home.step_many([one], [{"poison": 1}])
        assert one.tick == 1 and one.error is not None
        with pytest.raises(SessionError, match=r"sessions\[0\].*stopped"):
            home.step_many([one], [{}])
    with pytest.raises(SessionError, match=r"sessions\[0\].*another world"):
        world.step_many([fused.session()], [{}])
