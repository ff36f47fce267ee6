"""Who is turned away at the door of a real server, and with which code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.faults.client import PATIENCE, Client, Closed
from tests.faults.conftest import Serve
from worldsdk.protocol.messages import ErrorMessage
from worldsdk.server.security.door import Door
from worldsdk.server.security.key_file import FixedKeys
from worldsdk.server.security.keyring import KeyRing, new_key
from worldsdk.server.security.tokens import sign
from worldsdk.server.state import StateFolder

RING = KeyRing((new_key(0),))
OTHER = KeyRing((new_key(0),))


def door() -> Door:
    return Door(keys=FixedKeys(RING))


async def refused(port: int, **how: object) -> tuple[int, list[ErrorMessage]]:
    client = await Client.open(port)
    await client.hello(**how)
    return await client.ending()


# Signed when the test runs: a suite may take longer than a token lives.
@pytest.mark.parametrize(
    "make, code",
    [
        (lambda now: None, 4401),
        (lambda now: "nonsense", 4401),
        (lambda now: sign(OTHER, now), 4401),
        (lambda now: sign(RING, now - 1000, lifetime_seconds=60), 4401),
        (lambda now: sign(RING, now, audience="another"), 4401),
        (lambda now: sign(RING, now, roles={"viewer"}), 4403),
        (lambda now: sign(RING, now, room="other"), 4403),
    ],
    ids=["none", "nonsense", "wrong key", "expired", "other server", "other role", "other room"],
)
def test_a_wrong_token_is_refused_with_its_code(
    serve: Serve, make: Callable[[float], str | None], code: int
) -> None:
    token = make(time.time())

    async def scene() -> None:
        async with serve(door=door()) as running:
            closed, errors = await refused(running.port, token=token, room="main")
            assert closed == code
            [error] = errors
            assert error.fatal and error.code == {4401: "unauthenticated", 4403: "forbidden"}[code]
            assert "Traceback" not in error.message and "/" not in error.message
            assert running.count("rejected_total", code=error.code) == 1
            assert running.count("sessions") == 0

    asyncio.run(scene())


def test_a_good_token_lets_in_once(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(door=door()) as running:
            token = sign(RING, time.time())
            player = await Client.join(running.port, token=token)
            await player.see(await player.press(forward=1.0))
            assert (await refused(running.port, token=token))[0] == 4401
            in_header = {"Authorization": f"Bearer {sign(RING, time.time())}"}
            await (await Client.join(running.port, headers=in_header)).close()
            await player.close()

    asyncio.run(scene())


def test_a_viewer_does_not_get_in_by_pretending_to_resume(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(door=door()) as running:
            player = await Client.join(running.port, token=sign(RING, time.time()), room="main")
            assert (await refused(running.port, role="viewer", room="main", resume="x" * 43))[0] == 4401
            assert (await refused(running.port, room="main", resume="x" * 43))[0] == 4410
            await player.close()

    asyncio.run(scene())


def test_the_stay_is_as_long_as_the_token_says(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(door=door()) as running:
            player = await Client.join(running.port, token=sign(RING, time.time(), session_seconds=1))
            assert player.welcome is not None and player.welcome.limits["session_seconds"] == 1
            code, errors = await player.ending()
            assert code == 4410 and errors[-1].code == "session_over"

    asyncio.run(scene())


def test_coming_back_does_not_begin_the_stay_anew(serve: Serve, tmp_path: Path) -> None:
    async def scene() -> None:
        store = StateFolder(tmp_path)
        async with serve(door=door(), store=store) as running:
            player = await Client.join(running.port, token=sign(RING, time.time(), session_seconds=100))
            assert player.welcome is not None
            player.abort()
            again = await Client.join(running.port, resume=player.welcome.resume)
            assert again.welcome is not None and 0 < again.welcome.limits["session_seconds"] < 100
        async with serve(door=door(), store=store) as running:
            after = await Client.join(running.port, resume=again.welcome.resume)
            assert after.welcome is not None
            assert 0 < after.welcome.limits["session_seconds"] < again.welcome.limits["session_seconds"]
            await after.close()
        store.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "how, status",
    [
        ({"origin": "https://evil.net"}, 403),
        ({"origin": "null"}, 403),
        ({"path": "/play?token=abc"}, 403),
        ({"headers": {"Authorization": "Bearer nonsense"}}, 401),
    ],
    ids=["foreign page", "sandboxed page", "token in the URL", "bad token in the header"],
)
def test_what_is_wrong_before_the_upgrade_gets_no_socket(
    serve: Serve, how: dict[str, str], status: int
) -> None:
    async def scene() -> None:
        async with serve(door=door()) as running:
            with pytest.raises(InvalidStatus) as caught:
                await Client.open(running.port, **how)  # type: ignore[arg-type]
            assert caught.value.response.status_code == status
            assert b"abc" not in (caught.value.response.body or b"")

    asyncio.run(scene())


def test_the_own_page_and_programs_get_in_and_foreign_ones_never(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            for origin in (None, f"http://127.0.0.1:{running.port}"):
                await (await Client.join(running.port, origin=origin)).close()
            for origin in ("http://127.0.0.1:1", f"http://localhost:{running.port}", "http://evil.net"):
                with pytest.raises(InvalidStatus):
                    await Client.join(running.port, origin=origin)

    asyncio.run(scene())


def test_a_name_that_was_pointed_at_loopback_and_a_doubled_header_get_nothing(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            good, rebound = "Host: localhost:1\r\n", "Host: rebound.net\r\n"
            assert await status(running.port, "/healthz", good) == 200
            for path in ("/healthz", "/metrics", "/play"):
                assert await status(running.port, path, rebound) == 403
                assert await status(running.port, path, good + rebound) == 403
                assert await status(running.port, path, good + "Origin: http://a\r\n" * 2) == 403

    asyncio.run(scene())


async def status(port: int, path: str, headers: str) -> int:
    """The status of a plain GET with exactly these headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode())
    line = await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.close()
    return int(line.split()[1])


def test_nobody_without_a_token_learns_which_rooms_exist(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(door=door()) as running:
            player = await Client.join(running.port, token=sign(RING, time.time()), room="main")
            for room in ("main", "none"):
                with pytest.raises(Closed) as closed:
                    await Client.join(running.port, role="viewer", room=room)
                assert closed.value.code == 4401
            await player.close()

    asyncio.run(scene())
