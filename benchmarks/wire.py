"""What the wire costs: a served world against a bare WebSocket echo of the same bytes, in the same run.

A server process holds the world, and another an echo server, which answers a message of an input's size with
one of a frame's size: both ends of the echo are the asynchronous ones of the websockets library, as a program
that only echoes would be written. Measured on loopback, blocks of steps of the blocking client,
``worldsdk.connect``, in turn with blocks of trips of the echo:

* ``cost``: the world itself. ``wire_ms`` is the time from calling ``step`` to the frame in hand, less the
  model's own time.
* ``cost_undigested``: the same for a client that wants no digests of frames (``set_quality(hash=False)``): a
  digest takes the hash of all layers, so those that nobody asked for are worked out for it.
* ``lockstep``: a model that does nothing; ``rate_ratio`` is steps per second against echoes per second.
* ``lockstep_wire``: a world that hands back one frame, so without the runtime around the model.
* ``viewers``: what 100 viewers, in a process of their own, cost the player of a real-time world: from an
  input to its frame, less the wait for the tick.

    python benchmarks/wire.py doom-field --trips 1000 --viewers 100

prints JSON with the machine it ran on.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

import worldsdk
from worldsdk.cli.serve import SWITCH_SECONDS
from worldsdk.client.frames import RemoteFrame
from worldsdk.frame import Frame
from worldsdk.models.interface import Condition, Context, ModelSpec, Output, State, WorldModel
from worldsdk.protocol.codec import decode, encode
from worldsdk.protocol.messages import Ack, FrameMessage, Hello, Input, Welcome
from worldsdk.protocol.version import SUBPROTOCOL
from worldsdk.runtime.machine import describe
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World, load
from worldsdk.server.app import serving
from worldsdk.server.options import ServeOptions

CREDIT = 2
"""Frames in flight in real time, as clients ask for."""

WARM_UP = 50
"""Trips that are not counted."""

BLOCK = 100
"""Round trips of one kind before the other kind has its turn: so few that both meet the same machine."""

VIEWER_SECONDS = 8.0
"""Of each of the two real-time measurements."""


AGAINST_ECHO = {"cost": "real", "cost_undigested": "real", "lockstep": "idle", "lockstep_wire": "still"}
"""Figures that stand beside the echo -> the world that they are measured with."""

FIGURES = (*AGAINST_ECHO, "viewers")


class Nothing(WorldModel):
    """A model that draws the same picture at every tick, in the size of another world."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = ModelSpec(
            height=spec.height, width=spec.width, controls=spec.controls, history=1, noise_shape=(1,)
        )
        self._picture = torch.zeros(1, spec.height, spec.width, 3, dtype=torch.uint8)
        self._zero = torch.zeros(1)
        self.nothing = torch.nn.Parameter(torch.zeros(1), requires_grad=False)

    def start(self, context: Context) -> State:
        return {"nothing": self._zero[None]}

    def condition(self, state: State, controls: Tensor) -> Condition:
        return {}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        return noise

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        output = Output(self._picture, {}, torch.zeros(1, 0), self._zero, self._zero)
        return state, output

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        return self.commit(state, {}, self._zero)


def idle_world(real: World, kind: type[World] = World) -> World:
    """A world of the same size whose model does nothing."""
    spec = real.spec
    starts = Context(
        torch.zeros(1, 1, spec.height, spec.width, 3, dtype=torch.uint8),
        torch.zeros(1, 1, spec.controls),
        torch.zeros(1, 1, 0),
    )
    return kind(real.manifest, Nothing(spec), starts, steps=1, rewind_ticks=0)


class StillWorld(World):
    """A world that costs nothing at all: every step hands back the frame that is there."""

    def step_many(
        self, sessions: Sequence[Session], controls: Sequence[Mapping[str, float] | None]
    ) -> list[Frame]:
        return [session.frame for session in sessions]


async def echo_all() -> None:
    """The echo's process: prints its address, ends with stdin."""

    async def echo(socket: ServerConnection) -> None:
        size = int(await socket.recv())
        answer = bytes(size)
        async for _ in socket:
            await socket.send(answer)

    async with serve(echo, "127.0.0.1", 0, compression=None) as bare:
        port = next(iter(bare.sockets)).getsockname()[1]
        print(json.dumps({"echo": f"ws://127.0.0.1:{port}"}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def serve_all(name: str) -> None:
    """The server process: the world and the idle ones; prints their addresses, ends with stdin."""
    real = load(name)
    options = ServeOptions(port=0, max_sessions=8)
    async with (
        serving(real, options) as one,
        serving(idle_world(real), options) as idle,
        serving(idle_world(real, StillWorld), options) as still,
    ):
        urls = {"real": one.url, "idle": idle.url, "still": still.url}
        # As ``worldsdk serve`` does.
        gc.collect()
        gc.freeze()
        sys.setswitchinterval(SWITCH_SECONDS)
        print(json.dumps(urls), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def watch(url: str, room: str, count: int) -> None:
    """The viewers' process: so many of them, each reading and acknowledging every frame."""

    async def one() -> None:
        # As pages take large frames; encoded once for all of them.
        socket, _ = await enter(url, role="viewer", mode="realtime", room=room, codecs=("jpeg",))
        while True:
            message = decode(await read(socket), sender="server")
            if isinstance(message, FrameMessage):
                await socket.send(encode(Ack(seq=message.seq)))

    tasks = [asyncio.create_task(one()) for _ in range(count)]
    await asyncio.sleep(1.0)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()


async def enter(
    url: str, *, role: Any, mode: Any, room: str | None = None, codecs: tuple[Any, ...] = ("raw_rgb",)
) -> tuple[ClientConnection, Welcome]:
    """A welcomed connection."""
    socket = await connect(url, subprotocols=[SUBPROTOCOL], compression=None, max_size=None)  # type: ignore[list-item]
    hello = Hello(
        v=(0, 0), role=role, mode=mode, codecs=codecs, max_message=1 << 24, credit=CREDIT, room=room
    )
    await socket.send(encode(hello))
    message = decode(await read(socket), sender="server")
    if not isinstance(message, Welcome):
        raise RuntimeError(f"not welcome: {message}")
    return socket, message


async def read(socket: ClientConnection) -> bytes:
    data = await socket.recv()
    assert isinstance(data, bytes)
    return data


async def next_frame(socket: ClientConnection) -> tuple[FrameMessage, int]:
    """The next frame and the size of its message."""
    while True:
        data = await read(socket)
        message = decode(data, sender="server")
        if isinstance(message, FrameMessage):
            return message, len(data)


class Bare:
    """An asynchronous client of the echo, for blocks of trips between the real ones."""

    def __init__(self, url: str, size: int) -> None:
        self._runner = asyncio.Runner()
        self._socket = self._runner.run(self._open(url, size))
        self._message = encode(Input(seq=10_000, ts=time.perf_counter_ns() // 1000))

    async def _open(self, url: str, size: int) -> ClientConnection:
        socket = await connect(url, compression=None, max_size=None)
        await socket.send(str(size))
        return socket

    def trips(self, count: int) -> list[float]:
        """Milliseconds of each of so many round trips."""
        return self._runner.run(self._trips(count))

    async def _trips(self, count: int) -> list[float]:
        times = []
        for _ in range(count):
            begun = time.perf_counter()
            await self._socket.send(self._message)
            await self._socket.recv()
            times.append((time.perf_counter() - begun) * 1000.0)
        return times

    def close(self) -> None:
        self._runner.run(self._socket.close())
        self._runner.close()


def measure_against_echo(url: str, echo_url: str, trips: int, *, digests: bool = True) -> dict[str, Any]:
    """Blocks of steps of the blocking client in turn with blocks of bare trips."""
    bare_ms, wire_ms, step_ms, ratios = [], [], [], []
    with worldsdk.connect(url) as world:
        session = world.session()
        if not digests:
            session.set_quality(hash=False)
        for _ in range(WARM_UP):
            frame = session.step()
        size = len(encode(message_like(frame)))
        bare = Bare(echo_url, size)
        bare.trips(WARM_UP)
        for _ in range(max(1, trips // BLOCK)):
            times = []
            for _ in range(BLOCK):
                begun = time.perf_counter()
                frame = session.step()
                times.append((time.perf_counter() - begun) * 1000.0)
                wire_ms.append(times[-1] - frame.timing.total_ms)
            bares = bare.trips(BLOCK)
            ratios.append(sum(bares) / sum(times))
            step_ms += times
            bare_ms += bares
        bare.close()
    wire, echo = percentiles(wire_ms), percentiles(bare_ms)
    return {
        "frame_bytes": size,
        "wire_ms": wire,
        "echo_ms": echo,
        "p50_ratio": wire["p50"] / echo["p50"],
        "p99_ratio": wire["p99"] / echo["p99"],
        "steps_per_second": 1000.0 / float(np.mean(step_ms)),
        "echoes_per_second": 1000.0 / float(np.mean(bare_ms)),
        "rate_ratio": float(np.median(ratios)),
    }


def message_like(frame: RemoteFrame) -> FrameMessage:
    """A message of the size that ``frame`` came in."""
    timing = frame.timing
    return FrameMessage(
        seq=frame.wire.seq,
        tick=frame.tick,
        pts=frame.wire.pts,
        applied=frame.wire.applied,
        ts=frame.wire.ts,
        key=frame.wire.key,
        codec=frame.wire.codec,
        data=frame.pixels.tobytes(),
        state=frame.state,
        reward=frame.reward,
        ended=frame.ended,
        steps=timing.steps_used,
        met=timing.deadline_met,
        stages=timing.stages,
        total_ms=timing.total_ms,
        queue_ms=frame.wire.queue_ms,
        encode_ms=frame.wire.encode_ms,
        replaced=0,
        hash=frame.wire.digest,
    )


async def measure_viewers(urls: Mapping[str, str], viewers: int) -> dict[str, Any]:
    socket, welcome = await enter(urls["real"], role="player", mode="realtime")
    alone = await play(socket, VIEWER_SECONDS)
    command = [sys.executable, __file__, "-", "--watch", urls["real"], welcome.room, str(viewers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        assert crowd.stdout is not None and crowd.stdin is not None
        waiting = asyncio.get_running_loop().run_in_executor(None, crowd.stdout.readline)
        # The player goes on meanwhile: a client that stops reading would not be what is measured.
        while not waiting.done():
            await play(socket, 0.5)
        watched = await play(socket, VIEWER_SECONDS)
        crowd.stdin.close()
    await socket.close()
    grown = watched["input_to_frame_ms"]["p99"] / alone["input_to_frame_ms"]["p99"] - 1.0
    return {"viewers": viewers, "alone": alone, "watched": watched, "p99_growth": grown}


async def play(socket: ClientConnection, seconds: float) -> dict[str, Any]:
    """Answers every frame with a new input for so long; the time from an input to its frame."""
    sent: dict[int, float] = {}
    times, missed, frames, replaced = [], 0, 0, 0
    until = time.perf_counter() + seconds
    seq = time.perf_counter_ns() // 1000
    while time.perf_counter() < until:
        frame, _ = await next_frame(socket)
        now = time.perf_counter()
        frames += 1
        missed += not frame.met
        replaced += frame.replaced
        begun = sent.pop(frame.applied, None)
        if begun is not None:
            times.append((now - begun) * 1000.0 - frame.queue_ms)
        await socket.send(encode(Ack(seq=frame.seq)))
        seq += 1
        sent[seq] = time.perf_counter()
        await socket.send(encode(Input(seq=seq, ts=int(sent[seq] * 1e6))))
    return {
        "frames": frames,
        "missed": missed,
        "replaced": replaced,
        "input_to_frame_ms": percentiles(times) if times else None,
    }


def percentiles(values: list[float]) -> dict[str, float]:
    p50, p95, p99 = (float(np.percentile(values, percent, method="inverted_cdf")) for percent in (50, 95, 99))
    return {"p50": p50, "p95": p95, "p99": p99, "max": max(values)}


def measure(name: str, trips: int, viewers: int, figures: Sequence[str]) -> dict[str, Any]:
    with helper("--serve", name) as served, helper("--echo", name) as echoed:
        urls = served | echoed
        report = {
            figure: measure_against_echo(
                urls[AGAINST_ECHO[figure]], urls["echo"], trips, digests=figure != "cost_undigested"
            )
            for figure in figures
            if figure in AGAINST_ECHO
        }
        if viewers and "viewers" in figures:
            report["viewers"] = asyncio.run(measure_viewers(urls, viewers))
        return report


@contextmanager
def helper(role: str, name: str) -> Iterator[dict[str, str]]:
    """Another process of this program; the addresses that it says it listens on."""
    command = [sys.executable, __file__, name, role]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--trips", type=int, default=1000, help="round trips of each kind")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--only", choices=FIGURES, help="one figure (default: all)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--watch", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.serve:
        asyncio.run(serve_all(args.world))
        return 0
    if args.echo:
        asyncio.run(echo_all())
        return 0
    if args.watch:
        asyncio.run(watch(args.watch[0], args.watch[1], int(args.watch[2])))
        return 0
    report = measure(args.world, args.trips, args.viewers, [args.only] if args.only else FIGURES)
    machine = describe(torch.device("cpu")) | {"usable_cpus": len(os.sched_getaffinity(0))}
    json.dump({"world": args.world, "trips": args.trips, "machine": machine, **report}, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
