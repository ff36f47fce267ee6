"""Unreal's bridge: its core is compiled here and plays against a real server, as the engine cannot be had."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from ctypes import c_double, c_int32, c_int64, c_uint64
from pathlib import Path
from typing import Any

import msgpack
import pytest
from websockets.sync.server import ServerConnection

from tests.engine_bridge.native import PATIENCE_SECONDS, NativeClient, load
from tests.engine_bridge.scripted import frame_message, inputs, released, scripted
from tests.engine_bridge.serving import serving
from tests.support import REPOSITORY
from worldsdk.protocol.vectors import vectors
from worldsdk.protocol.version import SUBPROTOCOL

BRIDGE = REPOSITORY / "engine_bridge" / "unreal"
CORE = BRIDGE / "WorldSDK" / "Source" / "WorldSDKCore" / "Public"
VECTORS = REPOSITORY / "protocol" / "vectors"
COMPILER = os.environ.get("CXX", "g++")
STRICT = ["-std=c++17", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fno-exceptions", "-fno-rtti"]

needs_compiler = pytest.mark.skipif(
    shutil.which(COMPILER) is None, reason=f"no C++ compiler ({COMPILER}) was found"
)


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("native")
    run("sh", BRIDGE / "native" / "build.sh", folder, "-O0")
    return load(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("served")) as (url, _process):
        yield url


# ------------------------------------------------------------------------------------- the core, compiled


@needs_compiler
def test_conformance_vectors_and_a_live_session(server: str, tmp_path: Path) -> None:
    result = json.loads(run("sh", BRIDGE / "conformance" / "run.sh", VECTORS, server, BUILD=str(tmp_path)))
    assert result["bridge"] == "unreal"
    assert result["vectors"] == {"passed": sum(len(group) for group in vectors().values()), "failed": 0}
    live = result["live"]
    assert live["ok"] and live["world"] == "grid-rooms" and live["frames"] > 80 and live["different"] > 10
    # The same program notices a vector that is wrong.
    wrong = tmp_path / "wrong"
    shutil.copytree(VECTORS, wrong)
    lines = (wrong / "valid.jsonl").read_text("utf-8").splitlines()
    changed = json.loads(lines[0])
    changed["json"]["max_message"] += 1
    refused = {**json.loads(lines[1]), "valid": False, "error": "bad_message"}
    (wrong / "valid.jsonl").write_text("\n".join(map(json.dumps, (changed, refused))) + "\n")
    done = subprocess.run([tmp_path / "conformance", wrong], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and json.loads(done.stdout)["vectors"]["failed"] == 2


@needs_compiler
def test_damaged_messages_under_sanitizers(tmp_path: Path) -> None:
    program = tmp_path / "mutate"
    sanitizers = ["-g", "-O0", "-Wconversion", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    source = BRIDGE / "conformance" / "mutate.cpp"
    run(COMPILER, *STRICT, *sanitizers, f"-I{source.parent}", f"-I{CORE}", source, "-o", program)
    result = json.loads(run(program, VECTORS, "100"))
    assert result["tried"] == 100 * sum(len(group) for group in vectors().values())
    assert result["broken"] == 0 and result["taken"] > 0


# --------------------------------------------------------------------------------------------- a session


@needs_compiler
def test_a_player_in_real_time(library: ctypes.CDLL, server: str) -> None:
    with NativeClient(library, engine="pytest") as client:
        welcome = client.open(server)
        width, height = welcome["size"]
        frame, pixels = client.latest() or pytest.fail("no frame")
        assert (frame.width, frame.height) == (width, height)
        assert len(set(pixels[3::4])) == 1 and pixels[3] == 255
        for name in (one["name"] for one in welcome["state"]):
            client.state(name)
        codes = [code for control in welcome["controls"] for code in control["keys"]]
        before, shown = pixels, 0
        client.key(codes[0], True)
        ends = time.monotonic() + PATIENCE_SECONDS
        while client.latest()[1] == before or client.measure().action_to_photon_ms == 0.0:  # type: ignore[index]
            shown += client.latest("present") is not None
            assert time.monotonic() < ends, "a held key changed nothing"
            time.sleep(0.005)
        assert shown > 0
        client.key(codes[0], False)
        quality = client.measure()
        assert quality.frames > 1 and quality.age_ms >= 0.0 and quality.action_to_photon_ms > 0.0
        client.wait("quality")
        client.command("pause")
        client.command("set_speed", c_double(2.0))
        client.command("resume")
        assert client.command("reset", c_int64(7), c_int64(0)).name == "reset"
        assert client.command("start", c_int64(3), c_int64(-1), None, c_uint64(0)).data["seed"] == 3
        assert client.call("connect", server.encode()) == 1
        assert disconnected(client).code == 1000
        assert client.wait("connected").data["session"] != welcome["session"]


@needs_compiler
def test_a_tap_shorter_than_a_frame_is_not_lost(library: ctypes.CDLL) -> None:
    taps: list[dict[str, Any]] = []
    with scripted(lambda socket: taps.extend(inputs(socket, 20))) as url, NativeClient(library) as client:
        client.open(url)
        client.key("KeyA", True)
        client.key("KeyA", False)
        client.call("press", b"forward")
        client.call("release", b"forward")
        client.call("mouse", c_double(3.0), c_double(-1.0))
        ends = time.monotonic() + PATIENCE_SECONDS
        while not (released(taps) and len(taps) > 1) and time.monotonic() < ends:
            time.sleep(0.01)
    assert any(tap.get("keys") == ["KeyA"] for tap in taps)
    assert any(tap.get("controls") == {"forward": 1.0} for tap in taps)
    assert sum(tap.get("mouse", [0, 0])[0] for tap in taps) == 3.0
    assert released(taps)


@needs_compiler
def test_a_stepper_saves_forks_and_winds_back(library: ctypes.CDLL, server: str) -> None:
    with NativeClient(library, role="stepper", mode="lockstep") as client:
        welcome = client.open(server)
        code = next(iter(welcome["controls"][0]["keys"]))
        client.key(code, True)
        client.step(5)
        saved = client.command("snapshot").data["snapshot"]
        at, _ = client.step(1)
        _, after = client.step(3)
        client.command("restore", saved, c_uint64(len(saved)))
        client.wait("frame")
        client.step(1)
        again, pixels = client.step(3)
        assert again.tick == at.tick + 3 and pixels == after
        client.command("rewind", c_int64(3))
        client.wait("frame")
        twin = client.command("fork").data
        with NativeClient(library, role="stepper", mode="lockstep", resume=twin["resume"]) as other:
            assert other.open(server)["session"] == twin["session"]
            other.key(code, True)
            assert other.step(3)[1] == after


@needs_compiler
def test_a_viewer_watches_and_may_do_no_more(library: ctypes.CDLL, server: str) -> None:
    with (
        NativeClient(library, room="seen") as player,
        NativeClient(library, role="viewer", room="seen") as viewer,
    ):
        player.open(server)
        assert viewer.open(server)["room"] == "seen"
        assert viewer.call("pause") == 0
        ends = time.monotonic() + PATIENCE_SECONDS
        while (event := viewer.event(0.2)) is None or event.kind != "failed":
            assert time.monotonic() < ends
        assert event.name == "not_allowed"


# ---------------------------------------------------------------------------------- refusals, in sentences


@needs_compiler
def test_refusals_name_the_thing_and_the_cure(library: ctypes.CDLL, server: str) -> None:
    with NativeClient(library) as client:
        assert client.call("option", b"credit", b"many") == -1 and "credit" in client.error
        assert client.call("connect", b"ftp://x") == -1 and "ws://localhost:8765" in client.error
        assert client.call("connect", b"ws://x/play?token=s3cret") == -1 and "s3cret" not in client.error
        assert client.call("connect", b"wss://localhost") == -1 and "ws://" in client.error
        welcome = client.open(server)
        assert client.call("set_control", b"fly", c_double(1.0)) == -1
        refused = failure(client)
        assert refused.name == "control_invalid" and welcome["controls"][0]["name"] in refused.text
        assert "prompt" not in welcome["capabilities"]
        assert client.call("set_prompt", b"a forest") == 0
        refused = failure(client)
        assert refused.name == "not_capable" and "prompt" in refused.text
        assert client.call("step", c_int32(1)) == 0 and failure(client).name == "not_allowed"
        asked = client.call("restore", b"nonsense", c_uint64(8))
        assert (refused := failure(client)).name == "snapshot_invalid" and refused.id == asked
    with NativeClient(library, role="viewer", room="nobody-here") as client:
        assert client.call("connect", server.encode()) == 1
        assert failure(client).name == "no_room"
        ended = disconnected(client)
        assert ended.code == 4404 and not ended.will_retry and "name" in ended.text


@needs_compiler
def test_nobody_there_is_waited_for_and_then_given_up(library: ctypes.CDLL) -> None:
    with NativeClient(library, reconnect_seconds=3) as client:
        assert client.call("connect", b"127.0.0.1:9") == 1
        first = disconnected(client)
        assert first.will_retry and "worldsdk serve" in first.text
        assert not disconnected(client).will_retry


@needs_compiler
def test_a_version_mismatch_names_both_sides(library: ctypes.CDLL) -> None:
    def newer(socket: ServerConnection) -> None:
        socket.recv()
        message = "this server speaks minor versions 4 to 5"
        error = {
            "t": "error",
            "code": "unsupported_version",
            "message": message,
            "retry": False,
            "fatal": True,
        }
        socket.send(msgpack.packb(error))
        socket.close(4426)

    with scripted(newer, greet=False) as url, NativeClient(library) as client:
        client.call("connect", url.encode())
        assert failure(client).name == "unsupported_version"
        ended = disconnected(client)
    assert "1.0" in ended.text and "4 to 5" in ended.text and "Update" in ended.text and not ended.will_retry
    with scripted(newer, subprotocol="worldsdk.v9.msgpack") as url, NativeClient(library) as client:
        client.call("connect", url.encode())
        assert SUBPROTOCOL in failure(client).text


@needs_compiler
@pytest.mark.parametrize("bytes_", [b"\xc1", b"\x81\xa1t\xa5frame", msgpack.packb({"t": "welcome"})])
def test_a_server_that_breaks_the_protocol_is_left(library: ctypes.CDLL, bytes_: bytes) -> None:
    with scripted(lambda socket: socket.send(bytes_)) as url, NativeClient(library) as client:
        client.open(url)
        assert failure(client).name == "bad_message"
        assert not disconnected(client).will_retry


@needs_compiler
def test_large_and_fragmented_messages(library: ctypes.CDLL) -> None:
    def speak(socket: ServerConnection) -> None:
        frame = msgpack.packb(
            frame_message(2, data=bytes(range(24)), layers={"depth": b"\x00\x00\xff\xff" * 4})
        )
        socket.send([frame[:7], frame[7:50], frame[50:]])
        socket.send(msgpack.packb({"t": "event", "name": "later", "data": {"blob": b"x" * 300_000}}))
        socket.send(msgpack.packb({"t": "event", "name": "too_much", "data": {"blob": b"x" * 600_000}}))
        socket.recv()

    with scripted(speak) as url, NativeClient(library, max_message=500_000) as client:
        client.open(url)
        assert len(client.wait("event", "later").data["blob"]) == 300_000
        found = client.latest()
        assert found is not None and found[0].seq == 2 and found[1][:4] == bytes([0, 1, 2, 255])
        assert client.layer("depth", 8) == [100.0, 200.0] * 4
        ended = disconnected(client)
        assert ended.code == 1009 and "max_message" in ended.text


@needs_compiler
def test_a_session_is_taken_up_again_after_a_restart(library: ctypes.CDLL, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with NativeClient(library, reconnect_seconds=120) as client:
        with serving(tmp_path, "--state", state) as (url, process):
            session = client.open(url)["session"]
            client.key("ArrowUp", True)
            client.wait("frame")
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            lost = disconnected(client)
            assert lost.will_retry
        port = re.search(r":(\d+)/", url)[1]  # type: ignore[index]
        with serving(tmp_path, "--state", state, "--port", port):
            assert client.wait("connected").data["session"] == session
            client.wait("frame")
            assert client.measure().reconnects == 1
            client.command("pause")


# --------------------------------------------------------------------------------------- the plug-in's files


def test_constants_are_those_of_the_protocol() -> None:
    ours = CORE / "WorldSDKCore" / "worldsdk_protocol.h"
    source = REPOSITORY / "protocol" / "constants" / "worldsdk_protocol.h"
    assert ours.read_text("utf-8") == source.read_text("utf-8"), f"copy {source} to {ours}"


def test_the_plugin_is_laid_out_as_unreal_expects() -> None:
    plugin = BRIDGE / "WorldSDK"
    described = json.loads((plugin / "WorldSDK.uplugin").read_text("utf-8"))
    assert described["FileVersion"] == 3
    for module in described["Modules"]:
        rules = plugin / "Source" / module["Name"] / f"{module['Name']}.Build.cs"
        assert f"class {module['Name']} : ModuleRules" in rules.read_text("utf-8")
    for header in (plugin / "Source" / "WorldSDK").rglob("*.h"):
        text = header.read_text("utf-8")
        if "UCLASS" in text or "USTRUCT" in text:
            includes = re.findall(r'#include "(.+)"', text)
            assert includes[-1] == f"{header.stem}.generated.h", (
                f"{header.name}: its generated header comes last"
            )
            assert text.count("GENERATED_BODY()") == len(re.findall(r"^U(?:CLASS|STRUCT)\(", text, re.M))
    assert "Core compiled and run here; not built inside Unreal" in (BRIDGE / "README.md").read_text("utf-8")


def test_every_code_has_a_sentence() -> None:
    from worldsdk.protocol.codes import CODES

    known = (CORE / "WorldSDKCore" / "Failures.h").read_text("utf-8")
    readme = (BRIDGE / "README.md").read_text("utf-8")
    for code, entry in CODES.items():
        if code != "unknown_type":
            assert f'{{"{code}", {entry.close or 0}, {str(entry.retry).lower()},' in known, code
            assert f"`{code}`" in readme, code


# ------------------------------------------------------------------------------------------------ helpers


def failure(client: NativeClient) -> Any:
    return _first(client, "failed")


def disconnected(client: NativeClient) -> Any:
    return _first(client, "disconnected")


def _first(client: NativeClient, kind: str) -> Any:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        event = client.event(0.2)
        if event is not None and event.kind == kind:
            return event
    pytest.fail(f"no {kind} came")
