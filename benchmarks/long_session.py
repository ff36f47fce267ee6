"""Whether a session costs the same however old it is: time and memory of a frame, early and late.

Steps one session unpaced and prints JSON with the machine it ran on; 100,000 ticks are 48 minutes of play::

    python benchmarks/long_session.py doom-maze --ticks 100000

A snapshot is kept of tick 1,000. At the end the aged session and that young one, brought back, are stepped in
turn, a few ticks each with the same inputs: the machine's speed wanders over such a run, and does for both.
``cost_ratio`` is aged over young, of their median ticks; ``memory_ratio`` the process late over early.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from worldsdk.controls import Controls
from worldsdk.packs.storage import write_file
from worldsdk.play.script import InputScript, wander
from worldsdk.runtime.machine import describe, resident_mb
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import load

WINDOW = 500
"""Ticks whose median is one point."""
YOUNG = 1000
"""Tick of the snapshot that the aged session is compared with."""
TURN = 25
"""Ticks that each of the two takes before the other's turn."""


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--ticks", type=int, default=100_000)
    parser.add_argument(
        "--compare", type=int, default=4000, help="ticks of each in the comparison at the end"
    )
    parser.add_argument("--json", metavar="FILE", help="write the report here instead of printing it")
    args = parser.parse_args(argv)
    if args.ticks < 2 * YOUNG:
        parser.error(f"--ticks {args.ticks}: at least {2 * YOUNG}, so that there is an age to compare with")
    world = load(args.world, args.device)
    session = world.session()
    script = wander(world.controls, 1000, world.rate_hz)
    points: list[dict[str, float]] = []
    costs: list[float] = []
    young = b""
    for tick in tqdm(range(args.ticks), unit="tick"):
        costs.append(_cost(session, script.at(tick % script.length)))
        if tick + 1 == YOUNG:
            young = session.snapshot()
        if len(costs) == WINDOW:
            points.append({"tick": tick + 1, "ms": statistics.median(costs), "rss_mb": resident_mb()})
            costs.clear()
    aged_ms, young_ms = _compare(session, world.restore(young), script, args.compare)
    # The rewind memory fills during the first points: they are left out.
    settled = [point for point in points if point["tick"] > world.rewind_ticks + WINDOW]
    third = max(1, len(settled) // 3)
    early, late = settled[:third], settled[-third:]
    report = {
        "world": world.manifest.name,
        "steps": world.steps,
        "machine": describe(world.device),
        "threads": torch.get_num_threads(),
        "ticks": args.ticks,
        "aged_ms": aged_ms,
        "young_ms": young_ms,
        "cost_ratio": aged_ms / young_ms,
        "memory_ratio": _median(late, "rss_mb") / _median(early, "rss_mb"),
        "points": points,
    }
    text = json.dumps(report, indent=1) + "\n"
    if args.json:
        write_file(Path(args.json), text.encode())
    else:
        sys.stdout.write(text)
    return 0


def _cost(session: Session, controls: Controls) -> float:
    """Milliseconds of one tick."""
    began = time.perf_counter()
    session.step(controls)
    return 1000.0 * (time.perf_counter() - began)


def _compare(aged: Session, young: Session, script: InputScript, ticks: int) -> tuple[float, float]:
    """Median milliseconds of a tick of each, taken in turns with the same inputs."""
    costs: dict[int, list[float]] = {0: [], 1: []}
    for begin in tqdm(range(0, ticks, TURN), unit="turn", desc="aged and young in turn"):
        for which, session in enumerate((aged, young)):
            for tick in range(begin, begin + TURN):
                costs[which].append(_cost(session, script.at(tick % script.length)))
    return statistics.median(costs[0]), statistics.median(costs[1])


def _median(points: list[dict[str, float]], key: str) -> float:
    return statistics.median(point[key] for point in points)


if __name__ == "__main__":
    raise SystemExit(main())
