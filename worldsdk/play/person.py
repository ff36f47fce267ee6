"""A person as the player of a real game that is being recorded: the window shows it, the keys steer it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pygame

from worldsdk.controls import Controls
from worldsdk.data.games.game import GameInfo, Observation
from worldsdk.data.policies.policy import PolicyDone
from worldsdk.pixels import Method, warm_up
from worldsdk.play.bindings import Bindings
from worldsdk.play.keys import code_of
from worldsdk.play.pads import Gamepads
from worldsdk.play.theme import GOOD
from worldsdk.play.window import Window


class Person:
    """A policy that shows each observation for one tick and returns what is held at its end.

    Escape or closing the window ends the recording; a window without the keyboard waits.

    Args:
        info: of the game; its control spec says which keys steer, its rate how long a tick is.
        clock, sleep: seconds, monotonic; for tests.

    Raises:
        PlayError: no window can be opened.
    """

    def __init__(
        self,
        info: GameInfo,
        *,
        method: Method = "edge",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tick = 1.0 / info.rate_hz
        self._method = method
        self._clock = clock
        self._sleep = sleep
        self._bindings = Bindings(info.controls)
        self._window = Window(f"Recording {info.game}: Esc ends", info.height, info.width)
        warm_up()
        self._pads = Gamepads()
        self._waiting = False
        if any(control.mouse for control in info.controls):
            self._window.capture_mouse(True)
        self._due = clock()

    def reset(self, rng: np.random.Generator) -> None:
        self._bindings.forget_motion()

    def act(self, observation: Observation) -> Controls:
        place = self._window.draw_frame(observation.pixels, self._method)
        self._window.draw_badge("recording", GOOD, place.right - 12, place.top + 12)
        self._window.flip()
        self._due += self._tick
        if self._due < self._clock():
            # Too slow for the rate: the game slows down, rather than rushing to catch up.
            self._due = self._clock()
        while True:
            self._read()
            rest = self._due - self._clock()
            if self._waiting:
                self._due = self._clock() + self._tick
            elif rest <= 0.0:
                return self._bindings.sample()
            self._sleep(min(max(rest, 0.0), 0.005))

    def close(self) -> None:
        self._pads.close()
        self._window.close()

    def _read(self) -> None:
        for event in pygame.event.get():
            pad = self._pads.translate(event)
            if pad is not None:
                self._bindings.pad(*pad)
            elif event.type == pygame.QUIT:
                raise PolicyDone
            elif event.type == pygame.KEYDOWN:
                code = code_of(event)
                if code == "Escape":
                    raise PolicyDone
                if code is not None:
                    self._bindings.press(code)
            elif event.type == pygame.KEYUP:
                code = code_of(event)
                if code is not None:
                    self._bindings.release(code)
            elif event.type == pygame.MOUSEMOTION:
                self._bindings.move_mouse(*event.rel)
            elif event.type == pygame.WINDOWFOCUSLOST:
                self._bindings.release_all()
                self._waiting = True
            elif event.type == pygame.WINDOWFOCUSGAINED:
                self._waiting = False
