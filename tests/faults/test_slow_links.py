"""Links that are late, uneven or narrow, and readers that stop: nobody else pays, nothing piles up."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.client import PATIENCE, Client
from tests.faults.conftest import Serve
from tests.faults.proxy import Network, Proxy
from worldsdk.protocol.messages import Ack, FrameMessage
from worldsdk.server.options import FRAME_BYTES_WAITING


def test_with_300_ms_of_jitter_order_holds_and_every_input_is_shown(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(slow_seconds=20.0) as running:
            async with Proxy(running.port, Network(delay=0.02, jitter=0.3)) as proxy:
                player = await Client.join(proxy.port)

                async def press() -> None:
                    for _ in range(40):
                        await player.press(forward=1.0)
                        await asyncio.sleep(0.03)

                pressing = asyncio.create_task(press())
                await player.see(40)
                await pressing
                await player.close()
            frames = player.frames
            assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
            ticks = [frame.tick for frame in frames]
            assert ticks == sorted(set(ticks))
            applied = [frame.applied for frame in frames]
            assert applied == sorted(applied) and applied[-1] == 40
            assert all(frame.ts == frame.applied * 1000 for frame in frames if frame.applied)

    asyncio.run(scene())


def test_on_a_narrow_link_frames_are_replaced_rather_than_late(serve: Serve) -> None:
    """576 bytes of pixels at 35 Hz do not fit into 8 kB/s. The delay must not grow all the same."""

    async def scene() -> None:
        async with serve(slow_seconds=20.0) as running:
            async with Proxy(running.port) as proxy:
                player = await Client.join(proxy.port)
                proxy.network.bytes_per_second = 8000.0
                behind = []
                for _ in range(30):
                    # Credit of two frames and the queue of one hold at most three ticks' worth of sending.
                    frame = await player.frame()
                    assert running.server.lobby is not None and player.welcome is not None
                    latest = running.server.lobby.rooms[player.welcome.room].latest
                    assert latest is not None
                    behind.append(latest.frame.tick - frame.tick)
                await player.close()
            assert sum(frame.replaced for frame in player.frames) > 10
            assert running.count("frames_total", outcome="replaced") > 10
            # It does not pile up: the second half is no further behind than the first.
            assert max(behind[15:]) <= max(behind[:15]) + 15

    asyncio.run(scene())


def test_in_lockstep_a_narrow_link_loses_no_frame(serve: Serve) -> None:
    async def scene() -> None:
        narrow = Network(delay=0.01, bytes_per_second=40_000.0)
        async with serve(slow_seconds=20.0) as running, Proxy(running.port, narrow) as proxy:
            agent = await Client.join(proxy.port, role="stepper", mode="lockstep")
            assert agent.welcome is not None
            first = agent.welcome.tick
            for number in range(1, 31):
                frame = await agent.step(forward=1.0)
                assert (frame.tick, frame.replaced) == (first + number, 0)
            await agent.close()

    asyncio.run(scene())


def test_a_viewer_that_stops_reading_costs_the_server_no_memory_and_the_player_nothing(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(slow_seconds=600.0) as running, Proxy(running.port) as proxy:
            player = await Client.join(running.port, room="main")
            viewer = await Client.join(proxy.port, role="viewer", room="main", credit=8)
            await viewer.frame()
            proxy.network.silent = True
            lobby = running.server.lobby
            assert lobby is not None
            [stalled] = lobby.rooms["main"].viewers
            for _ in range(60):
                await player.see(await player.press(forward=1.0))
                assert stalled.outbox.frames <= 1
                assert stalled.socket.waiting <= FRAME_BYTES_WAITING
            proxy.network.silent = False
            # It catches up with the present, not with the past: frames that it missed are gone.
            async with asyncio.timeout(PATIENCE):
                while (await viewer.frame()).tick < player.frames[-1].tick:
                    pass
            assert len(viewer.frames) < 40
            assert sum(frame.replaced for frame in viewer.frames) > 20
            await player.close()
            await viewer.close()

    asyncio.run(scene())


def test_a_reader_that_acknowledges_nothing_is_sent_away(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(slow_seconds=0.4) as running:
            player = await Client.join(running.port, room="main")
            viewer = await Client.join(running.port, role="viewer", room="main", credit=2)
            async with player.reading():
                code, errors = await viewer.ending()
            assert code == 4504 and errors[-1].code == "slow_client" and errors[-1].retry
            assert len(viewer.frames) == 2
            await player.see(await player.press(forward=1.0))
            await player.close()

    asyncio.run(scene())


@pytest.mark.parametrize("seq", [10_000, 3])
def test_acknowledging_frames_that_were_never_sent_buys_no_credit(serve: Serve, seq: int) -> None:
    async def scene() -> None:
        async with serve(slow_seconds=0.5) as running:
            player = await Client.join(running.port, credit=1)
            await player.next(FrameMessage)
            await player.send(Ack(seq=seq))
            code, errors = await player.ending()
            assert code == 4504
            assert errors[0].code == "bad_message"
            assert len(player.frames) <= 2

    asyncio.run(scene())
