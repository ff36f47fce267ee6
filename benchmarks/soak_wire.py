"""Whether a served world keeps its time and its size for an hour: one server, one player in real time.

The server is ``worldsdk serve`` in a process of its own; the player holds one control after the other and
takes every frame. Prints JSON with the machine it ran on, and keeps it where ``--json`` says::

    python benchmarks/soak_wire.py doom-field --minutes 60 --json benchmarks/results/soak-wire.json

* ``heartbeats``: ticks that the wall clock asked for, frames that came, and ``missed``: ticks that the server
  passed over. Its clock sets no tick later to make up for one, so a missed one stays missed. ``busy``: what
  share of the processors others took meanwhile; where that is much, misses say more about them.
* ``drift``: the server's tick times against this process's wall clock, in parts per million, and how far
  ticks were from an even grid that the first tenth sets, as a median of the first and the last tenth.
* ``memory``: of both processes, as each of the equal parts begins that the run is cut into, and at its end.

With ``--rate`` a copy of the pack is served that names that rate as its own, so that the cheapest world can
stand in for a fast one: what is looked at is the wire's time and memory, not the picture.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from worldsdk.client.sync import connect
from worldsdk.packs.pack import MANIFEST_NAME, open_pack
from worldsdk.packs.storage import write_file
from worldsdk.runtime.machine import describe

PARTS = 10
"""Equal parts of the run whose memory and pace are told."""

WARM_UP_SECONDS = 60.0
"""Left out of all figures: pages are touched for the first time, and the rewind memory fills."""

HOLD_TICKS = 20
"""How long the player holds one control."""


def copy_at(world: str, rate: float, folder: Path) -> Path:
    """A pack like ``world`` in ``folder``, whose own rate is ``rate`` ticks a second."""
    pack = open_pack(world)
    target = folder / pack.manifest.name
    shutil.copytree(pack.folder, target)
    manifest = dataclasses.replace(pack.manifest, rate_hz=rate)
    (target / MANIFEST_NAME).write_bytes(manifest.to_bytes())
    return target


def served(world: str) -> tuple[subprocess.Popen[str], str]:
    """``worldsdk serve`` on a free port, and its address."""
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", world]
    process = subprocess.Popen(
        [*command, "--port", "0", "--idle-seconds", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    found = re.search(r"ws://\S+", process.stdout.readline())
    if found is None:
        raise SystemExit("the server did not start")
    return process, found[0]


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB (10**6 bytes)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6


def processor_seconds(pid: int) -> float:
    """Time that the processors this process may use have spent on anybody but it and process ``pid``."""
    tick = os.sysconf("SC_CLK_TCK")
    mine = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    rows = [line.split() for line in Path("/proc/stat").read_text("ascii").splitlines()]
    # Without idle and iowait.
    spent = sum(sum(map(int, (*row[1:4], *row[6:8]))) for row in rows if row[0] in mine)
    own = [Path(f"/proc/{one}/stat").read_text("ascii").rpartition(")")[2].split() for one in (pid, "self")]
    return (spent - sum(int(fields[11]) + int(fields[12]) for fields in own)) / tick


def main(argv: list[str] | None = None) -> int:
    """Plays and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, help="ticks a second (default: the world's own)")
    parser.add_argument("--json", type=Path, help="a file for the result")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        world = args.world if args.rate is None else str(copy_at(args.world, args.rate, Path(folder)))
        process, url = served(world)
        try:
            report = soak(process.pid, url, 60.0 * args.minutes)
        finally:
            process.terminate()
            process.wait()
    machine = describe(torch.device("cpu")) | {"usable_cpus": len(os.sched_getaffinity(0))}
    machine |= {
        "real_time_priority": os.sched_getparam(0).sched_priority,
        "load": round(os.getloadavg()[2], 2),
    }
    text = json.dumps({"world": args.world, "machine": machine, **report}, indent=1) + "\n"
    if args.json is not None:
        write_file(args.json, text.encode())
    print(text, end="")
    return 0


def soak(pid: int, url: str, seconds: float) -> dict[str, Any]:
    """Plays for so long and tells what became of it."""
    memory: list[tuple[float, float]] = []
    others = 0.0
    with connect(url, mode="realtime") as world, world.session(seed=7).realtime() as live:
        controls, rate = list(world.controls), world.rate_hz
        # Tick, server's moment, moment here, of each frame: written to once now, so that it does not grow.
        points = np.ones((int((seconds + 10.0) * rate), 3))
        began, count = time.monotonic(), 0
        last_tick = replaced = late = 0
        with tqdm(total=round(seconds), unit="s", mininterval=5.0) as bar:
            for frame in live:
                now = time.monotonic()
                since = now - began - WARM_UP_SECONDS
                if frame.tick // HOLD_TICKS != last_tick // HOLD_TICKS:
                    control = controls[frame.tick // HOLD_TICKS % len(controls)]
                    live.set_controls({control.name: control.high})
                last_tick = frame.tick
                if since < 0.0:
                    continue
                if not count:
                    others = -processor_seconds(pid)
                points[count] = frame.tick, frame.wire.pts / 1e6, now
                count += 1
                replaced += frame.wire.replaced
                late += not frame.timing.deadline_met
                if since >= len(memory) * seconds / PARTS:
                    memory.append((memory_mb(pid), memory_mb(os.getpid())))
                bar.update(int(since) - bar.n)
                if since >= seconds:
                    break
        reconnects, skipped = live.quality.reconnects, live.skipped
    others += processor_seconds(pid)
    points = points[:count]
    (ticks, span, wall) = points[-1] - points[0]
    # From the nearest beat of an even grid, whose phase the first part gives: misses leave whole beats out.
    part = max(1, count // PARTS)
    phase = (points[:, 1] - points[0, 1]) * rate % 1.0
    middle = float(np.median((phase[:part] + 0.5) % 1.0) - 0.5)
    offsets = ((phase - middle + 0.5) % 1.0 - 0.5) * 1000.0 / rate
    return {
        "rate_hz": rate,
        "seconds": round(wall, 3),
        "heartbeats": {
            "due": round(span * rate),
            "ticked": int(ticks),
            "missed": max(0, round(span * rate) - int(ticks)),
            "late": late,
            "frames": count,
            "replaced": replaced,
            "skipped": skipped,
            "reconnects": reconnects,
            "busy": round(others / (wall * len(os.sched_getaffinity(0))), 3),
            "longest_wait_ms": round(float(np.diff(points[:, 2]).max()) * 1000.0, 1),
        },
        "drift": {
            "server_against_wall_ppm": round(1e6 * (span / wall - 1.0), 2),
            "grid_ms_first_part": round(float(np.median(offsets[:part])), 3),
            "grid_ms_last_part": round(float(np.median(offsets[-part:])), 3),
        },
        "memory": {
            "server_mb": [round(server, 1) for server, _ in memory],
            "client_mb": [round(client, 1) for _, client in memory],
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
