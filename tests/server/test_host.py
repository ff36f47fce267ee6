from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.errors import SessionError
from worldsdk.frame import Frame
from worldsdk.protocol.latch import InputLatch
from worldsdk.protocol.messages import Input
from worldsdk.runtime.clock import ManualClock
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World
from worldsdk.server.capacity import Capacity
from worldsdk.server.defaults import NoMetrics
from worldsdk.server.host import BRIEF_MS, Host
from worldsdk.server.live import LOOK_EVERY, Job, Live, Mode
from worldsdk.server.made import Applied, Made

PASS_SECONDS = 0.004


class TimedWorld(World):
    """A tiny world whose passes take ``PASS_SECONDS`` of a clock that moves only then."""

    clock: ManualClock
    passes: list[int]
    fault: Exception | None = None

    def step_many(
        self, sessions: Sequence[Session], controls: Sequence[Mapping[str, float] | None]
    ) -> list[Frame]:
        self.clock.advance(PASS_SECONDS)
        self.passes.append(len(sessions))
        if self.fault is not None:
            raise self.fault
        return super().step_many(sessions, controls)


def timed_world(**options: Any) -> TimedWorld:
    model = tiny_model()
    world = TimedWorld(tiny_manifest(), model, tiny_starts(model.spec), **options)
    world.clock = ManualClock(100.0)
    world.passes = []
    return world


class Stage:
    """A device thread without the thread: turned by hand, under a clock that is moved by hand."""

    def __init__(self, world: TimedWorld | None = None) -> None:
        self.world = world or timed_world()
        self.clock = self.world.clock
        capacity = Capacity(fused=not self.world.deterministic, most=8)
        self.host = Host(self.world, capacity=capacity, metrics=NoMetrics(), clock=self.clock)
        self.frames: dict[Live, list[Made]] = {}
        self.reasons: dict[Live, str] = {}

    def live(self, mode: Mode = "realtime", seed: int = 0) -> Live:
        made: list[Made] = []
        live = Live(
            self.world.session(seed),
            mode=mode,
            clock=self.clock,
            aligned=self.host.fused,
            publish=made.append,
            failed=lambda reason: self.reasons.__setitem__(live, reason),
        )
        self.frames[live] = made
        self.host.add(live)
        return live

    def until(self, moment: float) -> None:
        """Turns as the thread does, sleeping by moving the clock."""
        while self.clock.now < moment:
            sleep = self.host.turn()
            self.clock.now = min(moment, self.clock.now + max(0.0, sleep))

    def ticks(self, live: Live) -> list[int]:
        return [made.frame.tick for made in self.frames[live]]


def order(seat: int, seq: int, ticks: int = 1, **controls: float) -> Job:
    full = {"forward": 0.0, "turn": 0.0, "poison": 0.0} | controls
    return Job(seat, full, Applied(seq, seq * 10, 100.0), ticks)


def test_ticks_keep_to_the_wall_clock() -> None:
    stage = Stage()
    live = stage.live()
    stage.until(120.0)
    assert len(stage.frames[live]) == pytest.approx(20 * 35, abs=1)
    late = [made.started - (100.0 + n / 35.0) for n, made in enumerate(stage.frames[live])]
    assert max(late) < 1e-6
    assert all(made.met and made.loss == 0 for made in stage.frames[live])


def test_a_slow_moment_passes_beats_over_and_shifts_none() -> None:
    stage = Stage()
    live = stage.live()
    stage.until(100.5)
    stage.clock.advance(0.2)
    stage.until(101.0)
    made = stage.frames[live]
    lost = sum(one.loss for one in made)
    assert lost in (6, 7)
    assert len(made) + lost == pytest.approx(35, abs=1)
    # World time waits: no tick is skipped.
    assert stage.ticks(live) == list(range(1, len(made) + 1))
    assert (made[-1].started - 100.0) * 35.0 == pytest.approx(len(made) + lost - 1, abs=1e-3)


def test_a_tick_that_came_late_says_so() -> None:
    stage = Stage()
    live = stage.live()
    stage.until(100.1)
    # The beat of 100.1143 is there still, and its frame cannot be any more when it ends at 100.1429.
    stage.clock.advance(0.041)
    stage.until(100.2)
    assert not all(made.met for made in stage.frames[live])


def test_sessions_are_served_in_the_order_they_are_due_each_alone_where_sharing_saves_nothing() -> None:
    stage = Stage()
    first = stage.live()
    stage.clock.advance(0.005)
    second = stage.live(seed=1)
    stage.until(101.0)
    assert set(stage.world.passes) == {1}
    assert len(stage.frames[first]) == pytest.approx(len(stage.frames[second]), abs=1)


def test_sessions_of_a_fused_world_share_their_passes() -> None:
    stage = Stage(timed_world(deterministic=False))
    lives = []
    for seed in range(3):
        lives.append(stage.live(seed=seed))
        stage.clock.advance(0.003)
    stage.until(101.0)
    assert stage.world.passes[-10:] == [3] * 10
    assert all(len(stage.frames[live]) == pytest.approx(35, abs=1) for live in lives)


def test_a_model_error_ends_one_session_and_no_other() -> None:
    for deterministic in (True, False):
        stage = Stage(timed_world(deterministic=deterministic))
        victim, other = stage.live(), stage.live(seed=1)
        latch = InputLatch(stage.world.controls)
        victim.sit(1, latch)
        stage.until(100.2)
        latch.feed(Input(seq=1, ts=0, controls={"poison": 1.0}))
        stage.until(101.0)
        assert victim.dead
        assert "NaN" in stage.reasons[victim]
        assert list(stage.reasons) == [victim]
        assert stage.host.lives == [other]
        assert len(stage.frames[other]) == pytest.approx(35, abs=1)
        assert len(stage.frames[victim]) < 12


def test_a_fault_of_the_whole_pass_is_tried_alone() -> None:
    stage = Stage(timed_world(deterministic=False))
    lives = [stage.live(seed=seed) for seed in range(2)]
    stage.world.fault = RuntimeError("out of memory on device 0")
    stage.until(100.5)
    assert stage.reasons == {}
    assert all(stage.ticks(live)[:3] == [1, 2, 3] for live in lives)


def test_a_fault_of_the_library_is_not_told_in_its_own_words() -> None:
    stage = Stage()
    live = stage.live()
    stage.world.fault = RuntimeError("cannot open /home/someone/secret")
    stage.until(100.2)
    assert stage.reasons[live] == "the model failed"


def test_lockstep_takes_exactly_the_ticks_that_were_ordered() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    stage.until(101.0)
    assert stage.frames[live] == []
    live.order(order(7, 1, forward=1.0))
    live.order(order(7, 2, ticks=3, turn=2.0))
    stage.until(102.0)
    first, second = stage.frames[live]
    assert (first.frame.tick, second.frame.tick) == (1, 4)
    assert first.applied == {7: Applied(1, 10, 100.0)}
    assert second.applied[7].seq == 2
    assert dict(second.frame.controls) == {"forward": 0.0, "turn": 2.0, "poison": 0.0}
    assert second.cost_ms == pytest.approx(3 * PASS_SECONDS * 1000.0)


def test_rewards_of_repeated_ticks_are_summed() -> None:
    stage = Stage()
    live, twin = stage.live("lockstep"), stage.world.session(0)
    live.order(order(1, 1, ticks=4, forward=1.0))
    stage.until(101.0)
    expected = sum(twin.step({"forward": 1.0}).reward for _ in range(4))
    assert stage.frames[live][0].reward == pytest.approx(expected)
    assert stage.frames[live][0].digest() == twin.frame.digest()


def test_what_was_asked_after_an_input_is_done_after_its_tick() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    seen: list[int] = []
    for seq in (1, 2):
        live.order(order(1, seq))
        live.then(lambda: seen.append(live.session.tick))
    stage.until(101.0)
    live.then(lambda: seen.append(-1))
    assert seen == [1, 2, -1]


def test_lockstep_does_not_make_real_time_late() -> None:
    stage = Stage()
    player, agent = stage.live(), stage.live("lockstep", seed=1)
    for seq in range(1, 500):
        agent.order(order(1, seq))
    stage.until(101.0)
    assert all(made.met for made in stage.frames[player])
    assert len(stage.frames[player]) == pytest.approx(35, abs=1)
    # What is left of each beat goes to the agent.
    assert len(stage.frames[agent]) > 100


def test_lockstep_gets_its_turn_on_a_device_that_is_full() -> None:
    stage = Stage()
    players = [stage.live(seed=seed) for seed in range(9)]
    agent = stage.live("lockstep", seed=10)
    agent.order(order(1, 1))
    stage.until(102.0)
    assert len(stage.frames[agent]) == 1
    assert all(len(stage.frames[player]) > 30 for player in players)


def test_a_paused_world_stands_still_and_starts_a_beat_of_its_own() -> None:
    stage = Stage()
    live = stage.live()
    stage.until(100.2)
    before = len(stage.frames[live])
    live.pause("command")
    live.pause("nobody")
    stage.until(105.0)
    live.resume("nobody")
    stage.until(106.0)
    assert len(stage.frames[live]) == before
    live.resume("command")
    stage.until(106.1)
    fresh = stage.frames[live][before:]
    assert [made.loss for made in fresh] == [0] * len(fresh)
    assert fresh[0].started == pytest.approx(106.0)


def test_speed_is_a_rate_of_its_own() -> None:
    stage = Stage()
    live = stage.live()
    live.set_speed(2.0)
    stage.until(101.0)
    assert len(stage.frames[live]) == pytest.approx(70, abs=1)
    assert live.budget_ms == pytest.approx(500.0 / 35.0)


def test_two_players_share_the_controls() -> None:
    stage = Stage()
    live = stage.live()
    walker, turner = InputLatch(stage.world.controls), InputLatch(stage.world.controls)
    live.sit(1, walker)
    live.sit(2, turner)
    walker.feed(Input(seq=1, ts=5, controls={"forward": 1.0, "turn": -8.0}), 99.0)
    turner.feed(Input(seq=4, ts=6, controls={"turn": 3.0}), 99.5)
    stage.until(100.01)
    made = stage.frames[live][0]
    assert dict(made.frame.controls) == {"forward": 1.0, "turn": 3.0, "poison": 0.0}
    assert made.applied == {1: Applied(1, 5, 99.0, True), 2: Applied(4, 6, 99.5, True)}
    stage.until(100.04)
    assert not stage.frames[live][1].applied[1].fresh
    live.leave(2)
    stage.until(100.07)
    assert stage.frames[live][2].frame.controls["turn"] == -8.0


def test_an_idle_world_that_pauses_is_shown_held() -> None:
    model = tiny_model()
    world = TimedWorld(tiny_manifest(idle="pause"), model, tiny_starts(model.spec))
    world.clock, world.passes = ManualClock(100.0), []
    stage = Stage(world)
    live = stage.live()
    latch = InputLatch(world.controls)
    live.sit(1, latch)
    stage.until(100.1)
    assert all(made.frame.held and made.frame.tick == 0 for made in stage.frames[live])
    latch.feed(Input(seq=1, ts=0, controls={"forward": 1.0}))
    stage.until(100.2)
    assert stage.ticks(live)[-1] > 0


def test_a_job_that_fails_ends_nothing() -> None:
    stage = Stage()
    live = stage.live()

    def job() -> None:
        raise SessionError("nobody answers for this")

    stage.host.post(job)
    stage.until(100.5)
    assert len(stage.frames[live]) > 10


def test_warm_up_teaches_admission_what_passes_cost() -> None:
    single, fused = Stage(), Stage(timed_world(deterministic=False))
    for stage in (single, fused):
        stage.host.warm_up()
        assert stage.host.capacity.pass_ms(1) == pytest.approx(PASS_SECONDS * 1000.0)
    assert set(single.world.passes) == {1}
    assert set(fused.world.passes) == {1, 4}


def test_the_thread_runs_and_ends() -> None:
    model = tiny_model()
    world = World(tiny_manifest(), model, tiny_starts(model.spec))
    host = Host(world, capacity=Capacity(fused=False, most=2), metrics=NoMetrics())
    host.start()
    assert host.alive
    seen: list[int] = []
    host.post(lambda: seen.append(1))
    host.stop()
    assert seen == [1]
    assert not host.alive


def test_every_frame_says_how_far_the_dream_has_drifted_once_it_was_looked_at() -> None:
    stage = Stage()
    live = stage.live()
    stage.until(101.0)
    made = stage.frames[live]
    assert [one.drift for one in made[: LOOK_EVERY - 1]] == [None] * (LOOK_EVERY - 1)
    looked = made[LOOK_EVERY - 1]
    assert looked.drift == stage.world.familiar.judge(looked.frame.pixels).score
    assert made[LOOK_EVERY].drift == looked.drift


def test_a_restored_session_is_watched_too() -> None:
    stage = Stage()
    live = stage.live()
    live.session = stage.world.restore(live.session.snapshot())
    stage.until(101.0)
    assert stage.frames[live][-1].drift is not None


def test_a_brief_pass_is_made_by_whoever_asks() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    stage.host.capacity.add(1, BRIEF_MS)
    assert stage.host.at_once(live, order(1, 1, forward=1.0))
    assert stage.ticks(live) == [1]
    assert not stage.host.at_once(live, order(1, 2, ticks=2))
    assert stage.ticks(live) == [1]


def test_a_long_pass_is_not_made_by_whoever_asks() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    stage.host.capacity.add(1, BRIEF_MS * 1.01)
    assert not stage.host.at_once(live, order(1, 1))
    assert stage.ticks(live) == [] and live.waiting_since == math.inf


def test_nothing_overtakes_what_was_posted() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    stage.host.post(lambda: live.pause("command"))
    assert not stage.host.at_once(live, order(1, 1))
    stage.host.turn()
    assert stage.host.at_once(live, order(1, 1))
    assert stage.ticks(live) == []


def test_what_is_left_over_is_the_threads() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    assert stage.host.at_once(live, order(1, 1, ticks=3))
    assert live.session.tick == 1 and stage.frames[live] == []
    # The thread is woken by a job.
    assert not stage.host.at_once(live, order(1, 2))
    while stage.host.turn() <= 0.0:
        pass
    assert stage.ticks(live) == [3]


def test_a_device_that_is_taken_is_not_borrowed() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    with stage.host._device:
        assert not stage.host.at_once(live, order(1, 1))
    assert stage.host.at_once(live, order(1, 1))


def test_sessions_that_share_passes_are_left_to_the_thread() -> None:
    stage = Stage(timed_world(deterministic=False))
    live = stage.live("lockstep")
    assert not stage.host.at_once(live, order(1, 1))


def test_a_session_with_a_clock_is_not_kept_waiting() -> None:
    stage = Stage()
    live, clocked = stage.live("lockstep"), stage.live("realtime")
    assert not stage.host.at_once(live, order(1, 1))
    stage.host.remove(clocked)
    assert stage.host.at_once(live, order(1, 1))


def test_jobs_and_borrowers_never_meet() -> None:
    """The thread runs; another borrows the device all the time: every order is carried out once, in order."""
    model = tiny_model()
    world = World(tiny_manifest(), model, tiny_starts(model.spec))
    host = Host(world, capacity=Capacity(fused=False, most=8), metrics=NoMetrics())
    made: list[Made] = []
    live = Live(
        world.session(),
        mode="lockstep",
        clock=host.clock,
        aligned=False,
        publish=made.append,
        failed=lambda reason: None,
    )
    host.add(live)
    thread = threading.Thread(target=host.run)
    thread.start()
    borrowed = 0
    for seq in range(1, 201):
        job = order(1, seq)
        if seq % 3 and host.at_once(live, job):
            borrowed += 1
        else:
            host.post(partial(live.order, job))
    host.stop()
    thread.join()
    assert [one.applied[1].seq for one in made] == list(range(1, 201))[: len(made)]
    # Told to stop, the thread does what was posted but takes no more passes.
    assert live.session.tick == len(made) and not host.alive


def test_a_digest_is_worked_out_ahead_where_the_last_one_was_wanted() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    frames = stage.frames[live]
    for seq in range(1, 5):
        live.order(order(1, seq))
        stage.host.turn()
        if seq == 2:
            frames[1].digest()
    assert [made.digested for made in frames] == [False, True, True, True]
    assert frames[3].digest() == live.session.frame.digest()


def test_whoever_waits_for_the_device_comes_before_digests() -> None:
    stage = Stage()
    live = stage.live("lockstep")
    frames = stage.frames[live]
    for seq in range(1, 3):
        live.order(order(1, seq))
        if seq == 2:
            live.publish = lambda made: (frames.append(made), stage.host.post(lambda: None))
        stage.host.turn()
        if seq == 1:
            frames[0].digest()
    assert [made.digested for made in frames] == [True, False]
