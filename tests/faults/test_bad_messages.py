"""What is not the protocol: silence before the hello, half a request, ten thousand messages of garbage."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.client import PATIENCE, Client, Closed, make_hello
from tests.faults.conftest import Running, Serve
from worldsdk.protocol.codec import encode
from worldsdk.protocol.codes import CLOSE_CODES
from worldsdk.protocol.messages import Ack, Command, Input, Ping
from worldsdk.server import sockets
from worldsdk.server.security.door import Door
from worldsdk.server.security.limits import ConnectionLimits

DOCUMENTED = set(CLOSE_CODES) | {1000, 1001, 1003, 1007, 1009}
"""Codes that a close may carry: the protocol's, and WebSocket's own for text, bad UTF-8 and size."""


def test_a_hello_that_never_comes_ends_the_connection(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(hello_seconds=0.3) as running:
            client = await Client.open(running.port)
            code, errors = await client.ending()
            assert code == 4408 and errors[-1].code == "hello_timeout" and errors[-1].fatal
            assert running.count("sessions") == 0

    asyncio.run(scene())


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET /play HTTP/1.1\r\nHost: localhost\r\n", b"GET /" + b"a" * 4000],
    ids=["", "half", "line"],
)
def test_half_a_request_is_not_waited_for(serve: Serve, beginning: bytes) -> None:
    async def scene() -> None:
        async with serve(hello_seconds=0.3) as running:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(beginning)
            async with asyncio.timeout(PATIENCE):
                while await reader.read(4096):
                    pass
            writer.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET /play HTTP/1.1\r\n" + b"A: " + b"b" * 20_000 + b"\r\n\r\n",
        b"GET /play HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"POST /play HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n0123456789",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["zeros", "long header", "many headers", "post", "path"],
)
def test_requests_that_no_browser_sends_are_answered_shortly_and_without_details(
    serve: Serve, request_bytes: bytes
) -> None:
    async def scene() -> None:
        async with serve() as running:
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
            writer.write(request_bytes)
            answer = b""
            try:
                async with asyncio.timeout(PATIENCE):
                    while chunk := await reader.read(4096):
                        answer += chunk
            except ConnectionResetError:
                pass
            writer.close()
            assert b"Traceback" not in answer and b"root:" not in answer
            assert not answer or answer.split()[1][:1] in (b"4", b"5")
            await (await Client.join(running.port)).close()

    asyncio.run(scene())


def test_strangers_cannot_take_all_the_places_at_the_door(serve: Serve) -> None:
    async def scene() -> None:
        door = Door(limits=ConnectionLimits(waiting_per_address=5))
        async with serve(door=door) as running:
            silent = [await Client.open(running.port) for _ in range(5)]
            with pytest.raises(Exception, match="429"):
                await Client.open(running.port)
            await silent[0].hello()
            await silent[0].frame()
            await (await Client.open(running.port)).close()
            for client in silent:
                await client.close()

    asyncio.run(scene())


def test_silent_sockets_are_only_so_many_and_pass(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "MOST_STRANGERS_AT", 20)

    async def scene() -> None:
        async with serve(hello_seconds=1.0) as running:
            player = await Client.join(running.port)
            silent = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(40)]
            async with asyncio.timeout(PATIENCE):
                # The last ones are cut off at once: those before them still wait for their deadline.
                with contextlib.suppress(ConnectionResetError):
                    assert await silent[-1][0].read() == b""
            await player.see(await player.press(forward=1.0))
            for reader, writer in silent:
                async with asyncio.timeout(PATIENCE):
                    with contextlib.suppress(ConnectionResetError):
                        await reader.read()
                writer.close()
            await (await Client.join(running.port)).close()
            await player.close()

    asyncio.run(scene())


def good_messages() -> list[bytes]:
    return [
        encode(make_hello(role="viewer")),
        encode(Input(seq=1, ts=1, controls={"forward": 1.0}, keys=("KeyW",), mouse=(1.0, 2.0))),
        encode(Ack(seq=1)),
        encode(Ping(t0=1)),
        encode(Command(id=1, name="rewind", args={"ticks": 1})),
    ]


def garbage(chance: random.Random) -> bytes | str:
    """Noise, damaged messages, and well-formed nonsense."""
    kind = chance.randrange(6)
    good = bytearray(chance.choice(good_messages()))
    if kind == 0:
        return chance.randbytes(chance.randrange(200))
    if kind == 1:
        for _ in range(chance.randrange(1, 4)):
            good[chance.randrange(len(good))] = chance.randrange(256)
        return bytes(good)
    if kind == 2:
        return bytes(good[: chance.randrange(len(good))])
    if kind == 3:
        return bytes(
            msgpack.packb({"t": chance.choice(["input", "x", 1, None, "frame"]), "seq": chance.random()})
        )
    if kind == 4:
        return chance.choice(["", "hello", "\x00", '{"t": "hello"}'])
    head = chance.choice(
        [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 5000]
    )
    return head + chance.randbytes(20)


async def pelt(running: Running, messages: list[bytes | str], *, joined: bool) -> int:
    """Throws messages at a connection of their own until they are spent or it closes; its close code."""
    if joined:
        client = await Client.join(running.port, role="viewer", room="main")
    else:
        client = await Client.open(running.port)
    with contextlib.suppress(Closed):
        for message in messages:
            await client.throw(message)
        if joined:
            await client.close()
    return (await client.ending())[0]


def test_ten_thousand_messages_of_garbage_meet_documented_codes_and_disturb_nobody(serve: Serve) -> None:
    async def scene() -> None:
        chance = random.Random(20)
        async with serve() as running:
            player = await Client.join(running.port, room="main")
            codes: Counter[int] = Counter()
            for number in range(250):
                messages = [garbage(chance) for _ in range(40)]
                codes[await pelt(running, messages, joined=number % 5 != 0)] += 1
                if number % 25 == 0:
                    await player.see(await player.press(forward=1.0))
            assert set(codes) <= DOCUMENTED, codes
            assert codes[4400] > 200
            assert running.count("rejected_total", code="internal") == 0
            assert running.count("connections", role="viewer") == 0
            assert running.count("sessions") == 1
            shown = await player.see(await player.press(turn=1.0))
            assert shown.applied == player.seq
            await player.close()

    asyncio.run(scene())


def test_a_flood_of_good_messages_is_slowed_and_then_ended(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            other = await Client.join(running.port)
            player = await Client.join(running.port)
            with contextlib.suppress(Closed):
                for _ in range(5000):
                    await player.press(forward=1.0)
            code, errors = await player.ending()
            assert code == 4429 and errors[-1].code == "rate_limited" and errors[-1].retry
            # A flood is not answered by a flood.
            assert len(errors) < 20
            await other.see(await other.press(forward=1.0))
            await other.close()

    asyncio.run(scene())


def test_a_message_larger_than_the_limit_ends_its_connection_alone(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            other = await Client.join(running.port)
            player = await Client.join(running.port)
            assert player.welcome is not None
            with contextlib.suppress(Closed):
                await player.throw(bytes(player.welcome.limits["max_message"] + 1))
            assert (await player.ending())[0] in (1009, 4413)
            await other.see(await other.press(forward=1.0))
            await other.close()

    asyncio.run(scene())


def test_a_model_that_fails_ends_its_session_and_no_other(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            other = await Client.join(running.port)
            player = await Client.join(running.port)
            await player.press(poison=1.0)
            code, errors = await player.ending()
            assert code == 4501 and errors[-1].code == "session_failed"
            assert "Traceback" not in errors[-1].message
            await other.see(await other.press(forward=1.0))
            with pytest.raises(Closed) as closed:
                await Client.join(running.port, resume=player.welcome.resume if player.welcome else "")
            assert closed.value.code == 4410
            await other.close()

    asyncio.run(scene())


@settings(max_examples=25)
@given(st.lists(st.binary(max_size=60) | st.text(max_size=20), min_size=1, max_size=12))
def test_whatever_comes_the_close_code_is_documented(serve: Serve, messages: list[bytes | str]) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port, room="main")
            assert await pelt(running, messages, joined=True) in DOCUMENTED
            assert await pelt(running, messages, joined=False) in DOCUMENTED
            await player.close()

    asyncio.run(scene())
