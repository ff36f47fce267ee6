"""The device thread, on a tiny world and the real clock."""

import itertools
import time

import pytest

from tests.play.conftest import make_world
from worldsdk.play.bindings import Bindings
from worldsdk.play.driver import Driver


class Harness:
    """A driver, and the frames and notices that it has shown."""

    def __init__(self, world, **options):
        self.frames, self.views = [], []
        self.bindings = Bindings(world.controls)
        session = world.session(seed=5)
        self.driver = Driver(world, session, self.bindings, fps=200.0, on_frame=self.frames.append, **options)
        self.driver.start()

    def until(self, condition, seconds=20.0):
        """Takes views until one meets the condition."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            view = self.driver.views.take(0.05)
            if view is not None:
                self.views.append(view)
                if condition(view):
                    return view
        last = self.views[-1]
        raise AssertionError(f"never came; last was {last.mode} at tick {last.frame.tick}")

    def told(self, fragment, seconds=20.0):
        """Waits for the next sentence, which must hold the fragment."""
        sentence = self.driver.notices.get(timeout=seconds)
        assert fragment in sentence


@pytest.fixture
def harness(world):
    made = []

    def make(this=None, **options):
        made.append(Harness(this or world, **options))
        return made[-1]

    yield make
    for each in made:
        each.driver.stop()
        assert not each.driver.is_alive()


def test_it_plays_what_a_bare_session_plays(harness, world):
    play = harness()
    play.bindings.press("KeyW")
    play.until(lambda view: view.frame.tick >= 30)
    play.driver.stop()
    twin = world.session(seed=5)
    generated = [frame for frame in play.frames if not frame.held and frame.tick > 0]
    assert len(generated) >= 30
    assert [twin.replay(frame).digest() for frame in generated] == [frame.digest() for frame in generated]
    assert generated[-1].controls["forward"] == 1


def test_pausing_stops_time_and_a_single_step_is_single(harness):
    play = harness()
    play.until(lambda view: view.frame.tick > 3)
    play.driver.pause()
    tick = play.until(lambda view: view.mode == "paused").frame.tick
    time.sleep(0.05)
    assert play.driver.views.take() is None
    play.driver.step()
    assert play.until(lambda view: view.mode == "paused").frame.tick == tick + 1
    play.driver.pause()
    play.until(lambda view: view.mode == "playing" and view.frame.tick > tick + 3)


def test_holding_rewind_runs_backwards_until_it_is_let_go(harness):
    play = harness()
    play.until(lambda view: view.frame.tick > 40)
    play.driver.rewind(True)
    play.until(lambda view: view.mode == "rewinding" and view.frame.tick < 20)
    play.driver.rewind(False)
    play.until(lambda view: view.mode == "playing" and view.frame.tick > 25)
    ticks = [frame.tick for frame in play.frames]
    steps = {b - a for a, b in itertools.pairwise(ticks)}
    assert steps <= {-1, 0, 1} and {-1, 1} <= steps


def test_rewinding_to_the_beginning_pauses_and_says_so(harness):
    play = harness()
    play.until(lambda view: view.frame.tick > 5)
    play.driver.rewind(True)
    play.told("as far back")
    assert play.until(lambda view: view.mode == "paused").frame.tick == 0
    play.driver.rewind(False)
    play.driver.pause()
    play.until(lambda view: view.mode == "playing" and view.frame.tick > 3)


def test_loading_goes_back_to_the_very_moment_that_was_saved(harness):
    kept = []
    play = harness()
    play.until(lambda view: view.frame.tick > 10)
    play.driver.pause()
    saved = play.until(lambda view: view.mode == "paused").frame
    play.driver.save(lambda blob: kept.append(blob) or "kept")
    play.told("kept")
    play.driver.pause()
    play.until(lambda view: view.frame.tick > saved.tick + 10)
    play.driver.pause()
    play.until(lambda view: view.mode == "paused")
    play.driver.load(lambda: kept[0])
    play.told(f"Loaded: tick {saved.tick}")
    assert play.until(lambda view: True).frame.digest() == saved.digest()


def test_a_refused_wish_is_told_and_the_game_goes_on(harness):
    play = harness()
    play.driver.load(lambda: b"not a snapshot")
    play.told("snapshot")
    tick = play.until(lambda view: True).frame.tick
    play.until(lambda later: later.frame.tick > tick + 3)


def test_no_sentence_is_lost_however_late_the_window_looks(harness):
    play = harness()
    for name in "abc":
        play.driver.save(lambda blob, name=name: name)
    play.until(lambda view: view.frame.tick > 20)
    for name in "abc":
        play.told(name)


def test_resetting_takes_a_seed_and_wraps_around_the_starts(harness, world):
    play = harness()
    play.driver.reset(seed=77, start_by=-1)
    view = play.until(lambda view: view.seed == 77)
    assert view.start == world.starts - 1
    # The window may have seen a later one already: the film has them all.
    assert any(frame.tick == 0 for frame in play.frames[1:])
    play.driver.reset(start_by=1)
    assert play.until(lambda view: view.start == 0).seed == 77


def test_a_panel_pauses_and_gives_time_back_as_it_was(harness):
    play = harness()
    play.until(lambda view: view.frame.tick > 2)
    play.driver.hold()
    play.until(lambda view: view.mode == "paused")
    play.driver.play()
    play.until(lambda view: view.mode == "playing")
    play.driver.pause()
    play.until(lambda view: view.mode == "paused")
    play.driver.hold()
    play.driver.play()
    time.sleep(0.05)
    assert play.until(lambda view: True).mode == "paused"


def test_a_model_that_loses_its_way_pauses_and_can_be_rewound(harness, world):
    play = harness()
    play.until(lambda view: view.frame.tick > 10)
    sample = play.bindings.sample
    play.bindings.sample = lambda: world.controls.parse({"poison": 1})
    play.told("NaN")
    view = play.until(lambda view: view.mode == "paused")
    assert play.driver.is_alive()
    play.bindings.sample = sample
    play.driver.rewind(True)
    play.until(lambda later: later.frame.tick < view.frame.tick - 3)
    play.driver.rewind(False)
    play.driver.pause()
    play.until(lambda later: later.mode == "playing" and later.frame.tick > view.frame.tick)


def test_a_world_that_waits_stands_still_until_a_key_is_down(harness):
    play = harness(make_world(idle="pause"))
    play.until(lambda view: view.mode == "playing")
    time.sleep(0.1)
    assert {frame.tick for frame in play.frames} == {0}
    play.bindings.press("KeyW")
    play.until(lambda view: view.frame.tick >= 3)
    play.bindings.release("KeyW")
    time.sleep(0.1)
    stopped, beats = play.until(lambda view: view.frame.held), len(play.frames)
    play.until(lambda view: len(play.frames) > beats + 10)
    # Standing still misses no beat, however busy the machine is.
    assert play.frames[-1].tick == stopped.frame.tick and play.views[-1].missed == stopped.missed


def test_what_breaks_the_thread_is_kept(world):
    def broken(frame):
        raise RuntimeError("the screen fell off")

    driver = Driver(world, world.session(), Bindings(world.controls), on_frame=broken)
    driver.start()
    driver.join(10)
    assert isinstance(driver.error, RuntimeError)
    driver.stop()
