"""Servers that are killed or told to go: their sessions are on disk, and clients go on where they were."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.client import PATIENCE, Client, Closed
from tests.faults.conftest import Serve
from tests.faults.program import program
from tests.support import install_tiny_family, tiny_pack
from worldsdk.protocol.messages import Applied, Command, Event, FrameMessage, GoAway
from worldsdk.server.hooks import SavedSession
from worldsdk.server.state import StateFolder, unpack

WALK = [{"forward": 1.0}, {"turn": 4.0}, {"forward": 1.0, "turn": -8.0}, {}]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return install_tiny_family(tmp_path_factory.mktemp("family"))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("pack") / "tiny")


def kept(folder: Path) -> list[SavedSession]:
    """What lies on disk, read without disturbing the server that writes there."""
    return [unpack(path.read_bytes())[0] for path in folder.glob("*.session")]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def token_of(client: Client) -> str:
    assert client.welcome is not None and client.welcome.resume
    return client.welcome.resume


async def walk(agent: Client, steps: int, start: int) -> list[tuple[int, str]]:
    """Ticks and digests of ``steps`` steps of the same walk, from its step ``start`` on."""
    made = []
    for number in range(start, start + steps):
        frame = await agent.step(**WALK[number % len(WALK)])
        assert frame.hash
        made.append((frame.tick, frame.hash))
    return made


def test_a_killed_server_goes_on_where_it_was_with_the_very_same_frames(
    pack: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    stepper = {"role": "stepper", "mode": "lockstep"}

    async def scene() -> None:
        options = ("--state", str(state), "--save-seconds", "0.2")
        async with program(pack, environment, *options) as first:
            agent = await Client.join(first.port, room="main", **stepper)
            before = await walk(agent, 12, 0)
            last = before[-1][0]
            await until(lambda: [saved.tick for saved in kept(state)] == [last])
            assert await first.end(signal.SIGKILL) == -signal.SIGKILL
        # A digest of the token lies there, and the token itself nowhere.
        assert not any(token_of(agent).encode() in path.read_bytes() for path in state.iterdir())
        async with program(pack, environment, *options) as second:
            again = await Client.join(second.port, resume=token_of(agent), **stepper)
            assert again.welcome is not None and agent.welcome is not None
            assert (again.welcome.session, again.welcome.room) == (agent.welcome.session, "main")
            assert (again.welcome.tick, again.welcome.held_seq) == (last, agent.seq)
            assert again.welcome.resume != token_of(agent)
            after = await walk(again, 12, 12)
            # A walk that nobody interrupted.
            whole = await walk(await Client.join(second.port, **stepper), 24, 0)
        assert before + after == whole

    asyncio.run(scene())


def test_a_server_that_is_told_to_go_says_so_and_saves(
    pack: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    state = tmp_path / "state"

    async def scene() -> None:
        async with program(pack, environment, "--state", str(state), "--save-seconds", "600") as first:
            player = await Client.join(first.port)
            await player.see(await player.press(forward=1.0))
            ending = asyncio.create_task(first.end(signal.SIGTERM))
            away = await player.next(GoAway)
            assert away.action == "resume" and away.reason
            frames = []
            with pytest.raises(Closed) as closed:
                while True:
                    message = await player.receive()
                    if isinstance(message, FrameMessage):
                        frames.append(message)
            assert closed.value.code == 1001
            assert await ending == 0
            assert not any("Traceback" in line for line in first.said), first.said
            # Its logs are JSON lines, and no token is in them.
            logged = [json.loads(line) for line in first.said if line.startswith("{")]
            assert all({"time", "level", "event"} <= set(line) for line in logged)
            told = {line["event"]: line for line in logged}
            assert told["welcomed"]["role"] == "player" and told["left"]["reason"] == "drained"
            assert told["welcomed"]["session"] == told["left"]["session"] == player.welcome.session
            assert token_of(player) not in "".join(first.said)
        [saved] = kept(state)
        assert saved.tick >= player.frames[-1].tick
        assert (saved.mode, saved.seats[0].held_seq) == ("realtime", player.seq)

    asyncio.run(scene())


def test_a_used_token_stays_used_after_a_restart(serve: Serve, tmp_path: Path) -> None:
    async def scene() -> None:
        store = StateFolder(tmp_path)
        async with serve(store=store) as running:
            player = await Client.join(running.port)
            first = token_of(player)
            player.abort()
            player = await Client.join(running.port, resume=first)
        store.close()
        store = StateFolder(tmp_path)
        async with serve(store=store) as running:
            with pytest.raises(Closed) as closed:
                await Client.join(running.port, resume=first)
            assert closed.value.code == 4409
            again = await Client.join(running.port, resume=token_of(player))
            await again.see(await again.press(forward=1.0))
            await again.close()
        store.close()

    asyncio.run(scene())


def test_sessions_are_saved_at_intervals_and_forgotten_when_over(serve: Serve, tmp_path: Path) -> None:
    async def scene() -> None:
        store = StateFolder(tmp_path)
        async with serve(store=store, save_seconds=0.05, resume_seconds=0.3) as running:
            player = await Client.join(running.port, room="main")
            async with player.reading():
                await until(lambda: any(saved.tick > 3 for saved in kept(tmp_path)))
                tick = kept(tmp_path)[0].tick
                await until(lambda: kept(tmp_path)[0].tick > tick + 3)
            player.abort()
            await until(lambda: not kept(tmp_path))
        store.close()

    asyncio.run(scene())


def test_a_saved_session_nobody_comes_back_to_ends_after_the_grace_period(
    serve: Serve, tmp_path: Path
) -> None:
    async def scene() -> None:
        store = StateFolder(tmp_path)
        async with serve(store=store) as running:
            player = await Client.join(running.port)
            await player.frame()
        assert len(kept(tmp_path)) == 1
        async with serve(store=store, resume_seconds=0.2) as running:
            assert running.count("sessions") == 1
            await until(lambda: running.count("sessions") == 0)
            await until(lambda: not kept(tmp_path))
        store.close()

    asyncio.run(scene())


def test_a_damaged_file_costs_its_session_and_no_other(serve: Serve, tmp_path: Path) -> None:
    async def scene() -> None:
        store = StateFolder(tmp_path)
        async with serve(store=store) as running:
            one = await Client.join(running.port, room="one")
            two = await Client.join(running.port, room="two")
        for path in tmp_path.glob("*.session"):
            if unpack(path.read_bytes())[0].room == "one":
                path.write_bytes(path.read_bytes()[:-5])
        async with serve(store=store) as running:
            with pytest.raises(Closed) as closed:
                await Client.join(running.port, resume=token_of(one))
            assert closed.value.code == 4410
            again = await Client.join(running.port, resume=token_of(two))
            await again.see(await again.press(forward=1.0))
            await again.close()
        store.close()

    asyncio.run(scene())


def test_a_paused_world_is_paused_after_the_restart(serve: Serve, tmp_path: Path) -> None:
    async def scene() -> None:
        store = StateFolder(tmp_path)
        async with serve(store=store) as running:
            player = await Client.join(running.port)
            await player.see(await player.press(forward=1.0))
            await player.send(Command(id=1, name="pause"))
            paused = await player.next(Applied)
        async with serve(store=store) as running:
            again = await Client.join(running.port, resume=token_of(player))
            assert again.welcome is not None and again.welcome.paused
            assert again.welcome.tick == paused.tick
            await again.send(Command(id=2, name="resume"))
            assert (await again.next(Event)).name in ("resumed", "viewers")
            assert (await again.see(await again.press(forward=1.0))).tick > paused.tick
            await again.close()
        store.close()

    asyncio.run(scene())
