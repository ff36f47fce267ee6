"""``worldsdk play``: a window on a world, or a film of it."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from worldsdk.cli.forms import add_form_options
from worldsdk.errors import DisplayError, PlayError

if TYPE_CHECKING:
    from worldsdk.client.sync import RemoteWorld
    from worldsdk.play.script import InputScript
    from worldsdk.runtime.world import World

TOKEN_VARIABLE = "WORLDSDK_TOKEN"
"""Where a token is looked for: command lines are seen by every user of a machine."""

NAME = "play"
HELP = "play a world: the model draws every frame from the keys that are down"
EPILOG = """\
Without a display, a scripted walk is played headless into ./out/play instead.

examples:
  worldsdk play                          the first bundled world, in a window; F1 shows the keys
  worldsdk play doom-field --seed 7      the same dream every time, for the same inputs
  worldsdk play ./my-world               any folder that holds a world pack
  worldsdk play ./oasis --variant sliding --memory-limit 800
                                         a large world in a faster form, with 800 MB for its weights
  worldsdk play --headless --seconds 20 --out film
                                         film/demo.mp4, film/contact-sheet.png, film/timing.json
  worldsdk play --headless --inputs walk.json --seed 7 --out film
                                         the inputs that a file holds; run twice, get the same digest
  worldsdk play --headless --realtime    paced by the clock, as if somebody watched

  worldsdk play --server localhost:8765  a world that 'worldsdk serve' runs, here or on another machine
  worldsdk play --server wss://host --room den
                                         with others: all hold the same controls
  worldsdk play --server wss://host --room den --watch
                                         only looking on

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
    world.add_argument("--seed", type=_natural, help="of the dream's noise (default 0)")
    world.add_argument("--start", type=_natural, metavar="N", help="which starting place (default 0)")
    world.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")
    world.add_argument(
        "--steps", type=_natural, metavar="N", help="denoising steps a tick (default: the world's)"
    )
    add_form_options(world)
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
    server = parser.add_argument_group("a world on a server (its clock and quality are the server's)")
    server.add_argument("--server", metavar="URL", help="play what runs there, e.g. localhost:8765")
    server.add_argument("--room", metavar="NAME", help="join others there, or make a room for them")
    server.add_argument("--watch", action="store_true", help="look on without playing; needs --room")
    server.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"signed admission (default: the environment variable {TOKEN_VARIABLE})",
    )
    server.add_argument(
        "--codec", metavar="NAME", help="raw_rgb, png, webp, jpeg or h264 (default: one that loses nothing)"
    )
    server.add_argument(
        "--layer", action="append", default=[], metavar="NAME", help="a layer wanted with each frame"
    )
    server.add_argument(
        "--no-warp", action="store_true", help="hold late frames still, rather than turn them with the camera"
    )
    show = parser.add_argument_group("picture")
    show.add_argument(
        "--upscaler", choices=("edge", "bilinear", "nearest"), default="edge", help="(default edge)"
    )
    show.add_argument(
        "--hud",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="draw state variables such as health over the picture; H changes it (default on)",
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
        "--layer-sheet", action="store_true", help="write layers.png, too: what depth, motion and others hold"
    )
    headless.add_argument(
        "--realtime",
        action="store_true",
        help="pace by the clock; else every tick takes the same steps, unpaced",
    )


def run(args: argparse.Namespace) -> int:
    from worldsdk.client.sync import RemoteWorld
    from worldsdk.play.app import App, PlayOptions
    from worldsdk.play.script import load_script
    from worldsdk.play.window import has_display

    if args.server is not None and not args.headless and (args.inputs is not None or not has_display()):
        # Found out before connecting: a token opens once.
        if args.inputs is None:
            print("No window: there is no display. Playing a scripted walk without one instead.", flush=True)
        args.headless = True
    world = _connected(args) if args.server is not None else _loaded(args)
    script = load_script(args.inputs, world.controls) if args.inputs is not None else None
    if not args.headless and script is None:
        options = PlayOptions(
            seed=args.seed or 0,
            start=args.start or 0,
            fps=args.fps,
            budget_ms=args.budget_ms,
            on_miss=args.on_miss,
            method=args.upscaler,
            out=args.out,
            seconds=args.seconds,
            join=args.room is not None and args.seed is None and args.start is None,
            warp=not args.no_warp,
            hud="bars" if args.hud else "none",
        )
        try:
            app = App(world, options)
        except DisplayError as error:
            print(f"No window: {error.what}. Playing a scripted walk without one instead.", flush=True)
        else:
            app.run()
            return 0
    if isinstance(world, RemoteWorld) and not args.headless:
        # The display refused. Without a window nobody plays in real time: the walk is stepped.
        world.close()
        args.headless = True
        world = _connected(args)
    try:
        _play_headless(world, script, args)
    finally:
        if isinstance(world, RemoteWorld):
            # Else its place on the server would be kept for it.
            world.close()
    return 0


def _loaded(args: argparse.Namespace) -> World:
    from worldsdk.packs import default_world
    from worldsdk.runtime.world import load

    for option in ("room", "watch", "token_file", "codec", "layer"):
        if getattr(args, option):
            raise PlayError(f"--{option.replace('_', '-')} is for a world on a server", fix="give --server")
    return load(
        args.world or default_world(),
        device=args.device,
        steps=args.steps,
        variant=args.variant,
        memory_limit=args.memory_limit,
    )


def _connected(args: argparse.Namespace) -> RemoteWorld:
    from worldsdk.client.sync import connect

    for option in ("variant", "memory_limit"):
        if getattr(args, option) is not None:
            raise PlayError(
                f"--{option.replace('_', '-')} is for a world that is loaded here",
                fix="give it to the server",
            )
    if args.world is not None:
        raise PlayError(
            f"both {args.world!r} and --server are given", fix="the server says which world it is"
        )
    if args.watch and args.room is None:
        raise PlayError("--watch needs something to watch", fix="give --room")
    if args.watch and args.headless:
        raise PlayError(
            "--watch needs a window",
            fix="leave out --headless and --inputs, and run it where there is a display",
        )
    return connect(
        args.server,
        role="viewer" if args.watch else "player",
        mode="lockstep" if args.headless and not args.realtime else "realtime",
        room=args.room,
        token=_token(args.token_file),
        codecs=None if args.codec is None else [args.codec],
        layers=args.layer,
    )


def _token(path: Path | None) -> str | None:
    if path is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PlayError(f"the token cannot be read ({type(error).__name__})", where=str(path)) from error


def _play_headless(world: World | RemoteWorld, script: InputScript | None, args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from worldsdk.play.face import face_of
    from worldsdk.play.headless import TIMING, HeadlessOptions, play_headless

    options = HeadlessOptions(
        out=args.out,
        seconds=args.seconds,
        script=script,
        seed=args.seed or 0,
        start=args.start or 0,
        realtime=args.realtime,
        fps=args.fps,
        budget_ms=args.budget_ms,
        on_miss=args.on_miss,
        method=args.upscaler,
        layer_sheet=args.layer_sheet,
    )
    # Where nobody watches there is no bar, and it first shows when there is something to show.
    with tqdm(unit="tick", desc=face_of(world).name, leave=False, delay=0.2, disable=None) as bar:

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
    for name in (*report["files"].values(), TIMING):
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
