"""Whether a served world keeps its time and its size for an hour: one server, one player in real time.

The server is ``worldsdk serve`` in a process of its own; the player holds one control after the other and
takes every frame. Prints JSON with the machine it ran on::

    python benchmarks/soak_wire.py doom-field --minutes 60

* ``heartbeats``: ticks that the wall clock asked for, frames that came, and ``missed``: ticks that the server
  passed over. Its clock sets no tick later to make up for one, so a missed one stays missed.
* ``drift``: the server's tick times against this process's wall clock, in parts per million, and how far the
  ticks were from an even grid. Both processes read the same clock: what drifts is the server's.
* ``memory``: of both processes, in the first and the last of the equal parts that the run is cut into.

A world is served faster or slower than its own rate by the command ``speed``, within 0.1 to 4 times.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from worldsdk.client.sync import connect
from worldsdk.runtime.machine import describe, resident_mb

PARTS = 10
"""Equal parts of the run whose memory and pace are told."""

WARM_UP_SECONDS = 10.0
"""Left out of all figures: pages are touched for the first time, and the rewind memory begins to fill."""

HOLD_TICKS = 20
"""How long the player holds one control."""


def served(world: str) -> tuple[subprocess.Popen[str], str]:
    """``worldsdk serve`` on a free port, and its address."""
    command = [
        sys.executable,
        "-m",
        "worldsdk.cli.main",
        "serve",
        world,
        "--port",
        "0",
        "--idle-seconds",
        "0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"ws://\S+", process.stdout.readline())
    if found is None:
        raise SystemExit("the server did not start")
    return process, found[0]


def memory_mb(pid: int) -> float:
    """Resident memory of another process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024.0


def main(argv: list[str] | None = None) -> int:
    """Plays and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, help="ticks a second (default: the world's own)")
    args = parser.parse_args(argv)
    process, url = served(args.world)
    try:
        report = soak(process.pid, url, args.rate, 60.0 * args.minutes)
    finally:
        process.terminate()
        process.wait()
    json.dump({"world": args.world, "machine": describe(torch.device("cpu")), **report}, sys.stdout, indent=1)
    print()
    return 0


def soak(pid: int, url: str, rate: float | None, seconds: float) -> dict[str, Any]:
    """Plays for so long and tells what became of it."""
    with connect(url, mode="realtime") as world, world.session(seed=7).realtime() as live:
        controls = list(world.controls)
        rate = rate or world.rate_hz
        live.session.set_speed(rate / world.rate_hz)
        began = time.monotonic()
        last_tick = replaced = late = 0
        points: list[tuple[float, int, float]] = []
        memory: list[tuple[float, float]] = []
        with tqdm(total=round(seconds), unit="s") as bar:
            for frame in live:
                now = time.monotonic()
                since = now - began - WARM_UP_SECONDS
                if frame.tick // HOLD_TICKS != last_tick // HOLD_TICKS:
                    control = controls[frame.tick // HOLD_TICKS % len(controls)]
                    live.set_controls({control.name: control.high})
                last_tick = frame.tick
                if since < 0.0:
                    continue
                points.append((frame.wire.pts / 1e6, frame.tick, now))
                replaced += frame.wire.replaced
                late += not frame.timing.deadline_met
                if since >= len(memory) * seconds / PARTS:
                    memory.append((memory_mb(pid), resident_mb()))
                bar.update(int(since) - bar.n)
                if since >= seconds:
                    break
        heard = live.quality
    ticks = points[-1][1] - points[0][1]
    span = points[-1][0] - points[0][0]
    wall = points[-1][2] - points[0][2]
    offsets = [1000.0 * ((pts - points[0][0]) - (tick - points[0][1]) / rate) for pts, tick, _ in points]
    part = max(1, len(offsets) // PARTS)
    return {
        "rate_hz": rate,
        "seconds": round(wall, 3),
        "heartbeats": {
            "due": round(span * rate),
            "ticked": ticks,
            "missed": max(0, round(span * rate) - ticks),
            "late": late,
            "frames": len(points),
            "replaced": replaced,
            "reconnects": heard.reconnects,
        },
        "drift": {
            "server_against_wall_ppm": round(1e6 * (span / wall - 1.0), 2),
            "grid_ms_first_part": round(statistics.median(offsets[:part]), 3),
            "grid_ms_last_part": round(statistics.median(offsets[-part:]), 3),
        },
        "memory": {
            "server_mb": [round(server, 1) for server, _ in memory],
            "client_mb": [round(client, 1) for _, client in memory],
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
