"""The receiver of recordings, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.data.test_live import begin, row
from tests.support import REPOSITORY
from worldsdk.data.reader import Dataset
from worldsdk.errors import DatasetError, ServeError, StorageError
from worldsdk.protocol.messages import ErrorMessage
from worldsdk.protocol.recording.codec import decode, encode
from worldsdk.protocol.recording.messages import (
    SUBPROTOCOL,
    Done,
    End,
    Ready,
    Receipt,
    RecordingMessage,
)
from worldsdk.server.intake import Intake, IntakeOptions

TOKEN = "0123456789abcdef"
Run = Callable[[Intake], Awaitable[None]]


def receive(folder: Path, run: Run, **options: Any) -> Intake:
    """Runs ``run`` against a receiver of its own, which is stopped afterwards."""

    async def main() -> Intake:
        intake = Intake(IntakeOptions(folder, port=0, **options))
        await intake.start()
        try:
            await asyncio.wait_for(run(intake), 30)
        finally:
            await intake.stop()
        return intake

    return asyncio.run(main())


@contextlib.asynccontextmanager
async def game(intake: Intake, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(
        intake.url, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, **options
    ) as connection:
        yield connection


async def tell(connection: ClientConnection, *messages: RecordingMessage) -> None:
    for message in messages:
        await connection.send(encode(message))


async def hear(connection: ClientConnection) -> RecordingMessage:
    data = await connection.recv()
    assert isinstance(data, bytes)
    return decode(data, sender="receiver")


async def refusal(connection: ClientConnection) -> tuple[str, int, str]:
    """Code, close code and close reason of the error that comes next."""
    message = await hear(connection)
    assert isinstance(message, ErrorMessage) and message.fatal, message
    with pytest.raises(ConnectionClosed) as caught:
        await connection.recv()
    assert caught.value.rcvd is not None
    return message.code, caught.value.rcvd.code, caught.value.rcvd.reason


def test_a_recording_from_begin_to_done(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            await tell(connection, begin())
            ready = await hear(connection)
            assert isinstance(ready, Ready) and ready.window == 64 and ready.frames == 0
            await tell(connection, *(row(seq) for seq in range(1, 41)))
            assert await hear(connection) == Receipt(seq=16, frames=0)
            assert await hear(connection) == Receipt(seq=32, frames=0)
            await tell(connection, row(41, episode=1, dropped=5), row(42, episode=1), End())
            assert await hear(connection) == Done(frames=42, episodes=2, dropped=5)

    intake = receive(tmp_path, run)
    data = Dataset.open(tmp_path, verify="sha256")
    assert [len(e) for e in data.episodes] == [40, 2]
    assert intake.reported == 5


def test_who_does_not_close_after_done_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worldsdk.server.intake.CLOSE_SECONDS", 0.1)

    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            await tell(connection, begin(), row(1), row(2), End(), row(3))
            assert isinstance(await hear(connection), Ready)
            assert isinstance(await hear(connection), Done)
            with pytest.raises(ConnectionClosed) as caught:
                await connection.recv()
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1000

    receive(tmp_path, run)


def test_full_shards_are_safe_before_the_end(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            await tell(connection, begin())
            await hear(connection)
            for seq in range(1, 1026):
                await tell(connection, row(seq))
                if seq % 16 == 0:
                    newest = await hear(connection)
            assert newest == Receipt(seq=1024, frames=1024)
            assert len(Dataset.open(tmp_path)) == 1024

    receive(tmp_path, run)


def test_a_lost_connection_goes_on_in_the_same_dataset(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        for _ in range(2):
            async with game(intake) as connection:
                await tell(connection, begin())
                assert isinstance(await hear(connection), Ready)
                await tell(connection, *(row(seq) for seq in range(1, 17)))
                await hear(connection)
                connection.transport.abort()
            while intake.progress.waiting < 16:
                await asyncio.sleep(0.01)

    receive(tmp_path, run)
    assert [len(e) for e in Dataset.open(tmp_path).episodes] == [16, 16]


def test_it_ends_by_itself_with_all_the_frames(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            await tell(connection, begin())
            ready = await hear(connection)
            assert isinstance(ready, Ready) and ready.wanted == 10
            await tell(connection, *(row(seq) for seq in range(1, 11)))
            done = await hear(connection)
            assert isinstance(done, Done) and done.frames == 10 and "complete" in done.reason
            await intake.complete.wait()

    receive(tmp_path, run, frames=10)
    assert len(Dataset.open(tmp_path)) == 10


def test_leaving_tells_the_game_and_keeps_what_came(tmp_path: Path) -> None:
    async def main() -> None:
        intake = Intake(IntakeOptions(tmp_path, port=0))
        await intake.start()
        async with game(intake) as connection:
            await tell(connection, begin())
            await hear(connection)
            await tell(connection, *(row(seq) for seq in range(1, 17)))
            await hear(connection)
            await intake.stop()
            done = await hear(connection)
            assert isinstance(done, Done) and done.frames == 16 and "leaving" in done.reason

    asyncio.run(main())
    assert len(Dataset.open(tmp_path)) == 16


def test_mistakes_are_refused_by_name_and_keep_what_was_good(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            await tell(connection, row(1))
            assert (await refusal(connection))[:2] == ("bad_message", 4400)
        async with game(intake) as connection:
            await connection.send("text")
            assert (await refusal(connection))[:2] == ("bad_message", 4400)
        async with game(intake) as connection:
            await connection.send(b"\x81" * 70_000)
            assert (await refusal(connection))[:2] == ("too_large", 4413)
        async with game(intake) as connection:
            await tell(connection, begin(v=(1, 2)))
            assert (await refusal(connection))[:2] == ("unsupported_version", 4426)
        async with game(intake) as connection:
            await tell(connection, begin())
            await hear(connection)
            await tell(connection, row(1), row(2), row(4))
            assert (await refusal(connection))[:2] == ("bad_message", 4400)
        async with game(intake) as connection:
            await tell(connection, begin())
            await hear(connection)
            await tell(connection, row(1, variables={"x": 99.0}))
            code, close, reason = await refusal(connection)
            assert (code, close) == ("record_invalid", 4500)
            assert reason.startswith("record_invalid: row 1, variable 'x': is 99")
        async with game(intake) as connection:
            await tell(connection, begin(rate=20.0))
            code, _, reason = await refusal(connection)
            assert code == "dataset_invalid" and "rate_hz" in reason and str(tmp_path) not in reason

    receive(tmp_path, run)
    assert len(Dataset.open(tmp_path)) == 2


def test_one_game_at_a_time(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        async with game(intake) as first:
            await tell(first, begin())
            await hear(first)
            async with game(intake) as second:
                await tell(second, begin())
                assert (await refusal(second))[:2] == ("conflict", 4409)
            await tell(first, row(1), row(2), End())
            assert isinstance(await hear(first), Done)

    receive(tmp_path, run)


def test_who_says_nothing_is_sent_away(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            assert (await refusal(connection))[:2] == ("hello_timeout", 4408)

    receive(tmp_path, run, begin_seconds=0.2)


def test_the_door(tmp_path: Path) -> None:
    async def status(url: str, **options: Any) -> int:
        try:
            async with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], **options):
                return 101
        except InvalidStatus as error:
            return error.response.status_code

    async def run(intake: Intake) -> None:
        assert await status(intake.url) == 101
        assert await status(intake.url, origin=Origin("http://game.example")) == 101
        assert await status(intake.url, origin=Origin("http://evil.example")) == 403
        assert await status(f"{intake.url}?token=x") == 403
        assert await status(intake.url.replace("/record", "/play")) == 404
        assert await status(intake.url, additional_headers={"Host": "rebound.example"}) in (400, 403)
        with pytest.raises(InvalidHandshake):
            async with connect(intake.url):
                pass

    receive(tmp_path, run, origins=["http://game.example"])


def test_a_token_where_one_is_asked_for(tmp_path: Path) -> None:
    async def run(intake: Intake) -> None:
        for wrong in (None, TOKEN[:-1], TOKEN + "x"):
            async with game(intake) as connection:
                await tell(connection, begin(token=wrong))
                assert (await refusal(connection))[:2] == ("unauthenticated", 4401)
        async with game(intake) as connection:
            await tell(connection, begin(token=TOKEN))
            assert isinstance(await hear(connection), Ready)

    receive(tmp_path, run, token=TOKEN)


def test_what_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="needs a token"):
        Intake(IntakeOptions(tmp_path, host="0.0.0.0"))
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(DatasetError, match="--resume"):
        Intake(IntakeOptions(tmp_path))


def test_a_full_disk_ends_it_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise StorageError("cannot write (No space left on device)", where="/secret", fix="free some space")

    async def run(intake: Intake) -> None:
        async with game(intake) as connection:
            await tell(connection, begin())
            await hear(connection)
            monkeypatch.setattr("worldsdk.data.writer.write_shard", full)
            await tell(connection, row(1), row(2), End())
            code, _, reason = await refusal(connection)
            assert code == "storage_failed" and "/secret" not in reason
        await intake.complete.wait()
        assert intake.failure is not None
        monkeypatch.undo()

    receive(tmp_path, run)
    # What waited was written as soon as that was possible again.
    assert len(Dataset.open(tmp_path)) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_leaves_a_whole_dataset(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "set"
    command = [sys.executable, "-m", "worldsdk.cli.main", "record", "--listen", "0", "--out", str(out)]
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"ws://\S+", process.stdout.readline())
        assert found, process.communicate()[1]

        async def play() -> None:
            async with connect(found[0], subprotocols=[Subprotocol(SUBPROTOCOL)]) as connection:
                await tell(connection, begin(), *(row(seq) for seq in range(1, 33)))
                assert isinstance(await hear(connection), Ready)
                assert isinstance(await hear(connection), Receipt)
                assert isinstance(await hear(connection), Receipt)
                process.send_signal(number)
                assert isinstance(await hear(connection), Done)

        asyncio.run(play())
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "32 frames, 1 episodes" in output
    assert (out / "preview.png").exists()
    assert json.loads((out / "dataset.json").read_text())["recorder"] == {"policy": "live"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["doom-maze", "--listen"], "GAME and --listen contradict"),
        (["--listen", "--policy", "mix"], "--policy and --listen contradict"),
        ([], "no game is named"),
        (["--listen", "--host", "0.0.0.0"], "needs a token"),
        (["--listen", "--token-file", "nowhere"], "cannot be read"),
        (["--listen", "--frames", "0"], "frames is 0"),
    ],
)
def test_arguments_that_do_not_go_together(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from worldsdk.cli.main import main

    assert main(["record", *words, "--out", str(tmp_path / "set")]) == 2
    assert complaint in capsys.readouterr().err
