"""What a batch saves, and what the deterministic mode costs.

Steps 1, 2, 4, ... sessions of one world together, once in fused passes and once in the deterministic mode
(one pass for each session, the bits it would get alone), and prints JSON with the machine it ran on::

    python benchmarks/batching.py doom-field --most 16 --seconds 3
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import torch

from worldsdk.play.script import wander
from worldsdk.runtime.machine import describe
from worldsdk.runtime.world import World, load


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--most", type=int, default=16, help="sessions in the largest batch")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    args = parser.parse_args(argv)
    rows: list[dict[str, Any]] = []
    for deterministic in (False, True):
        world = load(args.world, args.device, deterministic=deterministic, rewind_ticks=0)
        count = 1
        while count <= args.most:
            rate = frames_per_second(world, count, args.seconds)
            rows.append({"deterministic": deterministic, "sessions": count, "frames_per_second": rate})
            count *= 2
    json.dump(
        {
            "world": world.manifest.name,
            "steps": world.steps,
            "machine": describe(world.device),
            "threads": torch.get_num_threads(),
            "rows": rows,
        },
        sys.stdout,
        indent=1,
    )
    print()
    return 0


def frames_per_second(world: World, count: int, seconds: float) -> float:
    """Frames of all ``count`` sessions together, per second of wall time, after a warm-up."""
    sessions = [world.session(seed, seed % world.starts) for seed in range(count)]
    script = wander(world.controls, 1000, world.rate_hz)
    ticks = 0
    begun = time.perf_counter()
    while ticks < 8 or time.perf_counter() - begun < seconds:
        if ticks == 4:
            begun = time.perf_counter()
        world.step_many(sessions, [script.at(ticks % 1000)] * count)
        ticks += 1
    return (ticks - 4) * count / (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())
