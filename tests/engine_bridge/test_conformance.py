"""The script that runs every bridge and prints one table."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support import REPOSITORY

SCRIPT = REPOSITORY / "engine_bridge" / "conformance.py"
VECTORS = REPOSITORY / "protocol" / "vectors"
LINES = sum(len(path.read_text("utf-8").splitlines()) for path in VECTORS.glob("*.jsonl"))
BRIDGES = ["python", "godot", "web", "unity", "unreal"]
LEAST = {"python": 110, "godot": 20, "web": 30, "unity": 80, "unreal": 80}
"""Frames of each runner's session that it steps through or waits for: those do not depend on the machine."""

# One run starts a server, three compilers and an engine, one after another.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def script(request: pytest.FixtureRequest) -> ModuleType:
    sys.path.insert(0, str(SCRIPT.parent))
    request.addfinalizer(lambda: sys.path.remove(str(SCRIPT.parent)))
    import conformance

    return conformance  # type: ignore[no-any-return]


def run(*arguments: str, seconds: float = 850.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=REPOSITORY)


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """One run of all that this machine has the tools for: bridge -> its row."""
    done = run("--json", "--seconds", "160")
    rows = {row["bridge"]: row for row in json.loads(done.stdout)["bridges"]}
    assert list(rows) == BRIDGES
    assert done.returncode == any(row["status"] == "failed" for row in rows.values()), done.stderr
    return rows


@pytest.mark.parametrize("bridge", BRIDGES)
def test_every_bridge_reads_the_vectors_and_plays(bridge: str, told: dict[str, dict[str, Any]]) -> None:
    row = told[bridge]
    if row["status"] == "not found":
        pytest.skip(f"{bridge} was not run: not found: {', '.join(row['missing'])}")
    assert row["status"] == "passed", row
    assert row["vectors"] == {"passed": LINES, "failed": 0}
    assert row["live"]["world"] == "grid-rooms"
    assert row["live"]["frames"] >= LEAST[bridge] and row["live"]["different"] > 3
    if bridge == "web":
        assert {"pause", "snapshot", "restore", "rewind", "reset", "resume"} <= set(row["live"]["verbs"])
        assert row["live"]["closed"] == 1000


def test_a_wrong_vector_fails_the_run(tmp_path: Path) -> None:
    wrong = tmp_path / "vectors"
    shutil.copytree(VECTORS, wrong)
    lines = (wrong / "valid.jsonl").read_text("utf-8").splitlines()
    refused = {**json.loads(lines[0]), "valid": False, "error": "bad_message"}
    (wrong / "valid.jsonl").write_text(json.dumps(refused) + "\n")
    nobody = "ws://127.0.0.1:9/play"
    done = run("--bridge", "python", "--url", nobody, "--vectors", str(wrong), "--json")
    (row,) = json.loads(done.stdout)["bridges"]
    assert done.returncode == 1
    assert row["status"] == "failed" and row["vectors"]["failed"] == 1
    assert "was taken instead of bad_message" in row["reason"]


def test_nobody_to_play_with_fails_a_bridge_whose_vectors_are_right() -> None:
    done = run("--bridge", "python", "--url", "ws://127.0.0.1:9/play")
    assert done.returncode == 1
    assert f"{LINES} of {LINES}" in done.stdout and "failed" in done.stdout and "live session" in done.stdout


def test_what_is_not_here_is_named_and_may_be_required(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GODOT", "/nowhere/godot")
    monkeypatch.setenv("CXX", "no-such-compiler")
    wanted = ["--bridge", "godot", "--bridge", "unreal", "--url", "ws://127.0.0.1:9/play"]
    assert script.main(wanted) == 0
    said = capsys.readouterr().out
    assert "not found: Godot 4.3 or later" in said and "not found: no-such-compiler" in said
    assert script.main([*wanted, "--require", "unreal"]) == 1
    with pytest.raises(SystemExit):
        script.main(["--require", "unrael"])
    assert "there is no bridge unrael" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("live", "code", "reason"),
    [
        ({"frames": 40, "different": 5}, 0, ""),
        ({"frames": 40, "different": 1}, 0, "live session"),
        ({"frames": 3, "different": 3}, 0, "live session"),
        (None, 0, "live session"),
        ({"frames": 40, "different": 5}, 1, "exit 1: broke"),
    ],
)
def test_a_runners_word_alone_is_not_enough(
    script: ModuleType, live: dict[str, int] | None, code: int, reason: str
) -> None:
    row = script.Row("x", "", "failed", vectors={"passed": 9, "failed": 0}, live=live)
    assert script.faults(row, code, "broke").startswith(reason)
    assert bool(script.faults(row, code, "broke")) == bool(reason)
    row.vectors = {"passed": 0, "failed": 0}
    assert script.faults(row, 0, "").startswith("vectors")
