"""Each adapter in its real engine, in a process of its own on a virtual screen, played with injected keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support import REPOSITORY

APART = REPOSITORY / ".cache" / "engines" / "bin" / "python"
"""Where engine_bridge/python/setup.sh .cache/engines puts Panda3D, ursina and Arcade."""

TOOLS = [tool for tool in ("xvfb-run", "xauth", "xdotool") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(
        bool(TOOLS), reason=f"not found: {', '.join(TOOLS)} (apt-get install xvfb xauth xdotool)"
    ),
    pytest.mark.timeout(400),
]
Picture = NDArray[np.int16]


@cache
def python_with(engine: str) -> str | None:
    """A Python that has both the engine and worldsdk: this one, or the one apart."""
    for place in (sys.executable, str(APART)):
        if Path(place).exists():
            found = f"find_spec({engine!r}) and find_spec('worldsdk')"
            code = f"import sys; from importlib.util import find_spec; sys.exit(not ({found}))"
            if subprocess.run([place, "-c", code], capture_output=True, timeout=60).returncode == 0:
                return place
    return None


def play(engine: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """Runs the engine's program; returns what it reports."""
    python = python_with(engine)
    if python is None:
        pytest.skip(
            f"{engine} was not found: pip install 'worldsdk[{engine}]', or run engine_bridge/python/setup.sh"
        )
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "PYTHONPATH": str(REPOSITORY),
    }
    environment.pop("SDL_VIDEODRIVER", None)
    environment.pop("ARCADE_HEADLESS", None)
    command = [
        "xvfb-run",
        "-a",
        "-s",
        "-screen 0 800x600x24",
        python,
        "-m",
        f"tests.engines.programs.{engine}",
    ]
    done = subprocess.run(
        [*command, "--out", str(folder), *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stdout[-2000:] + done.stderr[-4000:]
    told: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return told


def picture(path: Path) -> Picture:
    return np.asarray(Image.open(path).convert("RGB")).astype(np.int16)


def enlarged(frame: Picture, height: int, width: int) -> Picture:
    rows = (np.arange(height) + 0.5) * frame.shape[0] / height
    columns = (np.arange(width) + 0.5) * frame.shape[1] / width
    return frame[rows.astype(int)[:, None], columns.astype(int)]


def check(told: dict[str, Any], folder: Path) -> None:
    """A key was held and let go, both came to the model, and the engine drew the very frame."""
    assert told["held"] is True and told["let_go"] is True and told["frames"] >= 4
    assert told["photon_ms"] > 0.0
    assert told["same_texture"] is True
    frame, shot = picture(folder / "frame.png"), picture(folder / "shot.png")
    left, top, width, height = told["place"]
    drawn = shot[top : top + height, left : left + width]
    wanted = enlarged(frame, height, width)
    assert wanted.std() > 5.0
    # The pixels at the very edges of cells may round to the neighbour.
    assert (np.abs(drawn - wanted).max(-1) <= 4).mean() > 0.93
    before = picture(folder / "before.png")
    assert (np.abs(before - frame).max(-1) > 4).mean() > 0.05, "the held key changed nothing"


def test_pygame_with_a_bundled_world_in_its_own_process(tmp_path: Path) -> None:
    check(play("pygame", tmp_path, "--world", "doom-maze", "--key", "w", "--control", "forward"), tmp_path)


def test_panda3d(patient: str, tmp_path: Path) -> None:
    check(play("panda3d", tmp_path, "--server", patient, "--key", "w", "--control", "forward"), tmp_path)


def test_ursina(patient: str, tmp_path: Path) -> None:
    told = play("ursina", tmp_path, "--server", patient, "--key", "Right", "--control", "turn")
    check(told, tmp_path)
    assert told["closed"] is True


def test_arcade(patient: str, tmp_path: Path) -> None:
    check(play("arcade", tmp_path, "--server", patient, "--key", "w", "--control", "forward"), tmp_path)
