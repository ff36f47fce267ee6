"""``worldsdk eval``: how faithful is a world to its game?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from worldsdk.cli import agents
from worldsdk.errors import EvaluationError

NAME = "eval"
HELP = "measure how faithful a world is to its game"

HELD_OUT_PART = 0.05
"""Part of a dataset's episodes that is held out where the pack does not say."""

DESCRIPTION = """\
Compares a world with held-out play of the real game: the next frame, the frame after 4, 16, 64 and 256
dreamt ones, state and depth where the game knows them, and how long a dream lasts in scripted play.

  worldsdk eval doom-field --json eval.json            records fresh held-out play (needs the game)
  worldsdk eval doom-field --data my-data --out report the held-out part of a dataset; report/ gets the
                                                       JSON, a card to read, and pictures
  worldsdk eval doom-field --minutes 0                 without the ten minutes of long play
  worldsdk eval doom-field --agents                    returns of players in the world and in the game
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write eval.json, card.md and pictures here")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page with pictures and clips")
    parser.add_argument(
        "--card", action="store_true", help="put the report into the pack as its fidelity card"
    )
    data = parser.add_argument_group("held-out play")
    data.add_argument("--data", type=Path, metavar="DATASET", help="a dataset, instead of fresh play")
    data.add_argument(
        "--split", choices=("held_out", "all"), default="held_out", help="its part (default %(default)s)"
    )
    data.add_argument("--game", help="the game to record from (default: the one the pack names)")
    data.add_argument("--episodes", type=int, default=24, help="fresh episodes (default %(default)s)")
    data.add_argument(
        "--lessons",
        type=Path,
        metavar="DATASET",
        help="real play to teach the frame reader with (default: fresh play, or the dataset's other part)",
    )
    data.add_argument(
        "--lesson-episodes",
        type=int,
        default=40,
        help="most episodes of it; 0: no obedience, geometry or Frechet distance (default %(default)s)",
    )
    nets = parser.add_argument_group("published feature networks, TorchScript files; without: not measured")
    nets.add_argument("--lpips-network", type=Path, metavar="FILE", help="two pictures -> their distance")
    nets.add_argument("--fvd-network", type=Path, metavar="FILE", help="clips of 16 frames -> features")
    size = parser.add_argument_group("how much to measure")
    size.add_argument("--windows", type=int, default=96, help="rollouts (default %(default)s)")
    size.add_argument("--next-windows", type=int, default=512, help="next frames (default %(default)s)")
    size.add_argument("--horizons", default="1,4,16,32,64,256", help="dreamt frames (default %(default)s)")
    size.add_argument(
        "--long-windows", type=int, default=32, help="of horizons beyond 64 (default %(default)s)"
    )
    size.add_argument(
        "--reader-steps", type=int, default=700, help="batches the reader is taught (default %(default)s)"
    )
    size.add_argument("--tour-sessions", type=int, default=4, help="of scripted tours (default %(default)s)")
    size.add_argument("--returns", type=int, default=8, help="for each time away (default %(default)s)")
    size.add_argument("--sessions", type=int, default=4, help="of long play (default %(default)s)")
    size.add_argument(
        "--minutes", type=float, default=10.0, help="of long play; 0: none (default %(default)s)"
    )
    size.add_argument("--tile", type=int, default=8, help="tile side of board games (default %(default)s)")
    agents.configure(parser)
    run_group = parser.add_argument_group("how to run")
    run_group.add_argument("--steps", type=int, help="denoising steps (default: the pack's)")
    run_group.add_argument("--device", default="auto", help="auto, cpu or cuda (default %(default)s)")
    run_group.add_argument("--batch", type=int, default=16, help="windows at once (default %(default)s)")
    run_group.add_argument(
        "--seed", type=int, default=0, help="of the choice of windows (default %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    if args.agents:
        return agents.run(args)
    from worldsdk.evaluation.about import about
    from worldsdk.evaluation.dreamers import ModelDreamer
    from worldsdk.evaluation.evaluate import Settings, evaluate, start_contexts
    from worldsdk.evaluation.films import gather_films
    from worldsdk.evaluation.page import page
    from worldsdk.evaluation.report import to_json, to_markdown
    from worldsdk.evaluation.truth import Instruments
    from worldsdk.packs import open_pack
    from worldsdk.packs.save import add_files
    from worldsdk.packs.storage import write_file
    from worldsdk.runtime.world import load

    settings = Settings(
        horizons=parse_horizons(args.horizons),
        next_windows=args.next_windows,
        windows=args.windows,
        long_windows=args.long_windows,
        reader_steps=args.reader_steps,
        tour_sessions=args.tour_sessions,
        returns=args.returns,
        sessions=args.sessions if args.minutes > 0 else 0,
        minutes=args.minutes,
        tile=args.tile,
        batch=args.batch,
        seed=args.seed,
    )
    settings.check()
    world = load(args.world, args.device, steps=args.steps)
    networks = _networks(args)
    with (
        _bars() as stage,
        _held_out(args, world, stage) as (heldout, fresh),
        _lessons(args, world, stage, fresh) as lessons,
    ):
        height, width = heldout.episodes[0].pixels.shape[1:3]
        if height != world.spec.height:
            # As small as what the world was taught on, or between: it has a variant that shows just that.
            world = load(args.world, args.device, steps=args.steps, variant=f"{width}x{height}")
        dreamer = ModelDreamer(world.model, world.steps)
        game = args.game or (_game(args, world) if fresh else None)
        kit = Instruments(lessons, world.controls, game, *networks)
        results = evaluate(dreamer, heldout, start_contexts(world), settings, world.rate_hz, stage, kit)
        report = to_json(results, about(world, heldout))
        card = to_markdown(report, world.spec)
        if args.out is not None:
            _write_folder(args.out, report, card, dreamer, heldout, results)
        if args.html is not None:
            write_file(args.html, page(report, card, gather_films(dreamer, heldout, results)))
    figures = (json.dumps(report, indent=1) + "\n").encode()
    if args.json is not None:
        write_file(args.json, figures)
    if args.card:
        add_files(open_pack(args.world).folder, {"card.json": figures, "card.md": card.encode()})
    print(card, end="")
    return 0


def parse_horizons(text: str) -> tuple[int, ...]:
    """``"1,4,16"`` -> (1, 4, 16). Raises EvaluationError."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) for word in words):
        raise EvaluationError(
            f"is {text!r}", where="--horizons", fix="give numbers of frames, for example 1,4,16,64"
        )
    return tuple(sorted({int(word) for word in words}))


@contextmanager
def _held_out(args: argparse.Namespace, world: Any, stage: Any) -> Iterator[tuple[Any, bool]]:
    """The episodes to measure on, and whether they were just played."""
    from worldsdk.data.reader import Dataset
    from worldsdk.data.recorder import RecordPlan
    from worldsdk.evaluation.source import fresh_frames, freshly_recorded, from_dataset

    if args.data is not None:
        # The part that training kept apart, so that nothing it saw is asked.
        dataset = Dataset.open(args.data, held_out=_held_out_part(world))
        yield from_dataset(dataset, world.spec, world.controls, args.split), False
        return
    if args.episodes < 2:
        raise EvaluationError(f"is {args.episodes}", where="--episodes", fix="give at least 2")
    game = _game(args, world)
    total = fresh_frames(RecordPlan.usual(game), args.episodes)
    with freshly_recorded(
        game,
        world.spec,
        world.controls,
        args.episodes,
        seed=args.seed,
        progress=stage(f"recording {game}", total),
    ) as heldout:
        yield heldout, True


@contextmanager
def _lessons(args: argparse.Namespace, world: Any, stage: Any, fresh: bool) -> Iterator[Any]:
    """Real play for the reader, none of which is measured on; None where there is too little."""
    from worldsdk.data.reader import Dataset
    from worldsdk.data.recorder import RecordPlan
    from worldsdk.evaluation.lessons import LEAST_FRAMES
    from worldsdk.evaluation.source import (
        LESSON_SEED,
        first_episodes,
        fresh_frames,
        freshly_recorded,
        from_dataset,
    )

    most = args.lesson_episodes
    if most < 0:
        raise EvaluationError(f"is {most}", where="--lesson-episodes", fix="give 0 or more")
    if most == 0 or args.reader_steps == 0:
        yield None
    elif args.lessons is not None:
        whole = from_dataset(Dataset.open(args.lessons), world.spec, world.controls, "all")
        yield first_episodes(whole, most)
    elif fresh:
        game = _game(args, world)
        bar = stage(f"recording {game} for the reader", fresh_frames(RecordPlan.usual(game), most))
        with freshly_recorded(
            game, world.spec, world.controls, most, seed=LESSON_SEED + args.seed, progress=bar
        ) as lessons:
            yield lessons
    elif args.split == "all":
        # All of it is measured on: a reader taught with it would know the answers.
        yield None
    else:
        dataset = Dataset.open(args.data, held_out=_held_out_part(world))
        if sum(len(episode) for episode in dataset.split("train")) < LEAST_FRAMES:
            yield None
            return
        yield first_episodes(from_dataset(dataset, world.spec, world.controls, "train"), most)


def _game(args: argparse.Namespace, world: Any) -> str:
    recorded = world.manifest.provenance.get("data", {})
    return str(args.game or recorded.get("game") or world.manifest.name)


def _held_out_part(world: Any) -> float:
    return float(world.manifest.provenance.get("data", {}).get("held_out", HELD_OUT_PART))


def _networks(args: argparse.Namespace) -> tuple[Any, Any]:
    from worldsdk.evaluation.networks import PictureNetwork, VideoNetwork

    picture, video = args.lpips_network, args.fvd_network
    return (
        None if picture is None else PictureNetwork(picture, "--lpips-network"),
        None if video is None else VideoNetwork(video, "--fvd-network"),
    )


@contextmanager
def _bars() -> Iterator[Callable[[str, int], Callable[[int], Any]]]:
    from tqdm import tqdm

    with ExitStack() as stack:

        def begin(name: str, total: int) -> Callable[[int], Any]:
            return stack.enter_context(tqdm(total=total, desc=name, unit="frame", unit_scale=True)).update

        yield begin


def _write_folder(
    folder: Path, report: dict[str, Any], card: str, dreamer: Any, heldout: Any, results: Any
) -> None:
    from worldsdk.evaluation.pictures import long_play_sheet, png, real_above_dreamt
    from worldsdk.packs.storage import write_file

    strip = real_above_dreamt(
        dreamer, heldout, results.horizons, history=dreamer.model.spec.history, seed=results.settings.seed
    )
    write_file(folder / "eval.json", (json.dumps(report, indent=1) + "\n").encode())
    write_file(folder / "card.md", card.encode())
    write_file(folder / "real-above-dreamt.png", png(strip))
    if results.long_play is not None:
        write_file(folder / "long-play.png", png(long_play_sheet(results.long_play.pictures)))
