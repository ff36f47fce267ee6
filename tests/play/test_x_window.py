"""A real window on a real (if virtual) X server, played with a real (if injected) keyboard."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageGrab, features

from tests.support import install_tiny_family, tiny_pack

pytestmark = pytest.mark.skipif(not features.check("xcb"), reason="needs a Pillow that can read an X screen")


class Screen:
    """Looks at the display and types on it."""

    def __init__(self, display):
        self.display = display

    def look(self):
        return np.asarray(ImageGrab.grab(xdisplay=self.display).convert("RGB")).astype(int)

    def type(self, *words):
        # xdotool can hang on a server without a window manager.
        subprocess.run(
            ["xdotool", *words],
            env=os.environ | {"DISPLAY": self.display},
            timeout=5,
            check=True,
            capture_output=True,
        )

    def until(self, condition, what, seconds=60.0):
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            picture = self.look()
            if condition(picture):
                return picture
            time.sleep(0.1)
        raise AssertionError(f"never saw {what}")


def test_a_held_key_changes_the_picture_and_only_while_held(tmp_path, display):
    # This world stands still unless a control is touched, so every change of picture is the key's doing.
    pack = tiny_pack(tmp_path / "tiny", idle="pause")
    environment = os.environ | install_tiny_family(tmp_path / "family")
    environment |= {"DISPLAY": display, "WORLDSDK_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    environment.pop("SDL_VIDEODRIVER", None)
    command = [sys.executable, "-m", "worldsdk.cli.main", "play", str(pack), "--upscaler", "nearest"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    screen = Screen(display)

    def world(picture):
        """The part of the window that no panel covers."""
        return picture[300:640, 100:860]

    try:
        screen.until(lambda picture: np.ptp(picture) > 100, "a window")
        window = subprocess.run(
            ["xdotool", "search", "--class", "."],
            env=environment, capture_output=True, text=True, timeout=5, check=False,
        ).stdout.split()[-1]  # fmt: skip
        screen.type("windowfocus", window)
        covered = screen.until(lambda picture: world(picture).mean() < 60, "the help of a first start")
        screen.type("key", "space")
        still = screen.until(lambda picture: world(picture).mean() > 80, "the world uncovered")
        assert (world(still) != world(covered)).mean() > 0.5
        time.sleep(0.5)
        still = screen.look()
        time.sleep(0.5)
        assert (world(screen.look()) == world(still)).all()
        screen.type("keydown", "w")
        moved = screen.until(
            lambda picture: (world(picture) != world(still)).mean() > 0.5, "the key's effect"
        )
        screen.until(
            lambda picture: (world(picture) != world(moved)).mean() > 0.2, "the key's lasting effect"
        )
        screen.type("keyup", "w")
        time.sleep(0.5)
        rest = screen.look()
        time.sleep(0.5)
        assert (world(screen.look()) == world(rest)).all()
        screen.type("key", "ctrl+q")
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == 0 and stderr == ""
    finally:
        Image.fromarray(screen.look().astype(np.uint8)).save(tmp_path / "last-seen.png")
        if process.poll() is None:
            process.terminate()
            process.wait(10)
