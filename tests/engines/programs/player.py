"""What all the games have in common: a world, a player at the keyboard, and a report."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import worldsdk.engines
from worldsdk.engines import Feed

PATIENCE_SECONDS = 120.0
WIDTH, HEIGHT = 512, 384
QUIET_TURNS = 40
"""Of the engine without a new frame: the world then stands still, however busy the machine."""

parser = argparse.ArgumentParser()
parser.add_argument("--server")
parser.add_argument("--world")
parser.add_argument("--out", type=Path, required=True)
parser.add_argument("--key", required=True)
parser.add_argument("--control", required=True)
arguments = parser.parse_args()


def open_world() -> Feed:
    if arguments.server:
        return worldsdk.engines.connect(arguments.server, seed=5)
    return worldsdk.engines.load(arguments.world, seed=5)


def xdotool(*words: str) -> None:
    # It can hang on a server without a window manager.
    subprocess.run(["xdotool", *words], timeout=20, check=True, capture_output=True)


def save(name: str, pixels: NDArray[np.uint8]) -> None:
    Image.fromarray(np.ascontiguousarray(pixels)).save(arguments.out / name)


class Player:
    """Holds a key, sees the world move, lets go, sees it stop.

    Args:
        turn: draws one of the engine's frames.
    """

    def __init__(self, feed: Feed, turn: Callable[[], None]) -> None:
        self.feed = feed
        self.turn = turn
        self.frames = 0
        feed.on("frame", self._count)

    def _count(self, _: object) -> None:
        self.frames += 1

    def until(self, condition: Callable[[], object], what: str) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > ends:
                raise SystemExit(f"never saw {what}: {self.feed.frame.controls} {self.feed.error}")
            self.turn()

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.turn()

    def play(self) -> dict[str, object]:
        feed, control = self.feed, arguments.control
        self.turns(3)
        # Without a window manager the keyboard belongs to the window under the pointer.
        xdotool("mousemove", "200", "200")
        self.turns(3)
        save("before.png", feed.frame.pixels)
        xdotool("keydown", arguments.key)
        self.until(lambda: feed.frame.controls[control] != 0.0, "the held key in a frame")
        at = feed.frame.tick
        self.until(lambda: feed.frame.tick >= at + 8, "eight more ticks")
        held = feed.frame.controls[control] != 0.0
        self.until(lambda: feed.quality.action_p50 > 0.0, "a measured way from hand to eye")
        save("moved.png", feed.frame.pixels)
        xdotool("keyup", arguments.key)
        # A world that stands still without input shows no frame of the key let go.
        released = lambda: not any(feed.hands.sample().values())  # noqa: E731
        self.until(released, "the key let go")
        feed.pause().result(PATIENCE_SECONDS)
        quiet, since = 0, time.monotonic()
        while quiet < QUIET_TURNS or time.monotonic() - since < 0.4:
            count = self.frames
            self.turn()
            if self.frames != count:
                quiet, since = 0, time.monotonic()
            quiet += 1
        save("frame.png", feed.frame.pixels)
        return {
            "held": held,
            "let_go": released(),
            "frames": self.frames,
            "photon_ms": feed.quality.action_p50,
            "rate": feed.rate,
        }


def report(**told: object) -> None:
    print("RESULT " + json.dumps(told), flush=True)
