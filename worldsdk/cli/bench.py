"""``worldsdk bench``: how fast and how steadily does a world run on this machine?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldsdk.runtime.world import World

NAME = "bench"
HELP = "measure how fast and how steadily a world runs here"
DESCRIPTION = """\
Plays a world in real time, at its own rate, on a scripted walk, and reports frame times, missed ticks,
memory, the time to the first frame of a fresh process, and how near the model comes to the fastest matrix
product this machine can do.

  worldsdk bench doom-field --seconds 60 --json bench.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="N", help="of real time (default %(default)g)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default %(default)s)")
    parser.add_argument("--threads", type=int, metavar="N", help="inside torch (default: the CPUs at hand)")
    parser.add_argument("--steps", type=int, metavar="N", help="denoising steps (default: the pack's)")


def run(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from worldsdk.packs.storage import write_file
    from worldsdk.runtime.bench import bench

    with tqdm(total=1, desc="preparing", unit="tick", dynamic_ncols=True) as bar:

        def walk(world: World) -> Callable[[int], Mapping[str, float]]:
            from worldsdk.play.script import wander

            beats = max(1, round(args.seconds * world.rate_hz))
            bar.reset(total=beats)
            bar.set_description(world.manifest.name)
            return wander(world.controls, beats, world.rate_hz).at

        report = bench(
            args.world,
            args.seconds,
            walk,
            device=args.device,
            threads=args.threads,
            steps=args.steps,
            progress=lambda beats: bar.update(beats - bar.n),
        )
    if args.json is not None:
        write_file(args.json, (json.dumps(report, indent=1) + "\n").encode())
    print(as_table(report), end="")
    return 0


def as_table(report: Mapping[str, Any]) -> str:
    """The figures as lines for people."""
    frame, machine = report["frame_ms"], report["machine"]
    missed = 100.0 * report["missed"] / max(1, report["beats"])
    stages = ", ".join(f"{name} {ms:.2f}" for name, ms in report["stage_ms"].items())
    lines = {
        "world": f"{report['world']} {report['world_version']}",
        "machine": f"{machine['cpu']}, {machine['cpus']} CPUs, {machine['device']}, torch {machine['torch']}",
        "threads": str(report["threads"]),
        "rate": f"{report['fps_target']:g} Hz, {report['budget_ms']:.1f} ms a tick",
        "ticks": f"{report['ticks']}, missed {report['missed']} ({missed:.2f} %)",
        "frame ms": ", ".join(f"{name} {frame[name]:.2f}" for name in ("p50", "p95", "p99", "max")),
        "stage ms": stages,
        "steps": f"mean {report['steps_used']['mean']:.2f}, min {report['steps_used']['min']}",
        "arithmetic": f"{report['gflop_per_frame']:.3f} GFLOP a frame, "
        f"{100.0 * report['roofline_fraction']:.1f} % of {report['peak_gflops']:.0f} GFLOP/s "
        f"({report['peak_format']})",
        "first frame": f"{report['first_frame_s']:.2f} s after the command",
        "memory": f"{report['rss_mb']['start']:.0f} MB, at the end {report['rss_mb']['end']:.0f} MB",
    }
    return "".join(f"{name:<12} {text}\n" for name, text in lines.items())
