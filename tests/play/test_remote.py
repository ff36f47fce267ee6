"""Playing a world on a server: the same window, the same keys, and what a connection adds."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pygame
import pytest

from tests.client.served import faking, serving_world
from tests.play.conftest import make_world
from tests.play.test_app import Player
from worldsdk.cli.main import main
from worldsdk.client import sync
from worldsdk.client.sync import connect
from worldsdk.errors import ConnectionLostError
from worldsdk.play.headless import HeadlessOptions, play_headless
from worldsdk.play.mouse import MouseBindings
from worldsdk.play.remote import RemoteDriver


@pytest.fixture(scope="module")
def url():
    with serving_world(make_world()) as address:
        yield address


@pytest.fixture
def player(url, dummy_display):
    made = []

    def make(**options):
        world = connect(url, mode="realtime", layers=["depth"], **options.pop("connect", {}))
        made.append(Player(world, dummy_display, **({"fps": None} | options)))
        return made[-1]

    yield make
    for each in made:
        each.app.close()


def test_keys_reach_the_server_and_the_window_shows_what_comes(player):
    play = player()
    play.key("KeyW", up=False)
    play.until(lambda app: app.view.frame.controls["forward"] == 1)
    play.key("KeyW", down=False)
    view = play.until(lambda app: app.view.frame.controls["forward"] == 0)
    assert view.link.connected and view.link.quality.frames > 0 and view.link.room.startswith("room")
    assert play.picture().std() > 1.0
    play.key("F4")
    assert play.app.layer == "depth"
    play.key("F4")


def test_the_mouse_turns_once_by_as_far_as_it_moved(player):
    play = player()
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(5, 5)))
    before = play.until(lambda app: app.captured).frame.state["heading"]
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, rel=(30, 0), pos=(5, 5), buttons=(0, 0, 0)))
    # 0.1 degrees a pixel, and the tiny model turns by eight times its input's share of the range.
    play.until(lambda app: app.view.frame.state["heading"] != before)
    moved = play.until(lambda app: app.view.frame.tick > app.driver._session.tick - 1).frame.tick
    view = play.until(lambda app: app.view.frame.tick > moved + 3)
    assert (view.frame.state["heading"] - before) % 360 == pytest.approx(3.0, abs=1e-3)


def test_pause_single_steps_and_rewinding(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 20)
    play.key("KeyP")
    tick = play.until(
        lambda app: app.view.mode == "paused" and app.view.frame.tick == app.driver._session.tick
    )
    for step in (1, 2):
        play.key("Period")
        play.until(lambda app, step=step: app.view.frame.tick == tick.frame.tick + step)
    play.key("Backspace", up=False)
    play.until(lambda app: app.view.mode == "rewinding" and app.view.frame.tick < tick.frame.tick - 5)
    play.key("Backspace", down=False)
    play.until(lambda app: app.view.mode == "paused")
    play.key("KeyP")
    play.until(lambda app: app.view.mode == "playing" and app.view.rate > 0)


def test_rewinding_stops_at_the_beginning_and_says_so(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 3)
    play.key("Backspace", up=False)
    play.until(lambda app: "far back" in app._notice)
    play.key("Backspace", down=False)


def test_saves_restarts_and_seeds(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 5)
    play.key("F9")
    play.until(lambda app: "slot 0 is empty" in app._notice)
    play.key("F5")
    play.until(lambda app: "Saved to slot 0" in app._notice)
    play.key("F9")
    play.until(lambda app: "Loaded" in app._notice)
    play.key("BracketRight")
    play.until(lambda app: "Start 2 of 3" in app._notice)
    play.until(lambda app: app.view.start == 1)


def test_help_stops_the_clock_of_ones_own_room_only(player):
    play = player()
    play.key("F1")
    play.until(lambda app: app.show_help and app.view.mode == "paused")
    play.key("Space")
    play.until(lambda app: not app.show_help and app.view.mode == "playing")
    shared = player(connect={"room": "shared"}, join=True)
    shared.key("F1")
    tick = shared.until(lambda app: app.show_help).frame.tick
    shared.until(lambda app: app.view.frame.tick > tick + 5)
    assert shared.app.view.mode == "playing"


def test_whoever_watches_sends_nothing(player):
    play = player(connect={"room": "stage"}, join=True)
    watch = player(connect={"room": "stage", "role": "viewer"}, join=True)
    play.until(lambda app: app.view.frame.tick > 3)
    watch.key("KeyW", up=False)
    tick = watch.until(lambda app: app.view is not None).frame.tick
    view = watch.until(lambda app: app.view.frame.tick > tick + 5)
    assert view.frame.controls["forward"] == 0
    watch.key("KeyP")
    watch.until(lambda app: "viewer" in app._notice)


def test_the_warp_is_switched_by_key(player):
    play = player()
    assert play.app.driver.warp
    play.key("F10")
    play.until(lambda app: "held still" in app._notice)
    play.until(lambda app: not app.view.link.warp)


def driver_of(fake, **options):
    world = connect(fake.url, mode="realtime", **options)
    driver = RemoteDriver(world, world.session(), MouseBindings(world.controls))
    return driver


def until(condition, seconds=20.0):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("never came")


def test_a_late_frame_is_bridged_by_turning_the_last():
    with faking(mode="realtime") as fake:
        driver = driver_of(fake)
        picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
        late = replace(driver._showing.last, pixels=picture)
        late = replace(late, wire=replace(late.wire, pts=0, arrived=1.0))
        driver._showing.restart()
        driver._showing.hear(late)
        driver._show(1.0)
        assert driver.views.take().frame is late
        camera = driver._showing._camera
        camera.matched, camera._products, camera._squares, camera._rate = 10, 1.0, 1.0, 1.0
        driver._show(1.0 + 1.4 * driver._period)
        assert driver.views.take() is None
        driver._show(1.0 + 2.2 * driver._period)
        view = driver.views.take()
        assert np.array_equal(view.frame.pixels[:, 1:], picture[:, :-1]) and view.frame.held
        assert (view.link.quality.held, view.link.quality.warped) == (1, 1)
        driver.toggle_warp()
        driver._show(1.0 + 2.4 * driver._period)
        assert np.array_equal(driver.views.take().frame.pixels, picture)
        driver.stop()


def test_a_lost_connection_is_told_and_taken_up_again():
    with faking(mode="realtime", hang_up={1: "before"}) as fake:
        driver = driver_of(fake)
        driver.start()
        driver._bindings.press("KeyW")
        until(lambda: len(fake.hellos) == 2)
        said = []

        def told(words):
            while not driver.notices.empty():
                said.append(driver.notices.get())
            return any(words in sentence for sentence in said)

        until(lambda: told("Back again"))
        assert any("lost" in sentence for sentence in said) and driver.error is None
        until(lambda: any(message.controls for message in fake.inputs[1:]))
        driver.stop()
        assert not driver.is_alive()


def test_a_connection_that_cannot_come_back_ends_the_driver():
    with faking(mode="realtime", hang_up={1: 1000}) as fake:
        driver = driver_of(fake)
        driver.start()
        driver._bindings.press("KeyW")
        driver.join(20)
        assert isinstance(driver.error, ConnectionLostError)
        driver.stop()


def test_a_headless_run_over_the_wire_has_the_digest_of_one_here(tmp_path, url):
    here = play_headless(make_world(), HeadlessOptions(tmp_path / "a", seconds=0.5, seed=3, start=1))
    with connect(url) as world:
        there = play_headless(world, HeadlessOptions(tmp_path / "b", seconds=0.5, seed=3, start=1))
    assert there["digest"] == here["digest"] and there["ticks"] == here["ticks"]
    assert there["connection"]["frames"] >= there["ticks"] and there["device"].startswith("server ws://")
    with connect(url, mode="realtime") as world:
        live = play_headless(world, HeadlessOptions(tmp_path / "c", seconds=0.5, realtime=True))
    assert live["digest"] is None and live["ticks"] == 18


def command(folder, *arguments, **changes):
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("SDL_VIDEODRIVER", None)
    line = [sys.executable, "-m", "worldsdk.cli.main", "play", *map(str, arguments)]
    environment = kept | {"OMP_NUM_THREADS": "1", "WORLDSDK_HOME": str(folder / "home")} | changes
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_the_command_line_without_a_display(tmp_path, url):
    done = command(tmp_path, "--server", url, "--seconds", "0.5", "--seed", "3", "--start", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No window: there is no display")
    report = json.loads((tmp_path / "out" / "play" / "timing.json").read_text())
    assert report["ticks"] == 18 and report["digest"] in done.stdout and not report["realtime"]


@pytest.mark.parametrize("script", [False, True])
def test_without_a_window_one_connection_is_enough(tmp_path, url, monkeypatch, script):
    # A token opens once: who knocks to find out that there is no display has none left.
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    modes, close = [], sync.RemoteWorld.close
    monkeypatch.setattr(sync, "connect", lambda *a, **k: modes.append(k["mode"]) or connect(*a, **k))
    left = []
    monkeypatch.setattr(sync.RemoteWorld, "close", lambda self: left.append(close(self)))
    inputs = tmp_path / "walk.json"
    inputs.write_text('[{"ticks": 5, "controls": {}}]')
    more = ["--inputs", str(inputs)] if script else ["--seconds", "0.2"]
    assert main(["play", "--server", url, "--out", str(tmp_path), *more]) == 0
    assert modes == ["lockstep"] and left == [None]


def test_the_command_line_in_a_window(tmp_path, url):
    done = command(tmp_path, "--server", url, "--room", "cli", "--seconds", "1", SDL_VIDEODRIVER="dummy")
    assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tiny", "--server", "localhost:1"], "both"),
        (["--server", "localhost:1"], "no server answers"),
        (["--server", "localhost:1", "--watch"], "--room"),
        (["--server", "localhost:1", "--watch", "--room", "a", "--headless"], "window"),
        (["--server", "localhost:1", "--token-file", "nothing"], "token"),
        (["--server", "ws://localhost:1/?token=x"], "secret"),
        (["--room", "den"], "--server"),
    ],
)
def test_wrong_use_is_one_line(tmp_path, arguments, words):
    done = command(tmp_path, *arguments)
    assert done.returncode == 2 and words in done.stderr and len(done.stderr.splitlines()) == 1


def test_bindings_keep_the_mouse_apart_and_tell_of_changes(url):
    told = []
    with connect(url) as world:
        bindings = MouseBindings(world.controls)
    bindings.on_change = lambda: told.append(1)
    bindings.press("ArrowRight")
    bindings.move_mouse(5, -2)
    bindings.move_mouse(1, 1)
    controls, moved = bindings.sample_with_mouse()
    assert controls["turn"] == 4.0 and moved == (6, -1) and len(told) == 3
    bindings.release("ArrowRight")
    bindings.pad("LeftStickX", 0.5)
    bindings.move_mouse(3, 3)
    bindings.forget_motion()
    assert bindings.sample_with_mouse()[1] == (0.0, 0.0)
    bindings.move_mouse(3, 3)
    bindings.release_all()
    controls, moved = bindings.sample_with_mouse()
    assert controls["turn"] == 0.0 and moved == (0.0, 0.0)
