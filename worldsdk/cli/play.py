"""``worldsdk play``: a window on a world, or a film of it."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from worldsdk.errors import DisplayError

if TYPE_CHECKING:
    from worldsdk.play.script import InputScript
    from worldsdk.runtime.world import World

NAME = "play"
HELP = "play a world: the model draws every frame from the keys that are down"
EPILOG = """\
Without a display, a scripted walk is played headless into ./out/play instead.

examples:
  worldsdk play                          the first bundled world, in a window; F1 shows the keys
  worldsdk play doom-field --seed 7      the same dream every time, for the same inputs
  worldsdk play ./my-world               any folder that holds a world pack
  worldsdk play --headless --seconds 20 --out film
                                         film/demo.mp4, film/contact-sheet.png, film/timing.json
  worldsdk play --headless --inputs walk.json --seed 7 --out film
                                         the inputs that a file holds; run twice, get the same digest
  worldsdk play --headless --realtime    paced by the clock, as if somebody watched

input files are JSON: stretches of ticks and what is held in them (missing controls are released)
  [{"ticks": 35, "controls": {"forward": 1}}, {"ticks": 20, "controls": {"turn": 4.0}}]
'worldsdk worlds NAME' lists the controls of a world and their ranges.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "world", nargs="?", help="a bundled world or a pack folder (default: the first bundled)"
    )
    world = parser.add_argument_group("world")
    world.add_argument("--seed", type=_natural, default=0, help="of the dream's noise (default 0)")
    world.add_argument(
        "--start", type=_natural, default=0, metavar="N", help="which starting place (default 0)"
    )
    world.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")
    world.add_argument(
        "--steps", type=_natural, metavar="N", help="denoising steps a tick (default: the world's)"
    )
    clock = parser.add_argument_group("clock")
    clock.add_argument("--fps", type=_positive, help="ticks per second (default: the world's own rate)")
    clock.add_argument(
        "--budget-ms", type=_positive, metavar="MS", help="for one tick (default: the whole tick)"
    )
    clock.add_argument(
        "--on-miss",
        choices=("hold", "repeat", "fewer"),
        default="hold",
        help="when a tick is late: hold the last frame, repeat inputs to catch up, or take fewer steps",
    )
    show = parser.add_argument_group("picture")
    show.add_argument(
        "--upscaler", choices=("edge", "bilinear", "nearest"), default="edge", help="(default edge)"
    )
    show.add_argument(
        "--out",
        type=Path,
        default=Path("out/play"),
        metavar="DIR",
        help="for films and pictures (default out/play)",
    )
    show.add_argument("--seconds", type=_positive, metavar="N", help="leave by itself after N seconds")
    headless = parser.add_argument_group("without a window")
    headless.add_argument("--headless", action="store_true", help="write a film, a contact sheet and timings")
    headless.add_argument(
        "--inputs", type=Path, metavar="FILE", help="JSON input script (default: walks about)"
    )
    headless.add_argument(
        "--realtime",
        action="store_true",
        help="pace by the clock; else every tick takes the same steps, unpaced",
    )


def run(args: argparse.Namespace) -> int:
    from worldsdk.packs import default_world
    from worldsdk.play.app import App, PlayOptions
    from worldsdk.play.script import load_script
    from worldsdk.runtime.world import load

    world = load(args.world or default_world(), device=args.device, steps=args.steps)
    script = load_script(args.inputs, world.controls) if args.inputs is not None else None
    if not args.headless and script is None:
        options = PlayOptions(
            seed=args.seed,
            start=args.start,
            fps=args.fps,
            budget_ms=args.budget_ms,
            on_miss=args.on_miss,
            method=args.upscaler,
            out=args.out,
            seconds=args.seconds,
        )
        try:
            app = App(world, options)
        except DisplayError as error:
            print(f"No window: {error.what}. Playing a scripted walk without one instead.", flush=True)
        else:
            app.run()
            return 0
    _play_headless(world, script, args)
    return 0


def _play_headless(world: World, script: InputScript | None, args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from worldsdk.play.headless import FILM, SHEET, TIMING, HeadlessOptions, play_headless

    options = HeadlessOptions(
        out=args.out,
        seconds=args.seconds,
        script=script,
        seed=args.seed,
        start=args.start,
        realtime=args.realtime,
        fps=args.fps,
        budget_ms=args.budget_ms,
        on_miss=args.on_miss,
        method=args.upscaler,
    )
    # Where nobody watches there is no bar, and it first shows when there is something to show.
    with tqdm(unit="tick", desc=world.manifest.name, leave=False, delay=0.2, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = play_headless(world, options, progress)
    frame = report["frame_ms"]
    print(
        f"{report['ticks']} ticks of {report['world']} at {report['rate_hz']:g} Hz, seed {report['seed']}: "
        f"frame {frame['p50']:.1f} ms (p99 {frame['p99']:.1f}) of {report['budget_ms']:.1f}, "
        f"missed {report['missed']}"
    )
    if report["digest"] is not None:
        print(f"digest {report['digest']}")
    for name in (FILM, SHEET, TIMING):
        print(args.out / name)


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number
