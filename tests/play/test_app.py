"""The whole client in one process, on SDL's dummy screen."""

import time

import numpy as np
import pygame
import pytest

from worldsdk.errors import DisplayError
from worldsdk.play import window as window_module
from worldsdk.play.app import App, PlayOptions
from worldsdk.play.keys import CODES
from worldsdk.play.window import Window, fit, has_display


class Player:
    """Presses keys on an app and watches its window."""

    def __init__(self, world, folder, **options):
        settings = {"seed": 5, "out": folder / "out", "fps": 100.0, "show_help": False} | options
        self.app = App(world, PlayOptions(**settings))
        self.app.driver.start()

    def key(self, code, *, down=True, up=True, ctrl=False, unicode="", key=0):
        mod = pygame.KMOD_CTRL if ctrl else 0
        fields = {"key": key, "scancode": CODES.get(code, 0), "mod": mod, "unicode": unicode}
        if down:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, fields))
        if up:
            pygame.event.post(pygame.event.Event(pygame.KEYUP, fields))
        self.app.once()

    def until(self, condition, seconds=20.0):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.app.once()
            if self.app.view is not None and condition(self.app):
                return self.app.view
        view = self.app.view
        state = (view.mode, view.frame.tick) if view is not None else None
        raise AssertionError(f"never came; {state}, notice {self.app._notice!r}")

    def picture(self):
        self.app._stale = True
        self.app.once()
        return pygame.surfarray.array3d(self.app.window.surface).transpose(1, 0, 2)


@pytest.fixture
def player(world, dummy_display):
    made = []

    def make(**options):
        made.append(Player(world, dummy_display, **options))
        return made[-1]

    yield make
    for each in made:
        each.app.close()


def test_the_window_shows_the_frame_enlarged(player):
    play = player()
    play.key("F3")
    play.key("F7")
    play.key("F7")
    assert play.app.method == "nearest"
    play.key("KeyP")
    view = play.until(lambda app: app.view.mode == "paused")
    play.app.say("")
    shown = play.picture()
    height, width = view.frame.pixels.shape[:2]
    factor = shown.shape[0] // height
    assert shown.shape == (height * factor, width * factor, 3) and factor >= 40
    middle = slice(factor // 2, None, factor)
    # The badge covers the top right corner.
    assert (shown[middle, middle][2:, :] == view.frame.pixels[2:, :]).all()


def test_a_held_key_reaches_the_world_and_letting_go_ends_it(player):
    play = player()
    play.key("KeyW", up=False)
    play.until(lambda app: app.view.frame.controls["forward"] == 1)
    play.key("KeyW", down=False)
    play.until(lambda app: app.view.frame.controls["forward"] == 0)


def test_losing_the_window_lets_all_keys_go(player):
    play = player()
    play.key("KeyW", up=False)
    play.until(lambda app: app.view.frame.controls["forward"] == 1)
    pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    play.until(lambda app: app.view.frame.controls["forward"] == 0)


def test_a_click_takes_the_mouse_and_escape_gives_it_back(player):
    play, read = player(), []
    sample = play.app.bindings.sample
    # Motion is in one tick only, whose frame a busy window may never show.
    play.app.bindings.sample = lambda: read.append(sample()) or read[-1]
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=(5, 5)))
    play.until(lambda app: app.captured)
    pygame.event.post(pygame.event.Event(pygame.MOUSEMOTION, rel=(30, 0), pos=(5, 5), buttons=(0, 0, 0)))
    play.until(lambda app: any(controls["turn"] == pytest.approx(3.0) for controls in read))
    play.key("Escape")
    assert not play.app.captured and not play.app.show_help


def test_a_pad_plays_and_its_start_button_pauses(player):
    play = player()
    axis, value = pygame.CONTROLLER_AXIS_LEFTX, 32767
    pygame.event.post(pygame.event.Event(pygame.CONTROLLERAXISMOTION, axis=axis, value=value))
    play.until(lambda app: app.view.frame.controls["turn"] == 8.0)
    start = pygame.CONTROLLER_BUTTON_START
    pygame.event.post(pygame.event.Event(pygame.CONTROLLERBUTTONDOWN, button=start))
    play.until(lambda app: app.view.mode == "paused")


def test_help_covers_the_first_start_only_and_any_key_plays(player):
    play = player(show_help=None)
    play.until(lambda app: app.view.mode == "paused" and app.show_help)
    covered = play.picture()
    play.key("Space")
    play.until(lambda app: not app.show_help and app.view.mode == "playing")
    assert (covered != play.picture()).mean() > 0.3
    assert not player(show_help=None).app.show_help


def test_rewinding_lasts_as_long_as_the_key(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 30)
    play.key("Backspace", up=False)
    play.until(lambda app: app.view.mode == "rewinding" and app.view.frame.tick < 15)
    play.key("Backspace", down=False)
    play.until(lambda app: app.view.mode == "playing" and app.view.frame.tick > 16)


def test_quick_save_and_load_and_slots(player):
    play = player()
    play.key("F9")
    play.until(lambda app: "slot 0 is empty" in app._notice)
    play.key("F5")
    play.until(lambda app: "Saved to slot 0" in app._notice)
    assert play.app.saves.filled() == [0]
    play.key("F9")
    play.until(lambda app: "Loaded" in app._notice)
    play.key("F6")
    assert play.app.slot == 1 and "empty" in play.app._notice


def test_a_typed_seed_starts_again_with_it(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 3)
    play.key("F2")
    play.until(lambda app: app.prompt is not None and app.view.mode == "paused")
    for digit in "4x2":
        play.key("", up=False, unicode=digit)
    play.key("Enter", key=pygame.K_RETURN)
    play.until(lambda app: app.view.seed == 42 and app.view.mode == "playing" and app.prompt is None)


def test_giving_up_on_a_seed_goes_on(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 3)
    play.key("F2")
    play.key("", up=False, unicode="9")
    play.key("Escape", key=pygame.K_ESCAPE)
    play.until(lambda app: app.view.seed == 5 and app.view.mode == "playing" and app.view.frame.tick > 6)


def test_starts_can_be_walked_through(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 3)
    play.key("BracketRight")
    play.until(lambda app: app.view.start == 1)
    play.key("BracketLeft")
    play.key("BracketLeft")
    play.until(lambda app: app.view.start == 2)


def test_layers_and_overlay_change_the_picture(player):
    play = player()
    play.key("KeyP")
    play.until(lambda app: app.view.mode == "paused")
    first = play.picture()
    play.key("F4")
    assert play.app.layer == "depth"
    depth = play.picture()
    assert (depth != first).mean() > 0.4
    play.key("F4")
    assert play.app.layer is None
    play.key("F3")
    bare = play.picture()
    assert (bare[:200, :280] != first[:200, :280]).mean() > 0.4
    play.key("F3")


def test_films_and_pictures_land_in_the_folder(player, dummy_display):
    play = player()
    play.key("F7")
    play.key("F8")
    play.until(lambda app: app.keepsakes.filming and app.keepsakes.filmed > 3)
    play.key("F8")
    assert not play.app.keepsakes.filming and "Film: " in play.app._notice
    play.key("F12")
    play.key("F12")
    assert sorted(path.suffix for path in (dummy_display / "out").iterdir()) == [".mp4", ".png", ".png"]


def test_full_screen_and_back(player):
    play = player()
    before = play.app.window.surface.get_size()
    play.key("F11")
    assert play.app.window.fullscreen
    play.picture()
    play.key("F11")
    assert not play.app.window.fullscreen and play.app.window.surface.get_size() == before


def test_unknown_keys_do_nothing(player):
    play = player()
    play.until(lambda app: app.view.frame.tick > 2)
    play.key("", key=0)
    play.key("F15")
    assert play.app.driver.is_alive() and not play.app.show_help


@pytest.mark.parametrize("how", ["ctrl-q", "close", "time"])
def test_ways_to_leave(world, dummy_display, how):
    seconds = 0.3 if how == "time" else None
    app = App(world, PlayOptions(show_help=False, seconds=seconds))
    fields = {"key": 0, "scancode": CODES["KeyQ"], "mod": pygame.KMOD_CTRL, "unicode": ""}
    if how == "ctrl-q":
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, fields))
    elif how == "close":
        pygame.event.post(pygame.event.Event(pygame.QUIT))
    app.run()
    assert not app.driver.is_alive() and not pygame.display.get_init()


def test_what_breaks_the_world_reaches_the_caller(world, dummy_display):
    app = App(world, PlayOptions(show_help=False))
    app.driver._on_frame = lambda frame: (_ for _ in ()).throw(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        app.run()


@pytest.mark.parametrize("area", [(960, 720), (1000, 300), (300, 1000), (40, 30), (1, 1)])
def test_a_picture_is_fitted_whole_and_in_shape(area):
    place = fit(area, 48, 64)
    assert pygame.Rect((0, 0), area).contains(place)
    assert abs(place.width / place.height - 64 / 48) <= 2 / place.height
    assert place.width == area[0] or place.height == area[1]


def test_without_a_display_that_is_said(monkeypatch):
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(window_module.sys, "platform", "linux")
    assert not has_display()
    with pytest.raises(DisplayError, match="no display"):
        Window("t", 48, 64)


def test_a_display_that_refuses_is_said(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(DisplayError, match="no window can be opened"):
        Window("t", 48, 64)


def test_small_windows_still_take_the_help(world, dummy_display):
    app = App(world, PlayOptions(show_help=True))
    try:
        app.driver.start()
        app.window.surface = pygame.display.set_mode((200, 150), pygame.RESIZABLE)
        while app.view is None:
            app.once()
        shown = pygame.surfarray.array3d(app.window.surface)
        assert shown.shape[:2] == (200, 150) and np.ptp(shown) > 60
    finally:
        app.close()
