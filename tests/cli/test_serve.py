"""``worldsdk serve`` as a process of its own: what it prints, what it takes up again, how it leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.client import Client
from tests.support import REPOSITORY, tiny_pack
from worldsdk.cli.main import main
from worldsdk.cli.serve import _reachable
from worldsdk.protocol.messages import GoAway

STEPPER = {"role": "stepper", "mode": "lockstep"}


@pytest.fixture(scope="module")
def pack(tiny_family: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("served") / "tiny")


@contextmanager
def running(family: dict[str, str], *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and the port that it listens on; its first words are checked."""
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", *arguments, "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | family,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if " at ws://" not in first:
            process.kill()
            raise AssertionError(f"{first}{process.communicate()[1]}")
        port = int(first.rpartition(":")[2].partition("/")[0])
        assert process.stdout.readline().endswith(f"http://127.0.0.1:{port}/\n")
        assert process.stdout.readline().endswith(f"worldsdk play --server ws://127.0.0.1:{port}/play\n")
        yield process, port
    finally:
        process.kill()
        process.communicate()


def test_it_says_where_to_go_and_drains_when_asked_to_leave(pack: Path, tiny_family: dict[str, str]) -> None:
    async def play(process: subprocess.Popen[str], port: int) -> None:
        client = await Client.join(port, **STEPPER)
        assert (await client.step(forward=1.0)).tick == 1
        process.send_signal(signal.SIGTERM)
        goaway = await client.next(GoAway)
        assert goaway.action == "reconnect"
        assert (await client.ending())[0] == 1001

    with running(tiny_family, str(pack)) as (process, port):
        asyncio.run(play(process, port))
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in errors


def test_sessions_outlive_the_server(pack: Path, tiny_family: dict[str, str], tmp_path: Path) -> None:
    options = (str(pack), "--state", str(tmp_path / "state"))

    async def begin(process: subprocess.Popen[str], port: int) -> tuple[str, str]:
        client = await Client.join(port, **STEPPER)
        for _ in range(3):
            frame = await client.step(turn=2.0)
        process.send_signal(signal.SIGINT)
        goaway = await client.next(GoAway)
        assert goaway.action == "resume"
        assert client.welcome is not None
        return client.welcome.resume, frame.hash

    async def go_on(port: int, token: str, digest: str) -> None:
        client = await Client.join(port, **STEPPER, resume=token)
        assert client.welcome is not None
        assert client.welcome.held_seq == 3
        present = await client.frame()
        assert (present.tick, present.hash) == (3, digest)
        assert (await client.step()).tick == 4

    with running(tiny_family, *options) as (process, port):
        token, digest = asyncio.run(begin(process, port))
        process.communicate(timeout=30)
    with running(tiny_family, *options) as (process, port):
        asyncio.run(go_on(port, token, digest))


def test_recorded_sessions_replay(pack: Path, tiny_family: dict[str, str], tmp_path: Path) -> None:
    async def play(process: subprocess.Popen[str], port: int) -> None:
        client = await Client.join(port)
        for _ in range(8):
            seq = await client.press(forward=1.0)
            await client.see(seq)
        process.send_signal(signal.SIGTERM)
        await client.ending()

    with running(tiny_family, str(pack), "--record-dir", str(tmp_path)) as (process, port):
        asyncio.run(play(process, port))
        process.communicate(timeout=30)
    (log,) = tmp_path.iterdir()
    assert main(["replay", str(log), "--world", str(pack), "--device", "cpu"]) == 0


def test_a_second_signal_leaves_at_once(pack: Path, tiny_family: dict[str, str]) -> None:
    with running(tiny_family, str(pack)) as (process, _):
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        # Both may be seen as one while the first is still being delivered.
        assert process.wait(timeout=30) in (0, 130)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "worldsdk keys new"),
        (["--tls-key", "key.pem"], "--tls-key without --tls-cert"),
        (["--tls-cert", "nothing.pem"], "no such file"),
        (["--insecure-local", "--keys", "keys.json"], "contradict each other"),
    ],
)
def test_what_cannot_be_served_is_refused(
    pack: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(pack), "--device", "cpu", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--port", "70000"], ["--max-sessions", "0"], ["--jpeg-quality", "101"], ["--resume-seconds", "-1"]],
)
def test_impossible_numbers_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", *arguments])
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "[::]"])
def test_all_addresses_are_told_by_the_machines_name(everywhere: str) -> None:
    told = _reachable(f"wss://{everywhere}:8765/play")
    assert told == f"wss://{socket.gethostname()}:8765/play"
    assert _reachable("ws://192.0.2.7:8765/play") == "ws://192.0.2.7:8765/play"
