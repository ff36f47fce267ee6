"""Finding Godot 4 and running programs of the bridge's project in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import REPOSITORY

PROJECT = REPOSITORY / "engine_bridge" / "godot"
UNPACKED = REPOSITORY / ".cache" / "godot4" / "godot4"
"""Where ``setup.sh .cache/godot4`` puts it."""

OLDEST = (4, 3)
MISSING = "Godot 4.3 or newer was not found: set GODOT, or run engine_bridge/godot/setup.sh .cache/godot4"
_made: list[Godot] = []

TROUBLE = re.compile(
    r"SCRIPT ERROR|Parse Error|^ERROR|Leaked instance|ObjectDB instances leaked", re.MULTILINE
)


def find_godot() -> Path | None:
    """``$GODOT``, or ``godot4`` or ``godot`` on PATH, or the one that the bridge's script unpacked here."""
    named = os.environ.get("GODOT")
    for place in (named, shutil.which("godot4"), shutil.which("godot"), str(UNPACKED)):
        if place and Path(place).is_file():
            done = subprocess.run(
                [place, "--version"], capture_output=True, text=True, timeout=60, check=False
            )
            found = re.match(r"(\d+)\.(\d+)", done.stdout)
            if found and (int(found[1]), int(found[2])) >= OLDEST:
                return Path(place)
    return None


@dataclass(frozen=True)
class Godot:
    """The engine, and a copy of the project that it has imported once (the checkout stays as it is)."""

    binary: Path
    project: Path

    @classmethod
    def of_a_copy(cls, factory: pytest.TempPathFactory) -> Godot:
        """One for all tests of this process, for importing takes its time. Skips where there is no Godot."""
        if _made:
            return _made[0]
        binary = find_godot()
        if binary is None:
            pytest.skip(MISSING)
        project = factory.mktemp("godot") / "project"
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".godot"))
        engine = cls(binary, project)
        done = engine.call("--headless", "--import")
        assert not re.search(r"SCRIPT ERROR|Parse Error", done.stdout), done.stdout
        _made.append(engine)
        return engine

    def call(
        self,
        *arguments: str | Path,
        screen: bool = False,
        timeout: float = 200.0,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs Godot in the project, on a virtual screen where ``screen`` says so; stderr is in stdout."""
        command = [str(self.binary), "--path", str(self.project), *map(str, arguments)]
        if screen:
            if shutil.which("xvfb-run") is None:
                pytest.skip("xvfb-run was not found: install xvfb to test what is drawn")
            command = ["xvfb-run", "-a", "-s", "-screen 0 1024x768x24", *command]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            pytest.fail(f"{' '.join(command)} did not end within {timeout:g} s:\n{output[-4000:]}")
        return subprocess.CompletedProcess(command, process.returncode, output, "")

    def run(self, script: str, *arguments: str | Path, clean: bool = True) -> str:
        """Output of a program of the project, which must end well and, if ``clean``, complain of nothing."""
        done = self.call("--headless", "--script", f"res://{script}", "--", *arguments)
        assert done.returncode == 0, done.stdout[-4000:]
        assert not (clean and TROUBLE.search(done.stdout)), done.stdout[-4000:]
        return done.stdout

    def result(self, script: str, *arguments: str | Path, clean: bool = True) -> dict[str, Any]:
        """What a program of the project reports."""
        return reported(self.run(script, *arguments, clean=clean))

    def drawn(
        self, script: str, *arguments: str | Path, size: str = "320x240", renderer: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """As ``result``, of a program that draws in a window of that size on a virtual screen."""
        chosen = renderer or ("--rendering-driver", "opengl3")
        done = self.call(
            *chosen,
            *("--audio-driver", "Dummy", "--resolution", size, "--script", f"res://{script}", "--"),
            *arguments,
            screen=True,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        assert "SCRIPT ERROR" not in done.stdout, done.stdout[-4000:]
        return reported(done.stdout)


def reported(output: str) -> dict[str, Any]:
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    assert lines, output[-4000:]
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result
