"""The Godot bridge in real Godot, without a window: play, reconnection, refusals, the editor.

Its golden vectors are for test_conformance."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

import worldsdk
from tests.engine_bridge.godot_engine import PROJECT, Godot
from tests.engine_bridge.serving import serving
from tests.support import REPOSITORY
from worldsdk.protocol.codec import encode
from worldsdk.protocol.messages import ErrorMessage
from worldsdk.protocol.version import SUBPROTOCOL

ADDON = PROJECT / "addons" / "worldsdk"
STEPS: list[dict[str, float]] = [{"forward": 1.0}, {"right": 1.0}, {"forward": 1.0}, {"left": 1.0}] * 2


@pytest.fixture(scope="module")
def godot(tmp_path_factory: pytest.TempPathFactory) -> Godot:
    return Godot.of_a_copy(tmp_path_factory)


@pytest.fixture(scope="module")
def server(godot: Godot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server; started only where there is an engine to play there."""
    with serving(tmp_path_factory.mktemp("served")) as (url, _):
        yield url


def test_its_constants_are_those_of_the_protocol() -> None:
    """The protocol's own may have come to know more since: additions change nothing for what is here."""
    line = re.compile(r"^class (\w+):|^\tconst (\w+) := (.+)$", re.MULTILINE)

    def constants(path: Path) -> dict[str, str]:
        found, group = {}, ""
        for name, constant, value in line.findall(path.read_text("utf-8")):
            group = name or group
            if constant:
                found[f"{group}.{constant}"] = value
        return found

    ours = constants(ADDON / "protocol" / "worldsdk_protocol.gd")
    assert len(ours) > 80
    assert ours.items() <= constants(REPOSITORY / "protocol" / "constants" / "worldsdk_protocol.gd").items()


def test_every_resource_has_what_the_editor_keeps_beside_it() -> None:
    for script in [*PROJECT.rglob("*.gd"), *PROJECT.rglob("*.gdshader")]:
        if ".godot" not in script.parts:
            assert script.with_name(script.name + ".uid").is_file(), (
                f"{script} has no .uid: open the editor once"
            )
    for icon in ADDON.rglob("*.svg"):
        assert icon.with_name(icon.name + ".import").is_file(), f"{icon} has no .import: open the editor once"


def test_every_script_is_accepted_by_the_engine(godot: Godot) -> None:
    """Untyped declarations are errors (project.godot), so that one fails here too."""
    scripts = sorted(
        path.relative_to(PROJECT) for path in PROJECT.rglob("*.gd") if ".godot" not in path.parts
    )
    assert len(scripts) > 30
    report = godot.result("tests/compile.gd", "--scripts", ",".join(map(str, scripts)))
    assert report == {"compiled": len(scripts), "broken": []}


def test_bindings_schedule_poses_and_addresses(godot: Godot) -> None:
    report = godot.result("tests/units.gd")
    assert report["broken"] == []
    assert report["held"] > 30


def test_the_same_steps_give_the_pictures_that_python_gets(godot: Godot, server: str) -> None:
    report = godot.result("tests/lockstep.gd", "--url", server, "--seed", "3", "--steps", json.dumps(STEPS))
    with worldsdk.connect(server) as world:
        session = world.session(seed=3)
        frames = [session.frame, *(session.step(controls) for controls in STEPS)]
    assert report["began"] is True
    assert report["pixels"] == [hashlib.sha256(frame.pixels.tobytes()).hexdigest() for frame in frames]
    assert report["digests"] == [frame.digest() for frame in frames]
    assert report["states"] == [pytest.approx(dict(frame.state)) for frame in frames]
    assert len(set(report["pixels"])) > 4
    for claim in ("rewound", "restored", "repeats", "forked", "forked_session"):
        assert report[claim] is True, report


def test_keys_move_the_world_in_real_time(godot: Godot, server: str) -> None:
    report = godot.result("tests/realtime.gd", "--url", server, "--control", "2")
    assert report["control"] == "forward"
    assert report["rising"] is True
    assert report["frames"] > 4
    assert report["size"] == [64, 64]
    assert report["resting"] == 0
    assert report["before"]["agent_x"] < report["after"]["agent_x"]
    assert report["tapped"] is True
    assert report["stray"] is False
    assert report["photon_ms"] > 0.0
    assert report["replies"]["anchor"] == report["replies"]["prompt"] == "not_capable"
    assert ["disconnected", 1000, "enough", False] in report["heard"]
    said = [(one[1], one[2]) for one in report["heard"] if one[0] == "failed"]
    assert any(code == "not_capable" and "cannot anchor" in text for code, text in said)
    assert any(code == "control_invalid" and "no such control" in text for code, text in said)


def test_a_killed_server_is_found_again_where_it_was(godot: Godot, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    options = (tmp_path, "--state", tmp_path / "state", "--save-seconds", "0.5")
    report: dict[str, Any] = {}
    with serving(*options) as (url, process):
        port = url.rpartition(":")[2].partition("/")[0]
        player = threading.Thread(
            target=lambda: report.update(
                godot.result("tests/outage.gd", "--url", url, "--flag", flag, clean=False)
            )
        )
        player.start()
        ends = time.monotonic() + 60
        while not flag.exists() and time.monotonic() < ends:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with serving(*options, "--port", port):
            player.join(200)
    assert report["same"] is True, report
    # The state is saved now and then: on a busy machine the last ticks may not have been.
    assert report["before"] == 4
    assert 0 <= report["resumed"] <= 4
    assert report["after"] == report["resumed"] + 1
    assert report["reconnects"] == 1
    lost = [one for one in report["heard"] if one[0] == "disconnected"]
    assert lost and all(one[3] for one in lost)


@contextmanager
def refusing() -> Iterator[dict[str, str]]:
    """Servers that will not have the client, by what is wrong with them."""
    addresses: dict[str, str] = {}
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def newer(connection: ServerConnection) -> None:
        await connection.recv()
        said = "this server speaks protocol 1.7 to 1.9, you 1.0 to 1.0"
        await connection.send(
            encode(ErrorMessage(code="unsupported_version", message=said, retry=False, fatal=True))
        )
        await connection.close(4426, f"unsupported_version: {said}")

    async def silent(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(b"\x93nonsense")
        await connection.wait_closed()

    async def main() -> None:
        common: dict[str, Any] = {"compression": None}
        async with (
            serve(newer, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)], **common) as one,
            serve(silent, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)], **common) as two,
            serve(silent, "127.0.0.1", 0, **common) as three,
        ):
            for name, server in (("newer", one), ("nonsense", two), ("other", three)):
                addresses[name] = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    ready.wait(10)
    try:
        yield addresses
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()


def test_refusals_say_what_is_wrong_and_what_to_do(godot: Godot) -> None:
    with refusing() as at:
        urls = [
            at["newer"],
            at["nonsense"],
            at["other"],
            "ws://127.0.0.1:9",
            "http://u:secret@host",
            "ftp://host",
        ]
        told = godot.result("tests/refusals.gd", "--urls", ",".join(urls), clean=False)["told"]
    first = [next(one for one in heard if one[0] == "failed") for heard in told]
    assert first[0][1] == "unsupported_version"
    assert "1.7 to 1.9" in first[0][2] and "This add-on speaks protocol 1.0" in first[0][2]
    assert "Update the older" in first[0][2]
    assert ["disconnected", 4426, False] in told[0]
    assert first[1][1] == "bad_message" and "broke the protocol" in first[1][2]
    assert first[2][1] in ("unsupported_version", "connection_failed")
    assert first[3][1] == "connection_failed" and "worldsdk serve" in first[3][2]
    assert first[4][1] == "connection_failed" and "secret" in first[4][2] and "u:secret" not in first[4][2]
    assert first[5][1] == "connection_failed" and "no address" in first[5][2]


def test_the_editor_takes_the_plugin_and_lets_it_go(godot: Godot) -> None:
    done = godot.call("--headless", "--editor", "--verbose", "--quit-after", "8")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "worldsdk: the add-on is on" in done.stdout
    assert "worldsdk: the add-on is off" in done.stdout
    assert "SCRIPT ERROR" not in done.stdout
