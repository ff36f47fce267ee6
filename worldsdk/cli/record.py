"""``worldsdk record``: play a real game into a dataset, or take in one that streams itself."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from worldsdk.data.games.catalogue import POLICIES
from worldsdk.data.games.game import Game
from worldsdk.data.policies.policy import Policy
from worldsdk.data.preview import save_preview
from worldsdk.data.reader import Dataset
from worldsdk.data.recorder import MakePolicy, RecordPlan, record
from worldsdk.errors import RecordError
from worldsdk.protocol.recording.messages import PORT

NAME = "record"
HELP = "record a real game into a dataset"
EPILOG = """\
examples:
  worldsdk record doom-maze --frames 90000 --out datasets/doom-maze
  worldsdk record --listen --out datasets/my-game
        ... and in your own game a WorldRecorder (Godot, web): docs/your-game.md

Ctrl-C leaves a dataset that can be used; --resume goes on with it.
"""
FRAMES = 40960


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "game",
        nargs="?",
        help="doom-field, doom-maze, doom-arena, doom:<scenario>, grid-rooms, minigrid/<id>, car-racing, "
        "or a Gymnasium id",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the dataset")
    parser.add_argument(
        "--frames", type=int, help=f"frames in all (default {FRAMES}; with --listen: as many as come)"
    )
    parser.add_argument("--size", help="frame size WIDTHxHEIGHT (default: the game's)")
    parser.add_argument("--seed", type=int, default=0, help="of the whole dataset (default %(default)s)")
    parser.add_argument("--policy", choices=POLICIES, help="who plays (default mix)")
    parser.add_argument("--play", action="store_true", help="play yourself, in a window; Esc ends")
    parser.add_argument("--episode-ticks", type=int, help="longest episode (default: the game's)")
    parser.add_argument("--resume", action="store_true", help="go on with a dataset that is there")
    parser.add_argument("--workers", type=int, default=1, help="processes (default %(default)s)")
    live = parser.add_argument_group("a game of your own, that streams itself (docs/your-game.md)")
    live.add_argument(
        "--listen",
        type=_port,
        nargs="?",
        const=PORT,
        metavar="PORT",
        help=f"receive it here (default {PORT})",
    )
    live.add_argument("--host", default="127.0.0.1", help="to listen on (default 127.0.0.1: this machine)")
    live.add_argument("--token-file", type=Path, metavar="FILE", help="what games from elsewhere must show")
    live.add_argument("--allow-origin", action="append", default=[], metavar="ORIGIN", help="a web page's")
    live.add_argument("--tls-cert", type=Path, metavar="FILE", help="PEM certificate chain")
    live.add_argument("--tls-key", type=Path, metavar="FILE", help="its PEM key")


def run(args: argparse.Namespace) -> int:
    if args.frames is not None and args.frames < 1:
        raise RecordError(f"frames is {args.frames}", where="--frames", fix="give at least 1")
    if args.listen is not None:
        from worldsdk.cli.listen import run_listen

        return run_listen(args)
    if args.game is None:
        raise RecordError("no game is named", fix="name one, or let your own stream itself: --listen")
    frames = FRAMES if args.frames is None else args.frames
    plan = RecordPlan.usual(args.game, **changes(args))
    # The bar waits a moment, so that a refusal is not preceded by an empty one.
    with ExitStack() as stack:
        bar = stack.enter_context(
            tqdm(total=frames, unit="frame", unit_scale=True, desc=args.game, delay=0.3)
        )
        try:
            writer = record(
                plan,
                args.out,
                frames,
                resume=args.resume,
                workers=args.workers,
                progress=bar.update,
                policy=person_policy(stack) if args.play else None,
            )
        except KeyboardInterrupt:
            bar.close()
            print("stopped; finished shards are kept, go on with --resume", file=sys.stderr)
            return 130
    if not writer.frames:
        print("nothing was recorded", file=sys.stderr)
        return 1
    dataset = Dataset.open(args.out)
    preview = save_preview(dataset, args.out)
    print(f"{len(dataset)} frames, {len(dataset.episodes)} episodes in {args.out}; look at {preview}")
    return 0


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return number


def changes(args: argparse.Namespace) -> dict[str, Any]:
    """What the arguments change of the game's usual plan. Raises RecordError."""
    values: dict[str, Any] = {"policy": args.policy or "mix", "seed": args.seed}
    if args.play:
        # A person starts where the game starts, and plays on until the game ends.
        values |= {"policy": "person", "warm_up_ticks": 0, "episode_ticks": 2**31 - 1}
    if args.size:
        values["width"], values["height"] = parse_size(args.size)
    if args.episode_ticks is not None:
        values["episode_ticks"] = args.episode_ticks
    return values


def person_policy(stack: ExitStack) -> MakePolicy:
    """Opens a window on the game once it runs; ``stack`` closes it."""

    def make(game: Game) -> Policy:
        # Only those who play need a display.
        from worldsdk.play.person import Person

        person = Person(game.info)
        stack.callback(person.close)
        return person

    return make


def parse_size(text: str) -> tuple[int, int]:
    """``64x48`` -> (64, 48). Raises RecordError."""
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise RecordError(f"size is {text!r}", where="--size", fix="write WIDTHxHEIGHT, for example 64x48")
    return int(width), int(height)
