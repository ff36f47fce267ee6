"""``worldsdk record``: play a real game into a dataset."""

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

NAME = "record"
HELP = "record a real game into a dataset"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "game",
        help="doom-field, doom-maze, doom-arena, doom:<scenario>, grid-rooms, minigrid/<id>, car-racing, "
        "or a Gymnasium id",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the dataset")
    parser.add_argument("--frames", type=int, default=40960, help="frames in all (default %(default)s)")
    parser.add_argument("--size", help="frame size WIDTHxHEIGHT (default: the game's)")
    parser.add_argument("--seed", type=int, default=0, help="of the whole dataset (default %(default)s)")
    parser.add_argument("--policy", choices=POLICIES, default="mix", help="who plays (default %(default)s)")
    parser.add_argument("--play", action="store_true", help="play yourself, in a window; Esc ends")
    parser.add_argument("--episode-ticks", type=int, help="longest episode (default: the game's)")
    parser.add_argument("--resume", action="store_true", help="go on with a dataset that is there")
    parser.add_argument("--workers", type=int, default=1, help="processes (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    plan = RecordPlan.usual(args.game, **changes(args))
    # The bar waits a moment, so that a refusal is not preceded by an empty one.
    with ExitStack() as stack:
        bar = stack.enter_context(
            tqdm(total=args.frames, unit="frame", unit_scale=True, desc=args.game, delay=0.3)
        )
        try:
            writer = record(
                plan,
                args.out,
                args.frames,
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


def changes(args: argparse.Namespace) -> dict[str, Any]:
    """What the arguments change of the game's usual plan. Raises RecordError."""
    values: dict[str, Any] = {"policy": args.policy, "seed": args.seed}
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
