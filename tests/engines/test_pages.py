"""The programs of docs/engines, as a reader would copy them: each opens a window that a key moves."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageGrab, features

from tests.engines.test_adapters import python_with
from tests.support import REPOSITORY

PAGES = REPOSITORY / "docs" / "engines"
PATIENCE_SECONDS = 150.0
pytestmark = [
    pytest.mark.skipif(not features.check("xcb"), reason="not found: a Pillow that can read an X screen"),
    pytest.mark.timeout(400),
]


def programs() -> list[tuple[str, str]]:
    """(engine, code) of every whole program on the pages."""
    found = []
    for page in sorted(PAGES.glob("*.md")):
        for code in re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            engine = re.search(r"^from worldsdk\.engines\.(\w+) import", code, re.MULTILINE)
            assert engine, f"{page.name}: a program without an adapter:\n{code}"
            found.append((engine[1], code))
    return found


def colours(seen: NDArray[np.int16]) -> int:
    """How many there are on the screen."""
    return len(np.unique(seen.astype(np.int32) @ np.array([65536, 256, 1], np.int32)))


def test_there_is_a_program_for_every_engine() -> None:
    assert sorted(engine for engine, _ in programs()) == ["arcade", "panda3d", "pygame", "ursina"]


@pytest.mark.parametrize(("engine", "code"), programs(), ids=[engine for engine, _ in programs()])
def test_the_program_of_the_page(engine: str, code: str, patient: str, display: str, tmp_path: Path) -> None:
    python = python_with(engine)
    if python is None:
        pytest.skip(f"{engine} was not found: pip install 'worldsdk[{engine}]'")
    # A world on a server starts at once; the adapters are the same.
    local = 'worldsdk.engines.load("doom-maze")'
    assert local in code
    program = tmp_path / "program.py"
    program.write_text(code.replace(local, f'worldsdk.engines.connect("{patient}", seed=5)'))
    environment = os.environ | {"DISPLAY": display, "OMP_NUM_THREADS": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
    environment.pop("SDL_VIDEODRIVER", None)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, str(program)], cwd=tmp_path, env=environment, stdout=log, stderr=subprocess.STDOUT
        )

    def look() -> NDArray[np.int16]:
        return np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB")).astype(np.int16)

    def until(condition: Callable[[NDArray[np.int16]], bool], what: str) -> NDArray[np.int16]:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not condition(seen := look()):
            said = (tmp_path / "log").read_text("utf-8", "replace")[-3000:]
            assert process.poll() is None, f"it ended with {process.returncode}:\n{said}"
            assert time.monotonic() < ends, f"never saw {what}:\n{said}"
            time.sleep(0.2)
        return seen

    def type_(*words: str) -> None:
        subprocess.run(["xdotool", *words], env=environment, timeout=20, check=True, capture_output=True)

    try:
        # Noise-like pictures: many colours, which no engine's own window has.
        first = until(lambda seen: colours(seen) > 60, "the world's picture")
        # Without a window manager the keyboard belongs to the window under the pointer.
        type_("mousemove", "300", "300")
        type_("keydown", "w")
        until(lambda seen: (np.abs(seen - first).max(-1) > 8).mean() > 0.05, "the held key's effect")
        type_("keyup", "w")
        assert process.poll() is None
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
