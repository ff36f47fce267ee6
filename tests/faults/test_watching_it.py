"""What operators see of a real server: health, readiness, metrics, and what is behind a secret."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.faults.client import PATIENCE, Client, Closed
from tests.faults.conftest import Serve
from worldsdk.protocol.messages import Ack, Bye, FrameMessage


async def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{''.join(lines)}\r\n".encode())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return int(first.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in rest)}, body


def test_health_and_readiness_follow_the_server(serve: Serve) -> None:
    async def scene() -> None:
        async with serve(max_sessions=1) as running:
            status, headers, body = await get(running.port, "/healthz")
            assert status == 200 and json.loads(body)["alive"] is True
            assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
            assert (await get(running.port, "/readyz"))[0] == 200
            player = await Client.join(running.port)
            status, _, body = await get(running.port, "/readyz")
            assert status == 503 and json.loads(body)["reason"] == "full"
            assert (await get(running.port, "/nothing"))[0] == 404
            await player.close()

    asyncio.run(scene())


def test_what_a_player_does_is_counted(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port, codecs=("jpeg",))
            for _ in range(10):
                frame = await player.see(await player.press(forward=1.0))
            # 40 ms after the input's own stamp, by the client's clock.
            await player.press(turn=1.0)
            while frame.applied != player.seq:
                frame = await player.next(FrameMessage)
                await player.send(Ack(seq=frame.seq, shown=(frame.ts or 0) + 40_000))
            await player.see(await player.press())
            status, headers, body = await get(running.port, "/metrics")
            assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
            assert b"# TYPE worldsdk_tick_seconds histogram" in body
            sent = running.count("frames_total", outcome="sent") + running.count(
                "frames_total", outcome="late"
            )
            assert sent >= len(player.frames)
            assert running.count("tick_seconds_count", stage="total") >= 10
            assert running.count("tick_seconds_count", stage="denoise") >= 10
            assert running.count("input_to_send_seconds_count") >= 10
            assert running.count("encode_seconds_count", codec="jpeg") >= 10
            assert running.count("frame_bytes_count", codec="jpeg") == sent
            assert running.count("connections", role="player") == 1
            assert (
                running.count("bytes_total", direction="out")
                > running.count("bytes_total", direction="in")
                > 0
            )
            assert running.count("action_to_photon_seconds_count") >= 1
            assert running.count("action_to_photon_seconds_bucket", le="0.05") >= 1
            assert running.count("server_info", world="tiny", version="") == 1
            await player.close()

    asyncio.run(scene())


def test_no_secret_and_no_room_name_is_in_the_metrics(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port, room="very-private")
            _, _, body = await get(running.port, "/metrics")
            assert player.welcome is not None
            for word in ("very-private", player.welcome.session, player.welcome.resume):
                assert word.encode() not in body
            await player.close()

    asyncio.run(scene())


def test_the_log_tells_who_came_who_was_refused_and_who_left(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with serve() as running:
            player = await Client.join(running.port, room="den", client={"name": "probe", "version": "2"})
            await player.send(Bye())
            with pytest.raises(Closed):
                while True:
                    await player.receive()
            with pytest.raises(Closed):
                await Client.join(running.port, role="viewer", room="nowhere")

    with caplog.at_level("INFO", "worldsdk.server.connections"):
        asyncio.run(scene())
    told = {record.message: vars(record) for record in caplog.records}
    assert told["welcomed"]["client"] == "probe 2" and told["welcomed"]["role"] == "player"
    assert told["refused"]["code"] == "no_room" and told["refused"]["levelname"] == "WARNING"
    assert told["left"]["reason"] == "bye" and told["left"]["seconds"] > 0
    assert told["left"]["session"] == told["welcomed"]["session"]
    assert not any("den" in str(record.__dict__) for record in caplog.records)


def test_who_was_never_welcomed_is_not_counted_as_having_left(serve: Serve) -> None:
    async def scene() -> None:
        async with serve() as running:
            with pytest.raises(Closed):
                await Client.join(running.port, max_message=1024, codecs=("png",))
            assert running.count("rejected_total", code="too_large") == 1
            assert running.count("connections", role="player") == 0
            assert running.count("connections_ended_total", reason="too_large") == 0

    asyncio.run(scene())
