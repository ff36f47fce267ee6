"""Whether a session costs the same however old it is: time and memory of a frame, early and late.

Steps one session unpaced and prints JSON with the machine it ran on; 100,000 ticks are 48 minutes of play::

    python benchmarks/long_session.py doom-maze --ticks 100000

``cost_ratio`` is the median cost of the last windows over that of the first ones; windows of the two ends
are compared in one run since the machine's own speed wanders.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time

import torch
from tqdm import tqdm

from worldsdk.play.script import wander
from worldsdk.runtime.machine import describe, resident_mb
from worldsdk.runtime.world import load

WINDOW = 500
"""Ticks whose median is one point."""


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--ticks", type=int, default=100_000)
    args = parser.parse_args(argv)
    world = load(args.world, args.device)
    session = world.session()
    script = wander(world.controls, 1000, world.rate_hz)
    points: list[dict[str, float]] = []
    costs: list[float] = []
    for tick in tqdm(range(args.ticks), unit="tick"):
        began = time.perf_counter()
        session.step(script.at(tick % script.length))
        costs.append(1000.0 * (time.perf_counter() - began))
        if len(costs) == WINDOW:
            points.append({"tick": tick + 1, "ms": statistics.median(costs), "rss_mb": resident_mb()})
            costs.clear()
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
        "cost_ratio": _median(late, "ms") / _median(early, "ms"),
        "memory_ratio": _median(late, "rss_mb") / _median(early, "rss_mb"),
        "points": points,
    }
    json.dump(report, sys.stdout, indent=1)
    print()
    return 0


def _median(points: list[dict[str, float]], key: str) -> float:
    return statistics.median(point[key] for point in points)


if __name__ == "__main__":
    raise SystemExit(main())
