"""A client written from the specification alone, in JavaScript, checks the vectors and plays."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import REPOSITORY
from worldsdk.protocol.vectors import vectors

HERE = Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json", "wire.js", "vectors.js", "play.js")
TICKS = 300
OLDEST_NODE = (20, 10)
"""Has a WebSocket of its own, behind a switch until version 22."""


def node_version() -> tuple[int, ...]:
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30).stdout
    return tuple(int(part) for part in re.findall(r"\d+", found)[:2])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client with its one dependency, in a folder of its own."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    if node_version() < OLDEST_NODE:
        pytest.skip(f"node is older than {'.'.join(map(str, OLDEST_NODE))}")
    folder = tmp_path_factory.mktemp("independent")
    for name in FILES:
        shutil.copy(HERE / name, folder / name)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        if re.search(r"ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENETUNREACH", done.stderr):
            pytest.skip("npm cannot reach its registry")
        pytest.fail(done.stderr)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``worldsdk serve`` on the smallest bundled world; yields its address."""
    log = tmp_path_factory.mktemp("served") / "log"
    command = [
        sys.executable,
        "-m",
        "worldsdk.cli.main",
        "serve",
        "grid-rooms",
        "--port",
        "0",
        "--device",
        "cpu",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=out, stderr=subprocess.STDOUT, env=environment
        )
    try:
        deadline = time.monotonic() + 90
        while not (found := re.search(r"ws://\S+/play", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.1)
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def node(client: Path, *arguments: str) -> dict[str, Any]:
    """Runs a script of the client and returns what it prints."""
    switch = ["--experimental-websocket", "--no-warnings"] if node_version() < (22, 0) else []
    command = ["node", *switch, *arguments]
    done = subprocess.run(command, cwd=client, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_it_agrees_on_every_vector(client: Path) -> None:
    result = node(client, "vectors.js", str(REPOSITORY / "protocol" / "vectors"))
    assert result == {"checked": sum(len(group) for group in vectors().values()), "failures": []}


def test_it_notices_a_vector_that_is_wrong(client: Path, tmp_path: Path) -> None:
    lines = (REPOSITORY / "protocol" / "vectors" / "valid.jsonl").read_text("utf-8").splitlines()
    wrong = json.loads(lines[0])
    wrong["json"]["credit"] = 3
    refused = {**json.loads(lines[1]), "valid": False, "error": "bad_message"}
    (tmp_path / "wrong.jsonl").write_text(f"{json.dumps(wrong)}\n{json.dumps(refused)}\n")
    done = subprocess.run(
        ["node", "vectors.js", str(tmp_path)], cwd=client, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["failures"]) == 2


def test_it_plays(client: Path, server: str) -> None:
    played = node(client, "play.js", server, str(TICKS))
    assert played["lockstep"]["world"] == "grid-rooms"
    assert played["lockstep"]["ticks"] == TICKS
    # A world that ignored the keys would stand still.
    assert played["lockstep"]["different"] > TICKS // 10
    assert played["realtime"]["frames"] == 40
    assert played["realtime"]["hand_to_eye_ms"] > 0


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (HERE / "package-lock.json").read_text("utf-8")
