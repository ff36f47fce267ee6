"""The client's main loop: events to wishes and bindings, pictures to the screen. No model runs here."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pygame
from numpy.typing import NDArray

from worldsdk.client.sync import RemoteWorld
from worldsdk.errors import WorldSDKError
from worldsdk.pixels import METHODS, Method, warm_up
from worldsdk.play.bindings import Bindings
from worldsdk.play.driver import Driver, View
from worldsdk.play.face import face_of
from worldsdk.play.help_screen import draw_help
from worldsdk.play.hud import HUD_STYLES, Hud, HudStyle
from worldsdk.play.keepsakes import Keepsakes
from worldsdk.play.keys import code_of
from worldsdk.play.layer_view import layer_picture, picture_names
from worldsdk.play.mouse import MouseBindings
from worldsdk.play.overlay import draw_overlay
from worldsdk.play.pads import Gamepads
from worldsdk.play.prompt import SeedPrompt
from worldsdk.play.remote import RemoteDriver
from worldsdk.play.saves import SLOTS, Saves
from worldsdk.play.shortcuts import Command, Shortcuts
from worldsdk.play.theme import ACCENT, BAD
from worldsdk.play.window import Window

if TYPE_CHECKING:
    from worldsdk.frame import Frame
    from worldsdk.runtime.realtime import OnMiss
    from worldsdk.runtime.world import World

NOTICE_SECONDS: Final = 3.0
IDLE_WAIT: Final = 0.004
"""Seconds the loop waits for a picture before it looks at events again."""


@dataclass(frozen=True)
class PlayOptions:
    """How to play.

    Attributes:
        seed, start: of the first session.
        fps, budget_ms, on_miss: of the clock; the world's own where ``None``.
        method: first upscaler.
        out: folder for films and pictures.
        seconds: leave by itself after so long; ``None`` plays until told to leave.
        show_help: ``None`` shows the help when this world is opened for the first time.
        join: on a server, take the room as it is rather than starting the world with ``seed`` and ``start``.
        warp: on a server, turn late frames with the camera.
        hud: first style of the head-up display.
    """

    seed: int = 0
    start: int = 0
    fps: float | None = None
    budget_ms: float | None = None
    on_miss: OnMiss = "hold"
    method: Method = "edge"
    out: Path = Path("out/play")
    seconds: float | None = None
    show_help: bool | None = None
    join: bool = False
    warp: bool = True
    hud: HudStyle = "bars"


class App:
    """One window on one world.

    Args:
        world: loaded, or connected in real time; clock and budget are then the server's.
        options: see there.
        saves: where quick saves go; the user's own folder by default.

    Raises:
        DisplayError: no window can be opened.
        WorldSDKError: a server refuses the session.
    """

    def __init__(self, world: World | RemoteWorld, options: PlayOptions, saves: Saves | None = None) -> None:
        self.world = world
        self.options = options
        self.spec = world.controls
        self.face = face_of(world)
        remote = isinstance(world, RemoteWorld)
        self.bindings = MouseBindings(self.spec) if remote else Bindings(self.spec)
        self.shortcuts = Shortcuts(self.spec, remote=remote)
        self.saves = saves if saves is not None else Saves(self.face.name)
        self.window = Window(
            f"{self.face.title}  (F1 shows the keys)", world.spec.height, world.spec.width, self.face.area
        )
        self.window.splash(f"Preparing {self.face.title}")
        # Seconds the first time on a machine, and never while a world runs.
        warm_up()
        self.pads = Gamepads()
        self.view: View | None = None
        self.method: Method = options.method
        self.layer: str | None = None
        self.slot = 0
        self.show_overlay = True
        self.hud = Hud(world.spec.variables)
        self.hud_style: HudStyle = options.hud
        self.show_help = self.saves.first_start() if options.show_help is None else options.show_help
        self.prompt: SeedPrompt | None = None
        height, width = world.spec.height, world.spec.width
        rate = options.fps or world.rate_hz
        self.keepsakes = Keepsakes(options.out, self.face.name, height, width, rate)
        self.captured = False
        self._notice, self._notice_until = "", 0.0
        self._leave = False
        self._stale = True
        try:
            self.driver = self._driver()
        except BaseException:
            self.window.close()
            raise
        if self.show_help:
            self.driver.hold()

    def _driver(self) -> Driver | RemoteDriver:
        world, options = self.world, self.options

        def film(frame: Frame) -> None:
            self.keepsakes.add(frame.pixels)

        if isinstance(world, RemoteWorld):
            assert isinstance(self.bindings, MouseBindings)
            joined = world.session() if options.join else world.session(options.seed, options.start)
            return RemoteDriver(world, joined, self.bindings, warp=options.warp, on_frame=film)
        return Driver(
            world,
            world.session(seed=options.seed, start=options.start),
            self.bindings,
            fps=options.fps,
            budget_ms=options.budget_ms,
            on_miss=options.on_miss,
            on_frame=film,
        )

    def run(self) -> None:
        """Plays until the player leaves, time is up, or Ctrl-C; always closes window, film and thread.

        Raises:
            WorldSDKError: what ended the world's thread or spoiled a film, if anything did.
        """
        ends = time.monotonic() + self.options.seconds if self.options.seconds is not None else None
        self.driver.start()
        try:
            while not self._leave and self.driver.is_alive():
                self.once()
                if ends is not None and time.monotonic() >= ends:
                    break
        finally:
            self.close()
        if self.driver.error is not None:
            raise self.driver.error

    def once(self) -> None:
        """One turn of the loop: events, then the newest picture if there is one."""
        for event in pygame.event.get():
            self._handle(event)
        view = self.driver.views.take(IDLE_WAIT)
        if view is not None:
            self.view = view
        with suppress(queue.Empty):
            self.say(self.driver.notices.get_nowait())
        if self._notice and time.monotonic() > self._notice_until:
            self._notice, self._stale = "", True
        if self.view is not None and (view is not None or self._stale):
            self._draw(self.view)
            self.window.flip()
            self._stale = False

    def close(self) -> None:
        """Stops the thread, finishes a film, closes the window."""
        try:
            self.driver.stop()
            self.keepsakes.finish()
        finally:
            self.pads.close()
            self.window.close()

    def say(self, sentence: str) -> None:
        """Shows a sentence for a few seconds."""
        self._notice, self._notice_until = sentence, time.monotonic() + NOTICE_SECONDS
        self._stale = True

    def _handle(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self._leave = True
        elif event.type == pygame.KEYDOWN:
            self._key_down(event)
        elif event.type == pygame.KEYUP:
            self._key_up(event)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1 and not self.show_help:
            self._capture(any(control.mouse for control in self.spec))
        elif event.type == pygame.MOUSEMOTION and self.captured:
            self.bindings.move_mouse(*event.rel)
        elif event.type == pygame.WINDOWFOCUSLOST:
            self.bindings.release_all()
            self.driver.rewind(False)
            self._capture(False)
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True
        else:
            moved = self.pads.translate(event)
            if moved is not None:
                self._pad(*moved)

    def _key_down(self, event: pygame.event.Event) -> None:
        if self.prompt is not None:
            if self.prompt.key(event):
                seed, self.prompt = self.prompt.value, None
                if seed is not None:
                    self.driver.reset(seed=seed)
                else:
                    self.driver.play()
            self._stale = True
            return
        code = code_of(event)
        if code is None:
            return
        command = self.shortcuts.find(code, bool(event.mod & pygame.KMOD_CTRL))
        if self.show_help and command not in (Command.QUIT, Command.FULLSCREEN):
            # The key only closes the panel: whoever reads it has not meant the world or a command yet.
            self._obey(Command.HELP)
        elif command is not None:
            self._obey(command)
        else:
            self.bindings.press(code)

    def _key_up(self, event: pygame.event.Event) -> None:
        code = code_of(event)
        if code is None:
            return
        self.bindings.release(code)
        # Whatever Ctrl does by now, letting go of the key ends the rewinding.
        if Command.REWIND in (self.shortcuts.find(code, False), self.shortcuts.find(code, True)):
            self.driver.rewind(False)

    def _pad(self, name: str, value: float) -> None:
        command = self.shortcuts.pads.get(name)
        if command is None:
            if self.show_help and value == 1.0:
                self._obey(Command.HELP)
            self.bindings.pad(name, value)
        elif command is Command.REWIND:
            self.driver.rewind(value > 0.5)
        elif value > 0.5:
            self._obey(command)

    def _obey(self, command: Command) -> None:
        actions: dict[Command, Callable[[], None]] = {
            Command.HELP: self._toggle_help,
            Command.PAUSE: self.driver.pause,
            Command.STEP: self.driver.step,
            Command.REWIND: partial(self.driver.rewind, True),
            Command.SAVE: self._save,
            Command.LOAD: partial(self.driver.load, partial(self.saves.read, self.slot)),
            Command.SLOT: self._next_slot,
            Command.SEED: self._ask_seed,
            Command.RESET: self.driver.reset,
            Command.NEXT_START: partial(self.driver.reset, start_by=1),
            Command.PREVIOUS_START: partial(self.driver.reset, start_by=-1),
            Command.OVERLAY: self._toggle_overlay,
            Command.HUD: self._next_hud,
            Command.LAYER: self._next_layer,
            Command.UPSCALER: self._next_upscaler,
            Command.WARP: self._toggle_warp,
            Command.RECORD: self._toggle_film,
            Command.SCREENSHOT: self._screenshot,
            Command.FULLSCREEN: self.window.toggle_fullscreen,
            Command.RELEASE: self._release,
            Command.QUIT: self._quit,
        }
        try:
            actions[command]()
        except WorldSDKError as error:
            self.say(str(error))
        self._stale = True

    def _toggle_help(self) -> None:
        self.show_help = not self.show_help
        if self.show_help:
            self.driver.hold()
        else:
            self.driver.play()

    def _save(self) -> None:
        slot = self.slot

        def store(snapshot: bytes) -> str:
            self.saves.write(slot, snapshot)
            return f"Saved to slot {slot} ({len(snapshot) / 1024:.0f} KB)"

        self.driver.save(store)

    def _next_slot(self) -> None:
        self.slot = SLOTS[(self.slot + 1) % len(SLOTS)]
        self.say(f"Slot {self.slot}: {'holds a save' if self.slot in self.saves.filled() else 'empty'}")

    def _ask_seed(self) -> None:
        if self.view is not None:
            self.prompt = SeedPrompt(self.view.seed)
            self.bindings.release_all()
            self.driver.hold()

    def _toggle_overlay(self) -> None:
        self.show_overlay = not self.show_overlay

    def _next_hud(self) -> None:
        self.hud_style = HUD_STYLES[(HUD_STYLES.index(self.hud_style) + 1) % len(HUD_STYLES)]
        self.say(f"Head-up display: {self.hud_style}" if self.hud.gauges else "Nothing to show on a display")

    def _next_layer(self) -> None:
        names: list[str | None] = [None]
        if self.view is not None:
            names += picture_names(self.view.frame.layers)
        place = names.index(self.layer) if self.layer in names else 0
        self.layer = names[(place + 1) % len(names)]
        self.say(f"Layer: {self.layer}" if self.layer else "Colour" if len(names) > 1 else "No layers here")

    def _next_upscaler(self) -> None:
        self.method = METHODS[(METHODS.index(self.method) + 1) % len(METHODS)]
        self.say(f"Upscaler: {self.method}")

    def _toggle_warp(self) -> None:
        if isinstance(self.driver, RemoteDriver):
            self.driver.toggle_warp()

    def _capture(self, captured: bool) -> None:
        if captured != self.captured:
            self.window.capture_mouse(captured)
            self.captured = captured

    def _release(self) -> None:
        if self.captured:
            self._capture(False)
        else:
            self._toggle_help()

    def _quit(self) -> None:
        self._leave = True

    def _screenshot(self) -> None:
        if self.view is not None:
            self.say(self.keepsakes.picture(self._picture(self.view.frame), self.method))

    def _toggle_film(self) -> None:
        self.say(self.keepsakes.toggle_film(self.method))

    def _picture(self, frame: Frame) -> NDArray[np.uint8]:
        if self.layer is None:
            return frame.pixels
        limits = {layer.name: (layer.low, layer.high) for layer in self.world.spec.layers}
        drawn = layer_picture(frame.layers, self.layer, limits)
        return frame.pixels if drawn is None else drawn

    def _draw(self, view: View) -> None:
        window = self.window
        window.draw_frame(self._picture(view.frame), self.method)
        if self.show_help:
            draw_help(
                window.surface,
                self.face.title,
                self.face.summary,
                self.spec,
                self.shortcuts,
                pads=len(self.pads) > 0,
            )
            return
        width = window.surface.get_width()
        self.hud.draw(window.surface, view.frame.state, self.hud_style)
        if self.show_overlay:
            draw_overlay(window.surface, view, self.method)
        if view.mode != "playing":
            window.draw_badge(view.mode, ACCENT, width - 10, 10)
        if self.keepsakes.filming:
            window.draw_badge(f"film {self.keepsakes.filmed}", BAD, width - 10, 46)
        if self._notice:
            window.draw_notice(self._notice)
        if self.prompt is not None:
            self.prompt.draw(window.surface)
