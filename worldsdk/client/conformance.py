"""Drives any server through the transcripts and says which dialogues it holds as the specification wants."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import msgpack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

from worldsdk.client.clock import CLOCK, ClientClock
from worldsdk.errors import ProtocolError, WorldSDKError
from worldsdk.protocol.codec import parse, unpack
from worldsdk.protocol.dialogues import transcripts
from worldsdk.protocol.dialogues.parts import STEPPER, hello
from worldsdk.protocol.transcript import Memory, Step, Transcript
from worldsdk.protocol.version import SUBPROTOCOL

Status = Literal["passed", "failed", "skipped"]

OPEN_SECONDS = 10.0
"""For the handshake: a server that takes longer is not up."""

MOST_BYTES = 64 * 1024 * 1024
"""Of one message from the server under test: whatever a picture takes, and yet not this machine's memory."""

GOODBYE_SECONDS = 2.0
"""For the closing handshake of a connection that has served its purpose."""

DRAIN_SECONDS = 30.0
"""For the command that makes a server stop."""


@dataclass(frozen=True)
class Outcome:
    """How one transcript went.

    Attributes:
        step: number of the step that failed, from 1; 0 where none did.
        reason: what was found and what should have been, or why it was skipped.
    """

    name: str
    about: str
    status: Status
    seconds: float = 0.0
    step: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """All outcomes, in order."""

    url: str
    subprotocol: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        return all(one.status != "failed" for one in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}

    def to_text(self) -> str:
        """A table for people, with what went wrong under it."""
        width = max((len(one.name) for one in self.outcomes), default=0)
        lines = [
            f"{one.status:8}{one.name:{width}}  {one.seconds:6.2f} s  {one.about}" for one in self.outcomes
        ]
        for one in self.outcomes:
            if one.status != "passed":
                place = f" at step {one.step}" if one.step else ""
                lines += ["", f"{one.name}: {one.status}{place}", f"  {one.reason}"]
        counts = {
            kind: sum(one.status == kind for one in self.outcomes) for kind in ("passed", "failed", "skipped")
        }
        lines += ["", ", ".join(f"{count} {kind}" for kind, count in counts.items())]
        return "\n".join(lines)


class StepError(Exception):
    """A step did not go as its transcript says."""


async def check(
    url: str,
    *,
    token: Callable[[], str] | None = None,
    scripts: Iterable[Transcript] | None = None,
    drain_command: str | None = None,
    progress: Callable[[Outcome], None] | None = None,
    clock: ClientClock = CLOCK,
) -> Report:
    """Runs the transcripts against the server at ``url``, one after another.

    Args:
        url: ``ws://`` or ``wss://``, path included.
        token: makes one for each hello, where the server wants them; they must let in every role.
        scripts: all of this build by default.
        drain_command: shell command that has the server stop; without one, what needs it is skipped.
        progress: called with each outcome as it is known.

    Raises:
        ProtocolError: nothing that speaks the protocol is at ``url``.
    """
    able = {*await _capabilities(url, token), *(["drain"] if drain_command else [])}
    outcomes: list[Outcome] = []
    for script in transcripts() if scripts is None else scripts:
        lacking = [need for need in script.needs if need not in able]
        if lacking:
            why = "give a command that stops the server" if lacking == ["drain"] else "the server lacks it"
            outcome = Outcome(
                script.name, script.about, "skipped", reason=f"needs {', '.join(lacking)}: {why}"
            )
        else:
            outcome = await _Run(url, token, drain_command).hold(script, clock)
        outcomes.append(outcome)
        if progress is not None:
            progress(outcome)
    return Report(url, SUBPROTOCOL, tuple(outcomes))


async def _capabilities(url: str, token: Callable[[], str] | None) -> list[str]:
    try:
        socket = await _open(url, [SUBPROTOCOL])
    except (OSError, WebSocketException, TimeoutError, ValueError) as error:
        cure = "start the server, and give its ws:// address with the path"
        raise ProtocolError(
            f"cannot be reached ({type(error).__name__}: {error})", where=url, fix=cure
        ) from error
    try:
        await socket.send(msgpack.packb(Memory(token).fill(hello(**STEPPER))))
        async with asyncio.timeout(OPEN_SECONDS):
            answer: Mapping[str, Any] = {"t": "event"}
            while answer.get("t") == "event":
                answer = unpack(_binary(await socket.recv()), max_bytes=MOST_BYTES)
    except (ConnectionClosed, TimeoutError, ProtocolError) as error:
        raise ProtocolError(f"gave no welcome ({error})", where=url, fix="see SPEC.md, 'hello'") from error
    finally:
        await _goodbye(socket)
    if answer.get("t") != "welcome":
        raise ProtocolError(
            f"said {answer.get('message', answer.get('t'))!r} instead of welcome",
            where=url,
            fix="give a token that lets steppers in, or wait until there is a seat",
        )
    return [name for name in answer.get("capabilities", []) if isinstance(name, str)]


async def _open(url: str, offered: list[str]) -> ClientConnection:
    return await connect(
        url,
        subprotocols=[Subprotocol(name) for name in offered] or None,
        compression=None,
        max_size=MOST_BYTES,
        open_timeout=OPEN_SECONDS,
        close_timeout=GOODBYE_SECONDS,
        ping_interval=None,
    )


async def _goodbye(socket: ClientConnection) -> None:
    """Says bye, so that the server frees the seat at once, and closes."""
    if socket.transport.is_closing():
        return
    try:
        await socket.send(msgpack.packb({"t": "bye"}))
        async with asyncio.timeout(GOODBYE_SECONDS):
            await socket.close()
    except TimeoutError:
        socket.transport.abort()
    except ConnectionClosed:
        return


def _binary(data: str | bytes) -> bytes:
    if isinstance(data, str):
        raise ProtocolError("the server sent a text message", fix="send binary ones")
    return data


class _Run:
    """One transcript being held: its connections and what it remembers."""

    def __init__(self, url: str, token: Callable[[], str] | None, drain_command: str | None) -> None:
        self._url = url
        self._drain_command = drain_command
        self._memory = Memory(token)
        self._sockets: dict[str, ClientConnection] = {}

    async def hold(self, script: Transcript, clock: ClientClock) -> Outcome:
        begun = clock.seconds()
        done = 0
        try:
            for step in script.steps:
                await self._do(step)
                done += 1
            status: Status = "passed"
            reason = ""
        except (StepError, WorldSDKError) as error:
            status, reason = "failed", str(error)
        except ConnectionClosed as error:
            status, reason = "failed", f"the server closed the connection ({error})"
        except (OSError, WebSocketException) as error:
            status, reason = "failed", f"the connection failed ({type(error).__name__}: {error})"
        finally:
            for socket in self._sockets.values():
                await _goodbye(socket)
        failed = done + 1 if status == "failed" else 0
        return Outcome(script.name, script.about, status, clock.seconds() - begun, failed, reason)

    async def _do(self, step: Step) -> None:
        who = step.get("as", "a")
        match step["do"]:
            case "connect":
                await self._connect(who, step)
            case "send":
                await self._socket(who).send(msgpack.packb(self._memory.fill(step["message"])))
            case "send_hex":
                await self._socket(who).send(bytes.fromhex(step["hex"]))
            case "send_text":
                await self._socket(who).send(str(step["text"]))
            case "send_bytes":
                await self._send_bytes(who, self._memory.fill(step["bytes"]))
            case "expect":
                await self._expect(who, step)
            case "never":
                await self._never(who, step)
            case "expect_close":
                await self._expect_close(who, step)
            case "drop":
                self._sockets.pop(who).transport.abort()
            case "drain":
                await self._drain()
            case "repeat":
                for _ in range(step["times"]):
                    for inner in step["steps"]:
                        await self._do(inner)
            case other:
                raise StepError(f"this build cannot {other!r}")

    def _socket(self, who: str) -> ClientConnection:
        if who not in self._sockets:
            raise StepError(f"connection {who!r} is not open")
        return self._sockets[who]

    async def _connect(self, who: str, step: Step) -> None:
        offered = step.get("subprotocols", [SUBPROTOCOL])
        try:
            socket = await _open(self._url, offered)
        except (InvalidHandshake, InvalidURI) as error:
            if step.get("refused"):
                return
            raise StepError(f"the handshake was refused ({error})") from error
        except TimeoutError as error:
            raise StepError(f"the handshake took more than {OPEN_SECONDS:g} s") from error
        self._sockets[who] = socket
        if step.get("refused"):
            raise StepError(f"the handshake was accepted with subprotocols {offered}")
        if socket.subprotocol != SUBPROTOCOL:
            raise StepError(f"the server chose subprotocol {socket.subprotocol!r}, not {SUBPROTOCOL!r}")
        if socket.protocol.extensions:
            raise StepError("the server turned on an extension that was not offered")

    async def _send_bytes(self, who: str, size: int) -> None:
        frame: dict[str, Any] = {"t": "ping", "t0": 1, "padding": b""}
        # bin with a 32-bit length takes three bytes more than the empty one.
        frame["padding"] = bytes(size - len(msgpack.packb(frame)) - 3)
        try:
            await self._socket(who).send(msgpack.packb(frame))
        except ConnectionClosed:
            # The server need not read to the end what it will refuse: how it closes is another step.
            return

    async def _receive(self, who: str) -> Mapping[str, Any]:
        value = unpack(_binary(await self._socket(who).recv()), max_bytes=MOST_BYTES)
        # Everything the server says must be well formed, expected or not.
        parse(value, sender="server")
        return value

    async def _expect(self, who: str, step: Step) -> None:
        pattern, skipped = step["message"], []
        try:
            async with asyncio.timeout(step["within_ms"] / 1000.0):
                while True:
                    value = await self._receive(who)
                    if value["t"] == pattern.get("t") or value["t"] not in step.get("skip", ()):
                        break
                    skipped.append(value["t"])
        except TimeoutError:
            came = f"only {len(skipped)} other messages" if skipped else "nothing"
            wanted = pattern.get("t")
            raise StepError(f"waited {step['within_ms']} ms for {wanted!r}: {came} came") from None
        except ConnectionClosed as error:
            raise StepError(
                f"waited for {pattern.get('t')!r}: the connection was closed ({error})"
            ) from error
        differences = self._memory.differences(pattern, value, str(value["t"]))
        if differences:
            said = f" (it said: {value.get('message')})" if value["t"] == "error" else ""
            raise StepError("; ".join(differences) + said)

    async def _never(self, who: str, step: Step) -> None:
        try:
            async with asyncio.timeout(step["for_ms"] / 1000.0):
                while True:
                    value = await self._receive(who)
                    if not self._memory.differences(step["message"], value):
                        raise StepError(f"a {value['t']!r} came that should not")
        except TimeoutError:
            return

    async def _expect_close(self, who: str, step: Step) -> None:
        socket = self._socket(who)
        try:
            async with asyncio.timeout(step["within_ms"] / 1000.0):
                while True:
                    await socket.recv()
        except TimeoutError:
            raise StepError(f"the connection was still open after {step['within_ms']} ms") from None
        except ConnectionClosed:
            if socket.close_code not in step["codes"]:
                wanted = " or ".join(str(code) for code in step["codes"])
                raise StepError(
                    f"the close code is {socket.close_code} ({socket.close_reason}), not {wanted}"
                ) from None

    async def _drain(self) -> None:
        assert self._drain_command is not None  # such transcripts are skipped without one
        try:
            done = await asyncio.to_thread(
                subprocess.run,
                self._drain_command,
                shell=True,
                capture_output=True,
                timeout=DRAIN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StepError(f"the drain command took more than {DRAIN_SECONDS:g} s") from None
        if done.returncode:
            raise StepError(f"the drain command ended with {done.returncode}")
