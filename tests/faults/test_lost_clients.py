"""Clients that vanish: killed, cut off, or silent on a line that nobody closed. And how they come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.client import PATIENCE, Client, Closed
from tests.faults.conftest import Running, Serve
from tests.faults.proxy import Network, Proxy
from worldsdk.protocol.messages import Bye


async def until(condition: Callable[[], bool]) -> None:
    """Waits until ``condition()`` holds; a TimeoutError where it never does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def gone(running: Running, reason: str = "lost") -> Callable[[], bool]:
    """A condition: a connection has ended for that reason."""
    return lambda: running.count("connections_ended_total", reason=reason) >= 1


def token_of(client: Client) -> str:
    assert client.welcome is not None
    return client.welcome.resume


def test_a_killed_client_comes_back_to_the_same_world_and_loses_nothing(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            other = await Client.join(running.port)
            player = await Client.join(running.port)
            last = await player.see(await player.press(forward=1.0))
            player.abort()
            await until(gone(running))
            again = await Client.join(running.port, resume=token_of(player))
            assert again.welcome is not None and player.welcome is not None
            assert again.welcome.session == player.welcome.session
            assert again.welcome.room == player.welcome.room
            assert again.welcome.held_seq == player.seq
            first = await again.frame()
            assert first.key and first.seq == 1 and first.tick >= last.tick
            shown = await again.see(await again.press(forward=1.0))
            assert shown.tick > first.tick
            # Nobody else noticed.
            await other.see(await other.press(turn=2.0))
            assert running.count("resumes_total", outcome="resumed") == 1
            await again.close()
            await other.close()

    asyncio.run(scene())


def test_in_lockstep_the_world_waits_for_its_killed_agent(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            agent = await Client.join(running.port, role="stepper", mode="lockstep")
            for _ in range(5):
                last = await agent.step(forward=1.0)
            agent.abort()
            await until(gone(running))
            again = await Client.join(running.port, role="stepper", mode="lockstep", resume=token_of(agent))
            present = await again.frame()
            assert (present.tick, present.data) == (last.tick, last.data)
            assert (await again.step(forward=1.0)).tick == last.tick + 1
            await again.close()

    asyncio.run(scene())


def test_a_place_is_given_up_after_the_grace_period(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(resume_seconds=0.2) as running:
            player = await Client.join(running.port)
            player.abort()
            await until(lambda: running.count("sessions") == 0)
            with pytest.raises(Closed) as closed:
                await Client.join(running.port, resume=token_of(player))
            assert closed.value.code == 4410

    asyncio.run(scene())


def test_whoever_says_goodbye_frees_the_place_at_once(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(resume_seconds=300.0) as running:
            player = await Client.join(running.port)
            await player.send(Bye())
            assert (await player.ending())[0] == 1000
            await until(lambda: running.count("sessions") == 0)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "reason, options",
    [
        ("lost", {"ping_seconds": 0.3, "slow_seconds": 60.0}),
        ("slow_client", {"ping_seconds": 60.0, "slow_seconds": 0.5}),
    ],
)
def test_a_half_open_socket_is_found_by_its_silence(
    serve: Serve, reason: str, options: dict[str, float]
) -> None:
    async def scene() -> None:
        async with serve(**options) as running, Proxy(running.port) as proxy:
            other = await Client.join(running.port, room="other")
            player = await Client.join(proxy.port, room="mine")
            await player.see(await player.press(forward=1.0))
            proxy.network.silent = True
            async with other.reading():
                await until(gone(running, reason))
                again = await Client.join(running.port, resume=token_of(player))
                await again.see(await again.press(forward=1.0))
            await other.see(await other.press(forward=1.0))
            assert running.count("sessions") == 2
            await again.close()
            await other.close()

    asyncio.run(scene())


def test_a_client_that_notices_first_takes_its_seat_back_from_its_own_dead_line(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running, Proxy(running.port) as proxy:
            player = await Client.join(proxy.port)
            await player.see(await player.press(forward=1.0))
            proxy.network.silent = True
            again = await Client.join(running.port, resume=token_of(player))
            await again.see(await again.press(forward=1.0))
            assert running.count("sessions") == 1
            # What the dead line still held arrives, and changes nothing.
            proxy.network.silent = False
            code, errors = await player.ending()
            assert code == 4409 and errors[-1].code == "conflict"
            await again.see(await again.press(forward=1.0))
            await again.close()

    asyncio.run(scene())


def test_a_cut_line_is_one_lost_connection(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running, Proxy(running.port) as proxy:
            player = await Client.join(proxy.port)
            viewer = await Client.join(
                running.port, role="viewer", room=player.welcome.room if player.welcome else ""
            )
            proxy.cut()
            await until(gone(running))
            again = await Client.join(running.port, resume=token_of(player))
            await again.see(await again.press(forward=1.0))
            await viewer.frame()
            assert running.count("connections", role="player") == 1
            await again.close()
            await viewer.close()

    asyncio.run(scene())


def test_used_and_reordered_resume_tokens_are_conflicts_and_harm_nobody(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port)
            tokens = [token_of(player)]
            for _ in range(3):
                player.abort()
                player = await Client.join(running.port, resume=tokens[-1])
                tokens.append(token_of(player))
            assert len(set(tokens)) == 4
            for stale in (tokens[2], tokens[0], tokens[1], tokens[0]):
                with pytest.raises(Closed) as closed:
                    await Client.join(running.port, resume=stale)
                assert closed.value.code == 4409
            assert running.count("resumes_total", outcome="conflict") == 4
            # The one who sits there was not disturbed, and the newest token still opens the seat.
            await player.see(await player.press(forward=1.0))
            player.abort()
            player = await Client.join(running.port, resume=tokens[3])
            await player.see(await player.press(forward=1.0))
            await player.close()

    asyncio.run(scene())


def test_of_two_who_present_one_token_at_once_exactly_one_sits_down(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port)
            player.abort()
            tries = [Client.join(running.port, resume=token_of(player)) for _ in range(6)]
            results = await asyncio.gather(*tries, return_exceptions=True)
            seated = [one for one in results if isinstance(one, Client)]
            refused = [one.code for one in results if isinstance(one, Closed)]
            assert (len(seated), refused) == (1, [4409] * 5)
            await seated[0].see(await seated[0].press(forward=1.0))
            await seated[0].close()

    asyncio.run(scene())


@pytest.mark.parametrize("token", ["x" * 43, "A" * 4096], ids=["unknown", "long"])
def test_a_token_that_never_was_opens_nothing(serve: Serve, token: str) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port)
            client = await Client.open(running.port)
            await client.hello(resume=token)
            assert (await client.ending())[0] == 4410
            assert running.count("sessions") == 1
            await player.close()

    asyncio.run(scene())


def test_a_session_in_a_narrow_moment_between_two_lines(serve: Serve) -> None:
    """Resuming over and over through a link with jitter never makes a second session, nor loses the first."""

    async def scene() -> None:
        async with serve() as running, Proxy(running.port, Network(delay=0.005, jitter=0.03)) as proxy:
            player = await Client.join(proxy.port)
            assert player.welcome is not None
            session = player.welcome.session
            seen = 0
            for _ in range(8):
                seen = (await player.see(await player.press(forward=1.0))).tick
                proxy.cut()
                player = await Client.join(proxy.port, resume=token_of(player))
                assert player.welcome is not None and player.welcome.session == session
                assert (await player.frame()).tick >= seen
            assert running.count("sessions") == 1
            await player.close()

    asyncio.run(scene())
