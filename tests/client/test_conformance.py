"""The conformance runner: our own server passes, and servers that break the rules are caught in the act."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgpack
import pytest
from websockets.asyncio.server import ServerConnection as Socket
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from tests.client.served import serving_world
from worldsdk.cli.conformance import token_maker
from worldsdk.cli.main import main
from worldsdk.client.conformance import Outcome, Report, check
from worldsdk.errors import ProtocolError, TokenError
from worldsdk.protocol import samples
from worldsdk.protocol.codec import encode
from worldsdk.protocol.dialogues import transcripts
from worldsdk.protocol.dialogues.parts import hello
from worldsdk.protocol.transcript import Transcript
from worldsdk.protocol.version import SUBPROTOCOL
from worldsdk.runtime.world import World

SCRIPTS = {script.name: script for script in transcripts()}


def held(handler: Callable[[Socket], Awaitable[None]], *scripts: Transcript, **serving: Any) -> list[Outcome]:
    """How ``scripts`` go with a server that does as ``handler`` says."""

    async def run() -> Report:
        async def handle(socket: Socket) -> None:
            try:
                await handler(socket)
            except ConnectionClosed:
                return

        options = {"subprotocols": [SUBPROTOCOL], "compression": None, **serving}
        async with serve(handle, "127.0.0.1", 0, **options) as server:
            port = server.sockets[0].getsockname()[1]
            return await check(f"ws://127.0.0.1:{port}/play", scripts=scripts)

    return list(asyncio.run(run()).outcomes)


def script(*steps: dict[str, Any]) -> Transcript:
    return Transcript("mine", "A dialogue for a test.", ({"do": "connect", "as": "a"}, *steps))


def wait_for(message: dict[str, Any], *skip: str) -> dict[str, Any]:
    return {"do": "expect", "as": "a", "message": message, "skip": list(skip), "within_ms": 2000}


def welcoming(*answers: bytes | str, close: int | None = None) -> Callable[[Socket], Awaitable[None]]:
    """Welcomes, and answers everything with ``answers``."""

    async def handle(socket: Socket) -> None:
        async for data in socket:
            if msgpack.unpackb(data)["t"] == "hello":
                await socket.send(encode(samples.welcome()))
                continue
            for answer in answers:
                await socket.send(answer)
            if close is not None:
                await socket.close(close, "as the test asked")

    return handle


PING = {"do": "send", "as": "a", "message": {"t": "ping", "t0": 5}}
PONG = msgpack.packb({"t": "pong", "t0": 5, "t1": 1, "t2": 2})


def test_our_own_server_conforms(local: World) -> None:
    with serving_world(local, hello_seconds=1.0) as url:
        report = asyncio.run(check(url))
    assert report.passed, report.to_text()
    statuses = {one.name: one.status for one in report.outcomes}
    assert statuses.pop("goaway") == "skipped"
    assert set(statuses.values()) == {"passed"}
    assert set(statuses) == set(SCRIPTS) - {"goaway"}


def test_a_good_answer_passes_and_what_is_skipped_does_not_matter() -> None:
    event = msgpack.packb({"t": "event", "name": "queue"})
    (outcome,) = held(welcoming(event, event, PONG), script(PING, wait_for({"t": "pong", "t0": 5}, "event")))
    assert outcome.status == "passed"


@pytest.mark.parametrize(
    ("handler", "steps", "number", "reason"),
    [
        (welcoming(PONG), [PING, wait_for({"t": "pong", "t0": 6})], 3, "pong.t0 is 5, not 6"),
        (welcoming(), [PING, {**wait_for({"t": "pong"}), "within_ms": 50}], 3, "nothing came"),
        (welcoming(PONG), [PING, {**wait_for({"t": "frame"}, "pong"), "within_ms": 50}], 3, "1 other"),
        (welcoming(close=4400), [PING, wait_for({"t": "pong"})], 3, "4400"),
        (welcoming("pong"), [PING, wait_for({"t": "pong"})], 3, "text message"),
        (welcoming(b"\xc1"), [PING, wait_for({"t": "pong"})], 3, "msgpack"),
        (welcoming(msgpack.packb({"t": "pong"})), [PING, wait_for({"t": "pong"})], 3, "pong.t0"),
        (
            welcoming(PONG),
            [PING, {"do": "never", "as": "a", "message": {"t": "pong"}, "for_ms": 2000}],
            3,
            "should not",
        ),
        (
            welcoming(close=4400),
            [PING, {"do": "expect_close", "as": "a", "codes": [4413, 1009], "within_ms": 2000}],
            3,
            "is 4400",
        ),
        (
            welcoming(),
            [PING, {"do": "expect_close", "as": "a", "codes": [4413], "within_ms": 50}],
            3,
            "still open",
        ),
        (welcoming(), [{**PING, "as": "b"}], 2, "'b' is not open"),
        (welcoming(), [{"do": "send", "as": "a", "message": {"$var": "x"}}], 2, "nothing was kept"),
    ],
)
def test_breaches_are_named_with_their_step(
    handler: Any, steps: list[dict[str, Any]], number: int, reason: str
) -> None:
    (outcome,) = held(handler, script(*steps))
    assert (outcome.status, outcome.step) == ("failed", number)
    assert reason in outcome.reason


def test_handshakes_that_should_have_been_refused_or_were_not_as_they_should() -> None:
    (careless,) = held(welcoming(), SCRIPTS["no-subprotocol"], subprotocols=None)
    assert "was accepted" in careless.reason
    assert held(welcoming(), SCRIPTS["no-subprotocol"])[0].status == "passed"

    async def run() -> None:
        async with serve(welcoming(), "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            (outcome,) = (await check(f"ws://127.0.0.1:{port}/", scripts=[script(PING)])).outcomes
            assert "chose subprotocol None" in outcome.reason

    asyncio.run(run())


def test_capabilities_decide_what_is_skipped() -> None:
    outcomes = held(welcoming(), SCRIPTS["rewind"], SCRIPTS["goaway"])
    assert [one.status for one in outcomes] == ["skipped", "skipped"]
    assert "needs rewind: the server lacks it" in outcomes[0].reason
    assert "needs drain" in outcomes[1].reason


def test_a_repeat_runs_its_steps_again() -> None:
    repeat = {"do": "repeat", "times": 3, "steps": [PING, wait_for({"t": "pong"})]}
    assert held(welcoming(PONG), script(repeat))[0].status == "passed"


def test_nothing_there_and_no_welcome() -> None:
    with pytest.raises(ProtocolError, match="cannot be reached"):
        asyncio.run(check("ws://127.0.0.1:9/play"))
    with pytest.raises(ProtocolError, match="cannot be reached"):
        asyncio.run(check("http://localhost/"))

    async def grumpy(socket: Socket) -> None:
        await socket.recv()
        await socket.send(
            msgpack.packb(
                {"t": "error", "code": "no_capacity", "message": "full", "retry": True, "fatal": True}
            )
        )

    with pytest.raises(ProtocolError, match="'full' instead of welcome"):
        held(grumpy, script(PING))

    async def silent(socket: Socket) -> None:
        await socket.close(4503)

    with pytest.raises(ProtocolError, match="gave no welcome"):
        held(silent, script(PING))


def test_the_report_for_people_and_for_programs() -> None:
    outcomes = (
        Outcome("fine", "It works.", "passed", 0.5),
        Outcome("broken", "It does not.", "failed", 1.0, 3, "pong.t0 is 5, not 6"),
        Outcome("absent", "It is not there.", "skipped", reason="needs rewind: the server lacks it"),
    )
    report = Report("ws://localhost/play", SUBPROTOCOL, outcomes)
    text = report.to_text()
    assert "1 passed, 1 failed, 1 skipped" in text
    assert "broken: failed at step 3" in text
    assert "absent: skipped\n" in text
    assert not report.passed
    assert json.loads(json.dumps(report.to_json()))["outcomes"][1]["reason"] == "pong.t0 is 5, not 6"
    assert Report("", "", outcomes[:1]).passed


def test_command_line(url: str, capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    assert main(["conformance", url, "--only", "ping", "hello-bad", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["passed"] is True
    assert [one["name"] for one in report["outcomes"]] == ["ping", "hello-bad"]

    (tmp_path / "mine.jsonl").write_text(script(PING, wait_for({"t": "pong"})).to_lines())
    assert main(["conformance", url, "--transcripts", str(tmp_path)]) == 1
    assert "mine: failed at step 3" in capsys.readouterr().out

    assert main(["conformance", url, "--list"]) == 0
    assert capsys.readouterr().out.count("\n") == len(SCRIPTS)

    assert main(["conformance", url, "--only", "dance"]) == 2
    assert "there is no transcript dance" in capsys.readouterr().err
    (tmp_path / "mine.jsonl").write_text("{}")
    assert main(["conformance", url, "--transcripts", str(tmp_path)]) == 2
    assert "mine.jsonl" in capsys.readouterr().err
    assert main(["conformance", url, "--transcripts", str(tmp_path / "nowhere")]) == 2


def test_every_connection_has_a_token_of_its_own(tmp_path: Any) -> None:
    seen: list[str] = []

    async def strict(socket: Socket) -> None:
        seen.append(msgpack.unpackb(await socket.recv()).get("token"))
        await socket.send(encode(samples.welcome()))

    numbers = iter(range(9))
    opening = script({"do": "send", "as": "a", "message": hello()}, wait_for({"t": "welcome"}))

    async def run(token: Callable[[], str]) -> Report:
        options: dict[str, Any] = {"subprotocols": [SUBPROTOCOL], "compression": None}
        async with serve(strict, "127.0.0.1", 0, **options) as server:
            port = server.sockets[0].getsockname()[1]
            return await check(f"ws://127.0.0.1:{port}/", token=token, scripts=[opening])

    assert asyncio.run(run(lambda: f"token {next(numbers)}")).passed
    assert seen == ["token 0", "token 1"]

    count = tmp_path / "count"
    made = token_maker(None, f"echo x >> {count}; echo token-$(wc -l < {count})")
    assert made is not None
    assert [made(), made()] == ["token-1", "token-2"]
    always = token_maker("mine", None)
    assert always is not None
    assert [always(), always()] == ["mine", "mine"]
    assert token_maker(None, None) is None
    for broken in ("exit 3", "printf '\\377'"):
        failing = token_maker(None, broken)
        assert failing is not None
        with pytest.raises(TokenError, match="token command failed"):
            failing()
