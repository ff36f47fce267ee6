"""The clock's promises, on a clock that only moves when the model works."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from itertools import pairwise
from types import TracebackType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.support import TinyModel, tiny_manifest, tiny_model, tiny_starts
from worldsdk.errors import ControlError, ModelError, SessionError
from worldsdk.frame import Frame
from worldsdk.models.interface import Condition, Output, State
from worldsdk.runtime.budget import WINDOW
from worldsdk.runtime.clock import ManualClock
from worldsdk.runtime.ladder import CLIMB_AFTER
from worldsdk.runtime.measured import Expected
from worldsdk.runtime.realtime import MOST_CAUGHT_UP, WARM_UP_TICKS
from worldsdk.runtime.session import Session
from worldsdk.runtime.statistics import STAGES
from worldsdk.runtime.world import World


class Worker(TinyModel):
    """A tiny model whose work takes time on a manual clock: 2 ms, then ``step_ms`` a step, then 3 ms."""

    clock: ManualClock
    step_ms: float = 5.0

    def condition(self, state: State, controls: Tensor) -> Condition:
        self.clock.advance(0.002)
        return super().condition(state, controls)

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        self.clock.advance(self.step_ms / 1000.0)
        return super().denoise(condition, estimate, noise, step, steps)

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        self.clock.advance(0.003)
        return super().commit(state, condition, estimate)


class Bench:
    """A session of a world whose model is a ``Worker``; full quality is 4 steps, so 25 ms a tick."""

    def __init__(self, **manifest: Any) -> None:
        self.clock = ManualClock(50.0)
        self.model = Worker().eval()
        self.model.load_state_dict(tiny_model().state_dict())
        self.model.clock = self.clock
        self.world = World(
            tiny_manifest(default_steps=4, **manifest), self.model, tiny_starts(self.model.spec)
        )

    def session(self, seed: int = 3) -> Session:
        return self.world.session(seed)


@pytest.fixture
def bench() -> Bench:
    return Bench()


class Plain:
    """Plays in a block and keeps the frames."""

    def __init__(self, bench: Bench, session: Session, **settings: Any) -> None:
        self.live = session.realtime(clock=bench.clock, **settings)
        self.frames: list[Frame] = []

    def __enter__(self) -> Plain:
        self.live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.__exit__(kind, error, trace)

    def tick(self, **controls: float) -> Frame:
        self.frames.append(self.live.tick(controls))
        return self.frames[-1]


def test_with_time_enough_every_tick_is_full_and_on_the_beat(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35) as play:
        begun = bench.clock.now
        for index in range(35 * 20):
            frame = play.tick(forward=1)
            assert bench.clock.now == pytest.approx(begun + index / 35 + 0.025, abs=1e-9)
        assert play.live.beat == 35 * 20 - 1
    assert frame.tick == 35 * 20
    assert frame.timing.budget_ms == pytest.approx(1000 / 35)
    assert {f.timing.steps_used for f in play.frames} == {4} and not any(f.held for f in play.frames)
    assert play.live.missed == 0 and play.live.statistics.ticks == 35 * 20
    assert play.live.statistics.percentile(100) == pytest.approx(25.0)


def test_live_at_fixed_steps_is_what_stepping_gives(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35, steps=2) as play:
        bench.model.step_ms = 40.0
        for index in range(10):
            play.tick(turn=index / 2)
    assert {f.timing.steps_used for f in play.frames} == {2}
    assert all(not f.timing.deadline_met for f in play.frames if not f.held)
    twin = bench.session()
    generated = [f for f in play.frames if not f.held]
    assert [twin.step(f.controls, steps=2).digest() for f in generated] == [f.digest() for f in generated]


def test_a_step_that_would_not_fit_is_not_taken(bench: Bench) -> None:
    # 2 + n * 5 + 3 ms fit into 21 ms for three steps, and never for four.
    with Plain(bench, bench.session(), fps=35, budget_ms=21.0) as play:
        for _ in range(300):
            assert play.tick().timing.steps_used == 3
    assert all(f.timing.deadline_met and f.timing.total_ms <= 21.0 for f in play.frames)
    assert play.live.missed == 0


def test_the_budget_shrinks_with_a_late_call(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35) as play:
        play.tick()
        for late_ms, steps in ((0.5, 4), (8.0, 3), (12.0, 2), (17.0, 1)):
            beat = play.live.beat
            bench.clock.sleep_until(50.0 + 4 * 0.025 + (beat + 1) / 35 + late_ms / 1000)
            frame = play.tick()
            assert frame.timing.steps_used == steps
            assert frame.timing.deadline_met
    assert play.live.missed == 0


def test_a_slow_spell_is_ridden_out_on_lower_rungs(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35) as play:
        for _ in range(100):
            play.tick()
        bench.model.step_ms = 13.0
        for _ in range(200):
            play.tick()
        slow = play.frames[100:]
        missed = play.live.missed
        # Costs are learnt from a few ticks; after them no deadline is missed.
        assert 0 < missed <= 5
        assert all(f.timing.deadline_met and f.timing.steps_used == 1 for f in slow[-190:])
        bench.model.step_ms = 4.0
        for _ in range(5 * CLIMB_AFTER):
            play.tick()
        assert play.live.missed == missed
    steps = [f.timing.steps_used for f in play.frames[300:]]
    assert steps[0] == 1 and steps[-1] == 4
    assert all(after - before <= 1 for before, after in pairwise(steps))
    first_four = steps.index(4)
    assert first_four >= 3 * CLIMB_AFTER and set(steps[first_four:]) == {4}


def test_a_live_run_can_be_replayed_bit_for_bit(bench: Bench) -> None:
    dice = np.random.default_rng(0)
    with Plain(bench, bench.session(8), fps=35) as play:
        for _ in range(120):
            bench.model.step_ms = float(dice.uniform(1.0, 16.0))
            play.tick(turn=float(dice.uniform(-8, 8)))
            bench.clock.advance(float(dice.uniform(0.0, 0.02)))
    assert len({f.timing.steps_used for f in play.frames}) > 2
    assert len({(f.timing.rung, f.timing.steps_used) for f in play.frames}) > 4
    assert any(f.held for f in play.frames)
    twin = bench.session(8)
    assert [twin.replay(f).digest() for f in play.frames] == [f.digest() for f in play.frames]


def test_hold_waits_for_a_fresh_beat(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35, on_miss="hold") as play:
        for _ in range(3):
            play.tick()
        before = bench.clock.now
        bench.clock.sleep_until(50.1 + 3 / 35 + 0.020)
        late = play.tick(forward=1)
        # 10 ms are needed and 8 are left: the last frame is shown once more, at once.
        assert late.held and not late.timing.deadline_met and late.tick == 3
        assert np.array_equal(late.pixels, play.frames[2].pixels)
        assert bench.clock.now == pytest.approx(50.1 + 3 / 35 + 0.020) and before < bench.clock.now
        fresh = play.tick(forward=1)
    assert not fresh.held and fresh.tick == 4 and fresh.timing.steps_used == 4
    assert play.live.missed == 1


def test_hold_never_holds_twice_in_a_row(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35, on_miss="hold") as play:
        for index in range(1, 40):
            bench.clock.sleep_until(50.1 + index / 35 + 0.022)
            play.tick()
    held = [f.held for f in play.frames]
    assert any(held) and not any(a and b for a, b in pairwise(held))


def test_where_no_beat_is_long_enough_nothing_is_held(bench: Bench) -> None:
    bench.model.step_ms = 60.0
    with Plain(bench, bench.session(), fps=35, on_miss="hold") as play:
        for _ in range(10):
            play.tick()
    assert [f.tick for f in play.frames] == list(range(1, 11))
    assert {f.timing.steps_used for f in play.frames} == {1}
    # 65 ms a frame: every frame is late, and swallows at least one more beat.
    assert play.live.missed >= 18
    assert play.live.beat + 1 == pytest.approx(play.live.missed, abs=3)


@pytest.mark.parametrize(("policy", "ticks_gained"), [("hold", 1), ("fewer", 1), ("repeat", 4)])
def test_beats_that_were_lost(bench: Bench, policy: str, ticks_gained: int) -> None:
    with Plain(bench, bench.session(), fps=35, on_miss=policy) as play:
        play.tick(forward=1, turn=2.0)
        bench.clock.sleep_until(50.1 + 4 / 35 + 0.001)
        frame = play.tick()
        assert play.live.beat >= 4
    assert frame.tick == 1 + ticks_gained
    assert play.live.missed >= 3
    if policy == "repeat":
        again = bench.session()
        again.step({"forward": 1, "turn": 2.0})
        for _ in range(3):
            again.step({"forward": 1, "turn": 2.0}, steps=1)
        assert again.replay(frame).digest() == frame.digest()


def test_catching_up_has_a_limit(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35, on_miss="repeat") as play:
        play.tick()
        bench.clock.advance(10.0)
        assert play.tick().tick == 2 + MOST_CAUGHT_UP
        assert play.live.missed >= 348


def test_fewer_goes_to_the_lowest_rung_on_a_miss(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35, on_miss="fewer") as play:
        play.tick()
        bench.clock.sleep_until(50.1 + 1 / 35 + 0.025)
        late = play.tick()
        assert not late.held and not late.timing.deadline_met
        assert play.live.rung.steps == 1
        assert play.tick().timing.steps_used == 1
    assert play.live.missed == 1


def test_a_paused_world_stands_still_and_misses_nothing(bench: Bench) -> None:
    session = bench.session()
    with session.realtime(idle="pause", on_miss="repeat", clock=bench.clock) as live:
        live.tick({"forward": 1})
        before = session.snapshot()
        for _ in range(5):
            frame = live.tick()
            assert frame.held and frame.timing.deadline_met and frame.tick == 1
        bench.clock.advance(1.0)
        live.tick()
        assert session.snapshot() == before and live.missed == 0
        assert live.tick({}).tick == 2


def test_idle_policies(bench: Bench) -> None:
    for idle, wanted in (("noop", 0.0), ("repeat", 4.0)):
        with bench.session().realtime(idle=idle, clock=bench.clock) as live:  # type: ignore[arg-type]
            live.tick({"turn": 4.0})
            assert live.tick().controls["turn"] == wanted
    bench = Bench(idle="repeat")
    with bench.session().realtime(clock=bench.clock) as live:
        live.tick({"turn": 4.0})
        assert live.tick(None).controls["turn"] == 4.0


def test_the_iterator_takes_the_newest_controls(bench: Bench) -> None:
    seen = []
    with bench.session().realtime(clock=bench.clock) as live:
        live.set_controls({"turn": 1.0})
        live.set_controls({"turn": 2.0})
        for frame in live:
            seen.append(frame.controls["turn"])
            if frame.tick == 1:
                live.set_controls({"turn": 3.0})
                with pytest.raises(ControlError):
                    live.set_controls({"turn": 99.0})
            if frame.tick == 4:
                live.stop()
    assert seen == [2.0, 3.0, 0.0, 0.0]


def test_controls_can_be_set_from_another_thread(bench: Bench) -> None:
    with bench.session().realtime(clock=bench.clock) as live:
        thread = threading.Thread(target=live.set_controls, args=({"turn": 5.0},))
        thread.start()
        thread.join()
        assert live.tick().controls["turn"] == 5.0


def test_a_function_reads_the_controls_when_the_beat_has_come(bench: Bench) -> None:
    read_at: list[float] = []

    def read() -> dict[str, float]:
        read_at.append(bench.clock.now)
        return {"turn": float(len(read_at))}

    began = bench.clock.now + WARM_UP_TICKS * 0.025
    with bench.session().realtime(fps=20, clock=bench.clock) as live:
        frames = [live.tick(read) for _ in range(3)]
    assert [frame.controls["turn"] for frame in frames] == [1.0, 2.0, 3.0]
    # At the beat itself, though each tick was asked for half a beat before it.
    assert read_at == pytest.approx([began + index / 20 for index in range(3)])


def test_a_beat_that_is_held_leaves_the_controls_unread(bench: Bench) -> None:
    reads: list[float] = []
    session = bench.session()
    with session.realtime(fps=35, on_miss="hold", clock=bench.clock) as live:
        live.tick()
        bench.clock.sleep_until(50.1 + 1 / 35 + 0.020)
        assert live.tick(lambda: reads.append(1.0)).held and not reads  # type: ignore[func-returns-value]
        assert not live.tick(lambda: {"turn": 5.0}).held
    assert session.frame.controls["turn"] == 5.0


def test_a_function_that_reads_nothing_leaves_it_to_what_was_set_and_to_the_idle_policy(bench: Bench) -> None:
    with bench.session().realtime(idle="pause", clock=bench.clock) as live:
        live.set_controls({"turn": 2.0})
        assert live.tick(lambda: None).controls["turn"] == 2.0
        assert live.tick(lambda: None).held
        # On late beats, too, it is read: who asks nothing of a paused world misses nothing.
        bench.clock.advance(1 / 35 + 0.020)
        assert live.tick(lambda: None).held and live.missed == 0


def test_what_a_function_raises_or_gets_wrong_stops_nothing(bench: Bench) -> None:
    session = bench.session()

    def broken() -> dict[str, float]:
        raise OSError("the pad was unplugged")

    with session.realtime(clock=bench.clock) as live:
        live.tick()
        with pytest.raises(ControlError, match="jump"):
            live.tick(lambda: {"jump": 1.0})
        with pytest.raises(OSError, match="unplugged"):
            live.tick(broken)
        assert session.tick == 1 and live.beat == 2
        assert live.tick(lambda: {}).tick == 2


def test_warming_up_changes_nothing_but_what_is_known(bench: Bench) -> None:
    session = bench.session()
    before, begun = session.snapshot(), bench.clock.now
    with session.realtime(clock=bench.clock) as live:
        assert session.snapshot() == before
        assert bench.clock.now == pytest.approx(begun + WARM_UP_TICKS * 0.025)
        assert live.costs.tick(4) == pytest.approx(25.0)
        assert live.statistics.ticks == 0


def test_what_was_measured_before_says_where_to_begin(bench: Bench) -> None:
    # The machine was slower then: only two steps fitted.
    stages = {"condition": 2.0, "denoise": 11.0, "commit": 3.0, "pixels": 0.0}
    bench.world.expected = Expected(stages, {1: 16.0, 2: 27.0, 4: 49.0})
    with bench.session().realtime(fps=30, clock=bench.clock) as live:
        assert live.rung.steps == 2
        assert live.costs.of("denoise") == 11.0
        frames = [live.tick() for _ in range(CLIMB_AFTER + WINDOW + 1)]
        # It is forgotten, and the rung that was never measured, of three steps, is left out.
        assert live.costs.of("denoise") == pytest.approx(5.0)
    assert [frames[0].timing.steps_used, frames[-1].timing.steps_used] == [2, 4]
    assert 3 not in {frame.timing.steps_used for frame in frames}


def test_what_was_measured_does_not_touch_fixed_steps(bench: Bench) -> None:
    with Plain(bench, bench.session(), fps=35, steps=2) as play:
        plain = [play.tick(turn=index).digest() for index in range(4)]
    bench.world.expected = Expected(dict.fromkeys(STAGES, 50.0), {1: 200.0, 4: 350.0})
    with Plain(bench, bench.session(), fps=35, steps=2, on_miss="fewer") as play:
        assert [play.tick(turn=index).digest() for index in range(4)] == plain


def test_bad_input_uses_up_no_beat(bench: Bench) -> None:
    with bench.session().realtime(clock=bench.clock) as live:
        live.tick()
        with pytest.raises(ControlError):
            live.tick({"jump": 1})
        assert live.beat == 0
        assert live.tick().tick == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"fps": 35, "budget_ms": 30.0}, "budget_ms is 30.0.*28.6"),
        ({"budget_ms": 0.0}, "budget_ms"),
        ({"on_miss": "panic"}, "on_miss is 'panic'"),
        ({"idle": "sleep"}, "idle is 'sleep'"),
        ({"steps": 9}, "steps is 9"),
    ],
)
def test_bad_settings_are_named(bench: Bench, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SessionError, match=words):
        bench.session().realtime(**settings)


def test_outside_its_block_the_clock_does_not_run(bench: Bench) -> None:
    live = bench.session().realtime(clock=bench.clock)
    with pytest.raises(SessionError, match="not running"):
        live.tick()
    with live:
        live.tick()
    with pytest.raises(SessionError, match="not running"):
        live.tick()


def test_nan_stops_the_session_and_the_collector_is_put_back(bench: Bench) -> None:
    session = bench.session()
    frozen = gc.get_freeze_count()
    with pytest.raises(ModelError), session.realtime(clock=bench.clock) as live:
        assert gc.get_freeze_count() > frozen
        live.tick({"poison": 1})
    assert gc.get_freeze_count() == 0
    with pytest.raises(SessionError, match="stopped"), session.realtime(clock=bench.clock):
        pytest.fail("a stopped session must not be paced")


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_on_the_real_clock_it_keeps_the_beat(world: World, one_thread: None) -> None:
    with world.session().realtime(fps=50) as live:
        for _ in live:
            live.set_controls({"forward": 1})
            if live.beat >= 24:
                live.stop()
        begun = live.session.frame.tick
    # A busy machine may lose beats; what is never lost is the count of them.
    assert begun + live.missed >= 25
    assert live.statistics.ticks == begun
