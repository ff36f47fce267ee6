"""``worldsdk bench``: how fast and how steadily does a world run on this machine?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldsdk.cli.forms import add_form_options
from worldsdk.errors import SessionError, StorageError

if TYPE_CHECKING:
    from worldsdk.runtime.world import World

INTERRUPTED = 130
MATRIX_SCRIPT = 64
"""Ticks of the walk, more than any row plays."""

NAME = "bench"
HELP = "measure how fast and how steadily a world runs here"
DESCRIPTION = """\
Plays a world in real time, at its own rate, on a scripted walk, and reports frame times, missed ticks,
memory, the time to the first frame of a fresh process, and how near the model comes to the fastest matrix
product this machine can do.

  worldsdk bench doom-field --seconds 60 --json bench.json

With --matrix, instead, every choice that the world has here is measured alone against the default: number
format, what is computed again, denoising steps, compiled or not, memory order, threads; then the fastest of
all together, and 1 to 32 sessions stepped at once. Each row says what the choice does to speed (ticks of both
take turns), to memory (weights, and one session's), and to fidelity (decibels against float32 at all steps,
from the same start, inputs and noise). A choice that cannot be had says why.

  worldsdk bench doom-maze --matrix --table matrix.md
  worldsdk bench packs/oasis --matrix --quick

A whole matrix is remembered for this machine: clocks start on the rung that it found to fit, and
'--variant auto' of play and serve picks by it.
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
    add_form_options(parser)
    matrix = parser.add_argument_group("every choice, in one table")
    matrix.add_argument("--matrix", action="store_true", help="measure each choice against the default")
    matrix.add_argument("--table", type=Path, metavar="FILE", help="write the table here, in Markdown")
    matrix.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="a variant to leave out, such as compiled, which takes minutes with a large world",
    )
    matrix.add_argument("--quick", action="store_true", help="few ticks, nothing compiled: figures are rough")


def run(args: argparse.Namespace) -> int:
    for option in ("table", "quick", "without"):
        if getattr(args, option) and not args.matrix:
            raise SessionError(f"--{option} is for the table of choices", fix="give --matrix")
    if args.matrix and args.variant is not None:
        raise SessionError("--variant with --matrix", fix="the table holds every variant: leave it out")
    return _run_matrix(args) if args.matrix else _run_clock(args)


def _run_matrix(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from worldsdk.packs.storage import write_file
    from worldsdk.play.script import wander
    from worldsdk.runtime.device import set_threads
    from worldsdk.runtime.matrix import Matrix
    from worldsdk.runtime.matrix_table import as_markdown
    from worldsdk.runtime.measured import remember

    if args.threads is not None:
        set_threads(args.threads)
    with tqdm(total=1, desc="preparing", unit="row", dynamic_ncols=True) as bar:

        def show(done: int, total: int, name: str) -> None:
            bar.total = total
            bar.set_description(name, refresh=False)
            bar.update(done - bar.n)
            bar.refresh()

        matrix = Matrix(
            args.world,
            lambda world: wander(world.controls, MATRIX_SCRIPT, world.rate_hz).at,
            device=args.device,
            steps=args.steps,
            memory_limit=args.memory_limit,
            quick=args.quick,
            without=args.without,
            progress=show,
        )
        interrupted = False
        try:
            matrix.run()
        except KeyboardInterrupt:
            # What has been measured took a while: it is shown, and said to be a part.
            interrupted = True
    report = matrix.report()
    if args.json is not None:
        write_file(args.json, (json.dumps(report, indent=1) + "\n").encode())
    table = as_markdown(report)
    if args.table is not None:
        write_file(args.table, table.encode())
    print(table, end="")
    if not interrupted and not args.quick and args.steps is None and args.memory_limit is None:
        try:
            print(f"Remembered for this machine: {remember(report)}", file=sys.stderr)
        except StorageError as error:
            # The table is what was asked for.
            print(f"worldsdk: not remembered: {error}", file=sys.stderr)
    return INTERRUPTED if interrupted else 0


def _run_clock(args: argparse.Namespace) -> int:
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
            variant=args.variant,
            memory_limit=args.memory_limit,
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
