"""Sessions: seed, start and inputs fix every pixel, whatever happens in between."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import ControlError, ModelError, SessionError
from worldsdk.frame import Frame
from worldsdk.runtime.history import History
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World

controls = st.fixed_dictionaries(
    {}, optional={"forward": st.sampled_from([0, 1]), "turn": st.floats(-8.0, 8.0, width=32)}
)
scripts = st.lists(controls, min_size=1, max_size=12)


def play(session: Session, script: list[dict[str, float]]) -> list[str]:
    return [session.step(values).digest() for values in script]


@given(scripts, st.integers(0, 2**64 - 1), st.integers(0, 2))
def test_same_seed_start_and_inputs_same_frames(
    world: World, script: list[dict[str, float]], seed: int, start: int
) -> None:
    first = world.session(seed, start)
    second = world.session(seed, start)
    digests = []
    for values in script:
        digests.append(first.step(values).digest())
        # Another session in between must change nothing.
        world.session(seed + 1 if seed < 2**63 else 0, start).step(values)
    assert play(second, script) == digests


def test_seed_start_and_inputs_all_matter(world: World) -> None:
    script = [{"forward": 1.0, "turn": 3.0}] * 3
    runs = {
        "base": play(world.session(1, 0), script),
        "seed": play(world.session(2, 0), script),
        "start": play(world.session(1, 1), script),
        "input": play(world.session(1, 0), [{"forward": 1.0}] * 3),
    }
    assert len({digests[-1] for digests in runs.values()}) == 4


def test_the_first_frame_is_the_starts_last(world: World) -> None:
    session = world.session(start=2)
    context = world.context(2)
    assert session.tick == session.frame.tick == 0
    assert np.array_equal(session.frame.pixels, context.pixels[0, -1].numpy())
    assert list(session.frame.state) == ["x", "y", "heading"]
    assert session.frame.state["x"] == context.variables[0, -1, 0].item()
    assert session.frame.layers == {} and session.frame.reward == 0.0 and not session.frame.ended


def test_a_frame_says_everything(world: World) -> None:
    session = world.session(seed=7)
    frame = session.step({"forward": 1, "turn": -4.0})
    assert frame is session.frame
    assert frame.pixels.shape == (12, 16, 3) and frame.pixels.dtype == np.uint8
    assert frame.layers["depth"].shape == (12, 16) and frame.layers["depth"].dtype == np.float32
    assert frame.tick == session.tick == 1
    assert frame.controls == {"forward": 1.0, "turn": -4.0, "poison": 0.0}
    assert isinstance(frame.reward, float) and frame.ended is False
    timing = frame.timing
    assert timing.steps_used == 2 and timing.rung == "2-step" and timing.deadline_met
    assert math.isinf(timing.budget_ms) and timing.total_ms > 0.0
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0, 0] = 0


def test_missing_controls_are_released(world: World) -> None:
    full = {"forward": 0, "turn": 0.0, "poison": 0}
    digests = {world.session().step(values).digest() for values in (None, {}, full, world.controls.rest)}
    assert len(digests) == 1


@pytest.mark.parametrize("bad", [{"jump": 1}, {"turn": 9.0}, {"forward": 0.5}, {"turn": math.nan}])
def test_bad_controls_move_nothing(world: World, bad: dict[str, float]) -> None:
    session = world.session()
    session.step({})
    before = session.snapshot()
    for call in (session.step, lambda values: session.observe(session.frame.pixels, values)):
        with pytest.raises(ControlError, match=next(iter(bad))):
            call(bad)
    assert session.snapshot() == before


@pytest.mark.parametrize("steps", [0, 5, -1, 1.5, "2"])
def test_steps_out_of_range_are_refused(world: World, steps: int) -> None:
    with pytest.raises(SessionError, match="steps is"):
        world.session().step({}, steps=steps)


def test_steps_change_the_frame_and_are_recorded(world: World) -> None:
    frames = [world.session().step({}, steps=steps) for steps in (1, 2, 3, 4)]
    assert [frame.timing.steps_used for frame in frames] == [1, 2, 3, 4]
    assert len({frame.digest() for frame in frames}) == 4


@given(scripts, st.data())
def test_rewinding_and_playing_again_gives_the_same(
    world: World, script: list[dict[str, float]], data: st.DataObject
) -> None:
    session = world.session(5)
    shown = [session.frame.digest(), *play(session, script)]
    back = data.draw(st.integers(0, len(script)))
    frame = session.rewind(back)
    assert frame is session.frame
    assert frame.digest() == shown[len(script) - back] and session.tick == len(script) - back
    assert play(session, script[len(script) - back :]) == shown[len(script) - back + 1 :]


def test_where_states_are_thinned_out_rewinding_is_still_exact(world: World) -> None:
    session = world.session(3)
    session._past = History(session._moment, 40, session._moment.bytes * 6)
    dice = random.Random(1)
    shown = [session.frame.digest()]
    pixels = world.session(start=1).frame.pixels
    for _ in range(100):
        values = {"forward": dice.randint(0, 1), "turn": dice.uniform(-8, 8)}
        if dice.random() < 0.2:
            frame = session.observe(pixels, values)
        else:
            frame = session.step(values, steps=dice.randint(1, 4))
        shown.append(frame.digest())
    assert session.oldest <= 60
    assert session._past.stride > 5
    twin = session.fork()
    while session.tick > twin.oldest:
        frame = session.rewind(min(dice.randint(1, 4), session.tick - session.oldest))
        assert frame.digest() == shown[session.tick]
    assert twin.rewind(37).digest() == shown[63]


def test_the_past_has_an_end(world: World) -> None:
    session = world.session()
    play(session, [{}] * 5)
    for ticks in (6, -1, 1.5, "1"):
        with pytest.raises(SessionError, match="give"):
            session.rewind(ticks)
    assert session.tick == 5
    assert session.rewind(5).tick == 0


def test_six_hundred_ticks_can_be_taken_back(world: World) -> None:
    session = world.session()
    for _ in range(650):
        session.step({"forward": 1}, steps=1)
    with pytest.raises(SessionError, match="give 0 to 600"):
        session.rewind(601)
    session.rewind(600)
    assert session.tick == 50


def test_a_fork_parts_ways(world: World) -> None:
    session = world.session(9, 1)
    play(session, [{"forward": 1}] * 4)
    twin = session.fork()
    assert (twin.seed, twin.start, twin.tick) == (9, 1, 4)
    assert twin.frame is session.frame
    one, other = play(session, [{"turn": 8.0}] * 3), play(twin, [{"turn": -8.0}] * 3)
    assert one != other
    session.rewind(3)
    assert play(session, [{"turn": -8.0}] * 3) == other
    assert twin.rewind(7).tick == 0 and session.tick == 7


def test_observing_continues_from_the_real_frame(world: World) -> None:
    real = world.session(start=1).frame.pixels
    session = world.session()
    session.step({})
    frame = session.observe(real, {"forward": 1})
    assert np.array_equal(frame.pixels, real) and frame.tick == 2
    assert frame.timing.rung == "observed" and frame.timing.steps_used == 0
    other = world.session()
    other.step({})
    other.step({"forward": 1})
    assert session.step({}).digest() != other.step({}).digest()


def test_an_observed_frame_is_copied(world: World) -> None:
    real = np.zeros((12, 16, 3), np.uint8)
    session = world.session()
    digest = session.observe(real, {}).digest()
    session.step({})
    real[:] = 255
    assert session.rewind(1).digest() == digest


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((12, 16, 3)), np.zeros((16, 12, 3), np.uint8), np.zeros((12, 16), np.uint8), "pixels", None],
)
def test_pictures_of_the_wrong_shape_are_refused(world: World, pixels: np.ndarray) -> None:
    session = world.session()
    with pytest.raises(SessionError, match=r"uint8 \(12, 16, 3\)"):
        session.observe(pixels, {})
    assert session.tick == 0


def test_replaying_a_live_run_takes_the_same_steps(world: World) -> None:
    session = world.session(4)
    dice = random.Random(2)
    frames: list[Frame] = []
    for index in range(20):
        if index % 7 == 3:
            frames.append(session.observe(frames[-1].pixels, {"turn": 1.0}))
        else:
            checked = world.controls.parse({"turn": dice.uniform(-8, 8)})
            planned = dice.randint(1, 4)
            frames.append(session._advance(checked, planned, limit=dice.randint(1, planned)))
    again = world.session(4)
    assert [again.replay(frame).digest() for frame in frames] == [frame.digest() for frame in frames]


def test_nan_stops_the_session_until_it_goes_back(world: World) -> None:
    session = world.session(3)
    play(session, [{"forward": 1}] * 3)
    with pytest.raises(ModelError, match="NaN or infinity at tick 4"):
        session.step({"poison": 1})
    assert session.tick == 3 and session.error is not None
    for call in (lambda: session.step({}), lambda: session.observe(session.frame.pixels, {})):
        with pytest.raises(SessionError, match="stopped at tick 3"):
            call()
    assert session.fork().error is session.error
    session.rewind(0)
    assert session.error is None
    healthy = world.session(3)
    assert play(healthy, [{"forward": 1}] * 4)[3] == session.step({"forward": 1}).digest()
    with pytest.raises(ModelError):
        session.step({"poison": 1})
    session.reset()
    assert session.step({}).tick == 1


def test_reset_begins_again(world: World) -> None:
    session = world.session(1, 1)
    first = play(session, [{}] * 3)
    session.reset()
    assert session.tick == 0 and session.oldest == 0
    assert play(session, [{}] * 3) == first
    session.reset(seed=2, start=0)
    assert (session.seed, session.start) == (2, 0)
    assert play(session, [{}] * 3) == play(world.session(2, 0), [{}] * 3)
    for bad in ({"seed": -1}, {"start": 3}):
        with pytest.raises(SessionError):
            session.reset(**bad)
    assert session.tick == 3


def test_a_session_says_what_it_is(world: World) -> None:
    assert repr(world.session(3, 1)) == "Session('tiny', seed=3, start=1, tick=0)"
