"""Unity's bridge: its core is compiled with mcs, run on Mono, and plays against a real server."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, Self

import msgpack
import pytest
from websockets.sync.server import ServerConnection

from tests.engine_bridge.scripted import frame_message, inputs, released, scripted
from tests.engine_bridge.serving import serving
from tests.support import REPOSITORY
from worldsdk.protocol.codes import CODES
from worldsdk.protocol.version import SUBPROTOCOL

BRIDGE = REPOSITORY / "engine_bridge" / "unity"
PACKAGE = BRIDGE / "com.worldsdk.client"
HERE = Path(__file__).resolve().parent
COMPILE = ["mcs", "-langversion:latest", "-warn:4", "-warnaserror"]
MISSING = [program for program in ("mcs", "mono") if shutil.which(program) is None]

needs_mono = pytest.mark.skipif(bool(MISSING), reason=f"Mono was not found (no {' and no '.join(MISSING)})")


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sources(*folders: Path) -> list[Path]:
    found = [path for folder in folders for path in sorted(folder.rglob("*.cs"))]
    assert found
    return found


class MonoClient:
    """The core on Mono, told what to do line by line."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen(
            ["mono", str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.events: Queue[dict[str, Any]] = Queue()
        self.earlier: deque[dict[str, Any]] = deque()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.process.communicate("quit\n", timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.wait()

    def say(self, line: str) -> dict[str, Any]:
        """Gives an order; returns its receipt. Events that come before it wait for their turn."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        earlier = []
        ends = time.monotonic() + 90.0
        while (event := self._next())["kind"] not in ("asked", "refused"):
            earlier.append(event)
            assert time.monotonic() < ends, "no receipt came"
        self.earlier.extend(earlier)
        return event

    def _next(self) -> dict[str, Any]:
        """The next event; one of kind "nothing" where none came for a while."""
        try:
            return self.events.get(timeout=0.2)
        except Empty:
            assert self.process.poll() is None, "the program ended"
            return {"kind": "nothing"}

    def wait(self, *kinds: str, fails: bool = True, seconds: float = 90.0) -> dict[str, Any]:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            event = self.earlier.popleft() if self.earlier else self._next()
            if event["kind"] in kinds:
                return event
            over = event["kind"] == "disconnected" and not event["will_retry"]
            assert not fails or (event["kind"] not in ("failed", "refused") and not over), event
        raise AssertionError(f"none of {kinds} came")

    def open(self, url: str, options: str = "") -> dict[str, Any]:
        receipt = self.say(f"connect {url} {options}".strip())
        assert receipt["kind"] == "asked", receipt
        welcome: dict[str, Any] = self.wait("connected")["data"]
        self.wait("frame")
        return welcome

    def command(self, line: str) -> dict[str, Any]:
        asked = self.say(line)
        assert asked["id"] > 0, asked
        answer = self.wait("applied")
        assert answer["id"] == asked["id"]
        return answer

    def step(self, ticks: int) -> dict[str, Any]:
        self.say(f"step {ticks}")
        return self.wait("frame")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mono") / "play.exe"
    run(*COMPILE, f"-out:{path}", *sources(PACKAGE / "Runtime" / "Core", HERE / "unity_play"))
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("served")) as (url, _process):
        yield url


# --------------------------------------------------------------------------------------- the core on Mono


@needs_mono
def test_a_player_in_real_time(program: Path, server: str) -> None:
    with MonoClient(program) as client:
        welcome = client.open(server)
        before = client.wait("frame")["data"]["pixels"]
        client.say(f"key {welcome['key']} 1")
        ends = time.monotonic() + 90
        while client.wait("frame")["data"]["pixels"] == before:
            assert time.monotonic() < ends, "a held key changed nothing"
        client.wait("shown")
        while float(client.wait("quality")["data"]["photon"]) == 0.0:
            assert time.monotonic() < ends, "no way from hand to eye was measured"
        for line in ("pause", "speed 2.0", "resume", "reset"):
            client.command(line)
        assert client.command("start 3")["data"]["seed"] == "3"


@needs_mono
def test_a_stepper_saves_forks_and_winds_back(program: Path, server: str) -> None:
    with MonoClient(program) as client:
        welcome = client.open(server, "role=stepper mode=lockstep")
        client.say(f"key {welcome['key']} 1")
        client.step(5)
        client.command("snapshot")
        at = client.step(1)["tick"]
        after = client.step(3)["data"]["pixels"]
        client.command("restore")
        client.wait("frame")
        client.step(1)
        again = client.step(3)
        assert again["tick"] == at + 3 and again["data"]["pixels"] == after
        client.command("rewind 3")
        client.wait("frame")
        twin = client.command("fork")["data"]
        with MonoClient(program) as other:
            options = f"role=stepper mode=lockstep resume={twin['resume']}"
            assert other.open(server, options)["session"] == twin["session"]
            other.say(f"key {welcome['key']} 1")
            assert other.step(3)["data"]["pixels"] == after


@needs_mono
def test_refusals_name_the_thing_and_the_cure(program: Path, server: str) -> None:
    with MonoClient(program) as client:
        assert "ws://localhost:8765" in client.say("connect ftp://x")["text"]
        assert "s3cret" not in client.say("connect ws://x/play?token=s3cret")["text"]
        assert "lockstep" in client.say("connect localhost role=stepper")["text"]
        assert client.say("pause")["id"] == 0
        assert client.wait("failed")["name"] == "not_connected"
        welcome = client.open(server)
        client.say("control fly 1")
        refused = client.wait("failed")
        assert refused["name"] == "control_invalid" and welcome["control"] in refused["text"]
        client.say("prompt forest")
        assert client.wait("failed")["name"] == "not_capable"
        client.say("step 1")
        assert client.wait("failed")["name"] == "not_allowed"
        asked = client.say("restore_nonsense")["id"]
        refused = client.wait("failed")
        assert refused["name"] == "snapshot_invalid" and refused["id"] == asked
        client.say(f"connect {server} role=viewer room=nobody-here")
        assert client.wait("failed", fails=False)["name"] == "no_room"
        ended = client.wait("disconnected", fails=False)
        assert ended["code"] == 4404 and not ended["will_retry"]


@needs_mono
def test_nobody_there_is_waited_for_and_then_given_up(program: Path) -> None:
    with MonoClient(program) as client:
        client.say("connect 127.0.0.1:9 reconnect_seconds=4")
        first = client.wait("disconnected")
        assert first["will_retry"] and "worldsdk serve" in first["text"]
        assert not client.wait("disconnected")["will_retry"]


@needs_mono
def test_a_version_mismatch_names_both_sides(program: Path) -> None:
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

    with scripted(newer, greet=False) as url, MonoClient(program) as client:
        client.say(f"connect {url}")
        assert client.wait("failed")["name"] == "unsupported_version"
        ended = client.wait("disconnected")
    assert "1.0" in ended["text"] and "4 to 5" in ended["text"] and not ended["will_retry"]
    with scripted(newer, subprotocol="worldsdk.v9.msgpack") as url, MonoClient(program) as client:
        client.say(f"connect {url} reconnect_seconds=0")
        assert SUBPROTOCOL in client.wait("failed")["text"] + client.wait("disconnected", fails=False)["text"]


@needs_mono
def test_taps_large_messages_and_a_server_that_breaks_the_protocol(program: Path) -> None:
    taps: list[dict[str, Any]] = []

    def speak(socket: ServerConnection) -> None:
        for tap in inputs(socket, 20):
            taps.append(tap)
            if len(taps) > 1 and released(taps):
                break
        frame = msgpack.packb(frame_message(2, data=bytes(range(24))))
        socket.send([frame[:7], frame[7:50], frame[50:]])
        socket.send(msgpack.packb({"t": "event", "name": "later", "data": {"blob": b"x" * 300_000}}))
        socket.send(b"\xc1")
        socket.recv()

    with scripted(speak) as url, MonoClient(program) as client:
        client.open(url)
        client.say("tap KeyA forward")
        # The bottom row comes first: engines count rows from below.
        assert client.wait("frame")["data"]["first"] == "12,13,14,255"
        assert client.wait("event")["data"]["blob"] == "300000"
        assert client.wait("failed")["name"] == "bad_message"
        assert not client.wait("disconnected")["will_retry"]
    assert any(tap.get("keys") == ["KeyA"] for tap in taps)
    assert any(tap.get("controls") == {"forward": 1.0} for tap in taps)
    assert sum(tap.get("mouse", [0, 0])[0] for tap in taps) == 3.0 and released(taps)


@needs_mono
def test_a_session_is_taken_up_again_after_a_restart(program: Path, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with MonoClient(program) as client:
        with serving(tmp_path, "--state", state) as (url, process):
            session = client.open(url, "reconnect_seconds=120")["session"]
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            assert client.wait("disconnected")["will_retry"]
        found = re.search(r":(\d+)/", url)
        assert found is not None
        with serving(tmp_path, "--state", state, "--port", found[1]):
            assert client.wait("connected", seconds=120)["data"]["session"] == session
            client.wait("frame")
            client.command("pause")


# --------------------------------------------------------------------------------------------- the package


@needs_mono
@pytest.mark.parametrize(
    "defines", ["OLD_INPUT", "WORLDSDK_INPUT_SYSTEM;ENABLE_INPUT_SYSTEM;WORLDSDK_CHECK_WEBGL"]
)
def test_the_glue_agrees_with_the_core_and_the_stubs(defines: str, tmp_path: Path) -> None:
    run(
        *COMPILE,
        "-target:library",
        f"-d:{defines}",
        f"-out:{tmp_path / 'glue.dll'}",
        *sources(PACKAGE, HERE / "unity_stubs"),
    )


def test_the_core_knows_neither_engine_nor_reflection() -> None:
    described = json.loads((PACKAGE / "Runtime" / "Core" / "WorldSDK.Core.asmdef").read_text("utf-8"))
    assert described["noEngineReferences"] is True
    for path in sources(PACKAGE / "Runtime"):
        text = path.read_text("utf-8")
        assert "System.Reflection" not in text and "dynamic " not in text and "Activator." not in text, (
            path.name
        )
        assert path.parent.name != "Core" or "UnityEngine" not in text, path.name


def test_every_file_has_a_meta_with_a_guid_of_its_own() -> None:
    guids: dict[str, Path] = {}
    for path in sorted(PACKAGE.rglob("*")):
        parts = path.relative_to(PACKAGE).parts
        if any(part.endswith("~") for part in parts):
            assert path.suffix != ".meta", f"{path}: Unity does not look here"
        elif path.suffix == ".meta":
            assert path.with_suffix("").exists(), f"{path.name} is of a file that is not there"
            found = re.search(r"^guid: ([0-9a-f]{32})$", path.read_text("utf-8"), re.M)
            assert found is not None, f"{path.name} has no GUID"
            assert found[1] not in guids, f"{path.name} has the GUID of {guids[found[1]].name}"
            guids[found[1]] = path
        else:
            assert path.with_name(f"{path.name}.meta").exists(), f"{path} has no .meta: run make_meta.py"
    assert len(guids) > 40
    described = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    assert described["name"] == PACKAGE.name
    assert all((PACKAGE / sample["path"]).is_dir() for sample in described["samples"])
    assert not list(PACKAGE.rglob("*.dll"))


def test_constants_are_those_of_the_protocol() -> None:
    ours = PACKAGE / "Runtime" / "Core" / "WorldsdkProtocol.cs"
    source = REPOSITORY / "protocol" / "constants" / "WorldsdkProtocol.cs"
    assert ours.read_text("utf-8") == source.read_text("utf-8"), f"copy {source} to {ours}"


def test_every_code_has_a_sentence() -> None:
    known = (PACKAGE / "Runtime" / "Core" / "Failure.cs").read_text("utf-8")
    readme = (BRIDGE / "README.md").read_text("utf-8")
    proof = "Core compiled and run on Mono; glue type-checked against stubs; not run inside Unity"
    assert proof in " ".join(readme.split())
    for code, entry in CODES.items():
        if code != "unknown_type":
            assert f'("{code}", {entry.close or 0}, {str(entry.retry).lower()},' in known, code
            assert f"`{code}`" in readme, code


@pytest.mark.skipif(shutil.which("node") is None, reason="node was not found")
def test_the_webgl_script_with_a_stand_in_for_the_browser(tmp_path: Path) -> None:
    script = tmp_path / "try.js"
    script.write_text(
        """
        const fs = require("fs"), assert = require("assert");
        global.HEAPU8 = new Uint8Array(4096);
        global.LibraryManager = { library: {} };
        global.autoAddDeps = () => {};
        global.mergeInto = (to, from) => Object.assign(to, from);
        global.UTF8ToString = (at) => Buffer.from(HEAPU8.slice(at, HEAPU8.indexOf(0, at))).toString();
        class Socket {
          constructor(url, subprotocol) {
            Object.assign(this, { url, subprotocol, sent: [], readyState: 1 });
            Socket.last = this;
          }
          send(bytes) { this.sent.push(Buffer.from(bytes)); }
          close(code) { this.closed = code; this.readyState = 2; }
        }
        global.WebSocket = Socket;
        (0, eval)(fs.readFileSync(process.argv[2], "utf8"));
        const { library } = LibraryManager;
        global.WorldSDKState = library.$WorldSDKState;
        HEAPU8.set(Buffer.from("ws://h/play\\0"), 100);
        HEAPU8.set(Buffer.from("worldsdk.v1.msgpack\\0"), 200);
        const id = library.WorldSDK_Open(100, 200, 1000);
        assert.strictEqual(Socket.last.url, "ws://h/play");
        assert.strictEqual(Socket.last.subprotocol, "worldsdk.v1.msgpack");
        assert.strictEqual(library.WorldSDK_Next(id), 0);
        const take = (kind) => {
          assert.strictEqual(library.WorldSDK_Next(id), kind);
          const [size, code] = [library.WorldSDK_Size(id), library.WorldSDK_Code(id)];
          library.WorldSDK_Take(id, 1000, size);
          return [Buffer.from(HEAPU8.slice(1000, 1000 + size)).toString(), code];
        };
        Socket.last.onopen();
        take(1);
        HEAPU8.set([7, 8, 9], 500);
        library.WorldSDK_Send(id, 500, 3);
        HEAPU8.fill(0, 500, 503);
        assert.deepStrictEqual([...Socket.last.sent[0]], [7, 8, 9]);
        Socket.last.onmessage({ data: new Uint8Array([104, 105]).buffer });
        Socket.last.onclose({ code: 4404, reason: "no such room" });
        assert.deepStrictEqual(take(2), ["hi", 0]);
        assert.deepStrictEqual(take(3), ["no such room", 4404]);
        assert.strictEqual(library.WorldSDK_Next(id), 0);
        library.WorldSDK_Close(id, 1000);
        const other = library.WorldSDK_Open(100, 200, 1000);
        Socket.last.onmessage({ data: new ArrayBuffer(1001) });
        assert.deepStrictEqual([library.WorldSDK_Next(other), library.WorldSDK_Code(other)], [3, 1009]);
        console.log("played");
        """
    )
    assert run("node", script, PACKAGE / "Runtime" / "Plugins" / "WebGL" / "WorldSDK.jslib") == "played\n"
