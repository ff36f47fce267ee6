from __future__ import annotations

import numpy as np
import pytest

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.errors import ModelError, SessionError
from worldsdk.frame import Frame
from worldsdk.runtime.clock import ManualClock
from worldsdk.runtime.familiar import Familiar
from worldsdk.runtime.ladder import OBSERVED, start_of
from worldsdk.runtime.session import Session
from worldsdk.runtime.watchdog import Drift, Reanchor, nearest_start
from worldsdk.runtime.world import World

WINDOW = 10
"""Ticks of patience at the 5 Hz of the world below."""

NOTHING_LIKE_IT = Familiar.learn(np.zeros((4, 12, 16, 3), np.uint8))
"""Knows black frames only: everything that the tiny world shows is unlike."""

WALK = [{"forward": 1.0}, {"turn": 4.0}, {}, {"forward": 1.0, "turn": -8.0}]


def tiny_world(*, deterministic: bool = True) -> World:
    model = tiny_model()
    return World(
        tiny_manifest(rate_hz=5.0), model, tiny_starts(model.spec, count=5), deterministic=deterministic
    )


@pytest.fixture(scope="module")
def world() -> World:
    return tiny_world()


def play(session: Session, ticks: int) -> list[Frame]:
    return [session.step(WALK[session.tick % len(WALK)]) for _ in range(ticks)]


def digests(frames: list[Frame]) -> list[str]:
    return [frame.digest() for frame in frames]


def test_watching_changes_no_frame(world: World) -> None:
    plain, watched = world.session(seed=1), world.session(seed=1)
    watched.watch(familiar=NOTHING_LIKE_IT)
    assert digests(play(plain, 30)) == digests(play(watched, 30))


def test_the_score_is_that_of_the_latest_frame(world: World) -> None:
    session = world.session()
    watchdog = session.watch()
    assert watchdog.score == 0.0 and watchdog.verdict is None
    frame = session.step()
    assert watchdog.verdict == world.familiar.judge(frame.pixels)
    assert watchdog.score == watchdog.verdict.score
    session.observe(world.context(2).pixels[0, -1].numpy())
    assert watchdog.score < 0.2


def test_the_callback_is_told_once_when_the_session_is_lost(world: World) -> None:
    told: list[Drift] = []
    session = world.session()
    watchdog = session.watch(told.append, familiar=NOTHING_LIKE_IT)
    play(session, WINDOW - 1)
    assert not told and not watchdog.lost
    play(session, 20)
    assert [(drift.tick, drift.lost, drift.anchored) for drift in told] == [(WINDOW, True, False)]
    assert watchdog.lost and watchdog.anchored == 0


def test_it_can_look_now_and_then_with_the_same_patience(world: World) -> None:
    told: list[Drift] = []
    session = world.session()
    watchdog = session.watch(told.append, familiar=NOTHING_LIKE_IT, every=4)
    play(session, 3)
    assert watchdog.verdict is None
    play(session, 20)
    assert [drift.tick for drift in told] == [8]


def test_a_familiar_dream_is_never_lost(world: World) -> None:
    told: list[Drift] = []
    session = world.session()
    dream = np.stack([frame.pixels for frame in play(world.session(), 60)])
    watchdog = session.watch(told.append, familiar=Familiar.learn(dream), reanchor="start")
    play(session, 60)
    assert not told and watchdog.anchored == 0


@pytest.mark.parametrize("way", ["observe", "start"])
def test_a_lost_session_is_led_back_to_the_nearest_start(world: World, way: Reanchor) -> None:
    told: list[Drift] = []
    session = world.session(start=3)
    watchdog = session.watch(told.append, reanchor=way, familiar=NOTHING_LIKE_IT)
    before = play(session, WINDOW)[-1]
    wanted = nearest_start(world, before)
    frame = session.step({"forward": 1.0})
    assert frame.tick == WINDOW + 1 and frame.controls["forward"] == 1.0 and not frame.held
    np.testing.assert_array_equal(frame.pixels, world.context(wanted).pixels[0, -1].numpy())
    if way == "observe":
        assert frame.timing.rung == OBSERVED
    else:
        assert start_of(frame.timing.rung) == wanted
        assert frame.state == world.session(start=wanted).frame.state
    assert watchdog.anchored == 1
    assert [(drift.tick, drift.lost, drift.anchored) for drift in told] == [
        (WINDOW, True, False),
        (WINDOW + 1, False, True),
    ]
    # Then it has as long again before the next time.
    later = play(session, WINDOW + 1)
    assert [f.tick for f in later if f.timing.steps_used == 0] == [2 * WINDOW + 2]


@pytest.mark.parametrize("way", ["observe", "start"])
def test_the_same_inputs_give_the_same_frames_however_they_are_repeated(world: World, way: Reanchor) -> None:
    session = world.session(seed=7, start=1)
    session.watch(reanchor=way, familiar=NOTHING_LIKE_IT)
    frames = play(session, 40)
    assert session.watchdog is not None and session.watchdog.anchored == 3
    again = world.session(seed=7, start=1)
    again.watch(reanchor=way, familiar=NOTHING_LIKE_IT)
    assert digests(play(again, 40)) == digests(frames)
    unwatched = world.session(seed=7, start=1)
    assert [unwatched.replay(frame).digest() for frame in frames] == digests(frames)
    watched = world.session(seed=7, start=1)
    watched.watch(reanchor=way, familiar=NOTHING_LIKE_IT)
    assert [watched.replay(frame).digest() for frame in frames] == digests(frames)


@pytest.mark.parametrize("way", ["observe", "start"])
def test_rewinding_goes_back_over_it_and_forward_the_same_way(world: World, way: Reanchor) -> None:
    session = world.session(seed=2)
    session.watch(reanchor=way, familiar=NOTHING_LIKE_IT)
    frames = play(session, 30)
    for back in (1, 7, 12, 25):
        assert session.rewind(back).digest() == frames[29 - back].digest()
        assert digests(play(session, back)) == digests(frames[30 - back :])


def test_a_thinned_past_is_made_again_through_a_re_anchoring(world: World) -> None:
    session = world.session(seed=2)
    session._past._max_bytes = 40_000
    session.watch(reanchor="start", familiar=NOTHING_LIKE_IT)
    frames = play(session, 40)
    assert session._past.stride > 1
    assert session.rewind(3).digest() == frames[36].digest()


def test_a_twin_is_led_back_at_the_same_tick(world: World) -> None:
    session = world.session(seed=4)
    session.watch(reanchor="start", familiar=NOTHING_LIKE_IT)
    play(session, 6)
    twin = session.fork()
    assert digests(play(twin, 20)) == digests(play(session, 20))
    assert twin.watchdog is not session.watchdog


def test_a_reset_begins_its_patience_anew(world: World) -> None:
    session = world.session()
    watchdog = session.watch(reanchor="start", familiar=NOTHING_LIKE_IT)
    play(session, WINDOW)
    session.reset()
    assert not watchdog.lost and watchdog.score == 0.0
    assert all(frame.timing.steps_used for frame in play(session, WINDOW))


@pytest.mark.parametrize("deterministic", [True, False])
def test_sessions_in_a_batch_are_led_back_each_by_itself(deterministic: bool) -> None:
    world = tiny_world(deterministic=deterministic)
    led, free = world.session(seed=1), world.session(seed=2)
    led.watch(reanchor="start", familiar=NOTHING_LIKE_IT)
    for _ in range(WINDOW):
        world.step_many([led, free], [None, None])
    frames = world.step_many([led, free], [None, None])
    assert start_of(frames[0].timing.rung) is not None
    assert start_of(frames[1].timing.rung) is None and frames[1].timing.steps_used > 0


def test_the_clock_paces_a_session_that_is_led_back(world: World) -> None:
    session = world.session()
    watchdog = session.watch(reanchor="start", familiar=NOTHING_LIKE_IT)
    with session.realtime(steps=1, clock=ManualClock()) as live:
        frames = [live.tick({}) for _ in range(2 * WINDOW + 2)]
    assert watchdog.anchored == 2
    replayed = world.session()
    assert [replayed.replay(frame).digest() for frame in frames] == digests(frames)


def test_a_start_can_be_taken_by_hand_and_survives_a_snapshot(world: World) -> None:
    session = world.session(seed=3)
    play(session, 5)
    frame = session.reanchor(2, {"turn": 4.0})
    assert (frame.tick, frame.controls["turn"]) == (6, 4.0)
    twin = world.restore(session.snapshot())
    assert twin.frame.digest() == frame.digest()
    assert digests(play(twin, 5)) == digests(play(session, 5))


def test_nearest_is_by_state_the_short_way_round_or_by_picture() -> None:
    model = tiny_model()
    starts = tiny_starts(model.spec)
    starts.variables[:, -1, :2] = 0.0
    starts.variables[:, -1, 2] = starts.variables.new_tensor([100.0, 350.0, 200.0])
    world = World(tiny_manifest(), model, starts)
    session = world.session(start=0)
    frame = session.frame
    near = Frame(**{**vars(frame), "state": {"x": 0.0, "y": 0.0, "heading": 5.0}})
    assert nearest_start(world, near) == 1


def test_what_cannot_be_is_refused(world: World) -> None:
    session = world.session()
    with pytest.raises(SessionError, match="reanchor is 'teleport'"):
        session.watch(reanchor="teleport")  # type: ignore[arg-type]
    with pytest.raises(SessionError, match="every is 0"):
        session.watch(every=0)
    with pytest.raises(SessionError, match="start is 9"):
        session.reanchor(9)
    with pytest.raises(ModelError):
        session.step({"poison": 1.0})
    with pytest.raises(SessionError, match="stopped"):
        session.reanchor(0)
