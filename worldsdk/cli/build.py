"""``worldsdk build``: from a recipe to a finished world: record, train, evaluate, check."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "build"
HELP = "make a world from nothing: record its game, train, evaluate, and check the pack"

EPILOG = """\
A build is a folder: data/ is the recorded game, run/ the training run, run/pack/ the world, eval.json what
was measured. What is done already is not done again: after Ctrl-C, or a power cut, the same command goes on.

examples:
  worldsdk build grid-rooms                               as the recipe says
  worldsdk build doom-arena --frames 20000 --minutes 10   a smaller one
  worldsdk build my-game.toml --out builds/my-game        a recipe of your own
"""

FRESH_EPISODES = 4
"""Episodes recorded for the evaluation where the dataset keeps fewer than two apart."""

QUICK = (
    *("--horizons", "1,4,16", "--windows", "16", "--next-windows", "64", "--minutes", "0"),
    *("--lesson-episodes", "0", "--tour-sessions", "1", "--returns", "0"),
)
"""An evaluation of a minute or less: the next frame and short rollouts, neither long play nor tours."""


@dataclass(frozen=True)
class Folders:
    """Where the parts of a build lie."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def pack(self) -> Path:
        return self.run / "pack"

    @property
    def figures(self) -> Path:
        return self.root / "eval.json"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("recipe", help="a recipe file, or the name of a bundled recipe")
    parser.add_argument("--out", type=Path, metavar="DIR", help="of the build (default: builds/NAME)")
    parser.add_argument("--frames", type=int, help="to record (default: the recipe's)")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, help="to train (default: the recipe's)")
    budget.add_argument("--steps", type=int, help="to train instead: repeatable to the bit")
    parser.add_argument("--workers", type=int, default=1, help="that record (default %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default %(default)s)")
    parser.add_argument("--threads", type=int, help="CPU threads of training (default: torch's own choice)")
    parser.add_argument("--quick", action="store_true", help="evaluate in a minute, less thoroughly")
    parser.add_argument("--quiet", action="store_true", help="no progress bars while training")


def run(args: argparse.Namespace) -> int:
    from worldsdk.packs import open_pack
    from worldsdk.training.recipe import load_recipe

    recipe = load_recipe(args.recipe)
    folders = Folders(args.out or Path("builds") / recipe.world.name)
    frames = recipe.data.frames if args.frames is None else args.frames
    have = recorded(folders.data)
    _say(1, f"record {frames:,} frames of {recipe.data.game}", skip=have >= frames)
    if have < frames:
        code = _do(record_words(recipe, folders, frames, args.workers, resume=have > 0))
        if code:
            return code
    trained = finished(folders.pack)
    _say(2, "train", skip=trained)
    if not trained:
        code = _do(train_words(args, folders))
        if code:
            return code
        if not finished(folders.pack):
            print("stopped; the same command goes on")
            return 130
    measured = has_card(folders.pack)
    _say(3, "evaluate", skip=measured)
    if not measured:
        code = _do(eval_words(args, folders, recipe.data.held_out))
        if code:
            return code
    _say(4, "check the pack")
    pack = open_pack(folders.pack)
    pack.verify()
    size = sum(entry.size for entry in pack.manifest.files.values())
    print(f"{pack.manifest.title}: {size / 1e6:.1f} MB, intact; play it: worldsdk play {folders.pack}")
    return 0


def recorded(folder: Path) -> int:
    """Frames of the dataset in ``folder``; 0 where there is none yet."""
    from worldsdk.data.format import INFO_FILE
    from worldsdk.data.reader import Dataset
    from worldsdk.errors import DatasetError

    if not (folder / INFO_FILE).is_file():
        return 0
    try:
        return len(Dataset.open(folder))
    except DatasetError:
        # Stopped within its first shard: nothing of it is usable, and recording goes on from there.
        return 0


def finished(pack: Path) -> bool:
    """Whether there is a pack whose training went through its whole recipe."""
    manifest = _manifest(pack)
    return manifest is not None and bool(manifest.provenance.get("finished"))


def has_card(pack: Path) -> bool:
    """Whether the pack has been evaluated since it was trained."""
    manifest = _manifest(pack)
    return manifest is not None and "card.json" in manifest.files


def record_words(recipe: Any, folders: Folders, frames: int, workers: int, *, resume: bool) -> list[str]:
    """The command line that records."""
    data = recipe.data
    words = ["record", data.game, "--out", str(folders.data), "--frames", str(frames)]
    words += ["--seed", str(data.seed), "--policy", data.policy, "--workers", str(workers)]
    words += ["--size", data.size] if data.size else []
    return [*words, "--resume"] if resume or folders.data.exists() else words


def train_words(args: argparse.Namespace, folders: Folders) -> list[str]:
    """The command line that trains."""
    words = ["train", args.recipe, "--data", str(folders.data), "--out", str(folders.run)]
    words += ["--device", args.device]
    for name in ("minutes", "steps", "threads"):
        value = getattr(args, name)
        words += [] if value is None else [f"--{name}", str(value)]
    return [*words, "--quiet"] if args.quiet else words


def eval_words(args: argparse.Namespace, folders: Folders, held_out: float) -> list[str]:
    """The command line that evaluates: on what the dataset keeps apart, else on fresh play."""
    from worldsdk.data.reader import Dataset

    words = ["eval", str(folders.pack), "--card", "--json", str(folders.figures), "--device", args.device]
    if len(Dataset.open(folders.data, held_out=held_out).split("held_out")) >= 2:
        words += ["--data", str(folders.data)]
    else:
        words += ["--episodes", str(FRESH_EPISODES)]
    return [*words, *QUICK] if args.quick else words


def _manifest(pack: Path) -> Any:
    from worldsdk.errors import WorldSDKError
    from worldsdk.packs import open_pack

    try:
        return open_pack(pack).manifest if pack.is_dir() else None
    except WorldSDKError:
        # A power cut within its writing: it is made again.
        return None


def _say(number: int, what: str, *, skip: bool = False) -> None:
    print(f"[{number}/4] {what}{': done before' if skip else ''}", flush=True)


def _do(words: Sequence[str]) -> int:
    from worldsdk.cli.main import build_parser

    print("  worldsdk " + " ".join(words), flush=True)
    args = build_parser(words[0]).parse_args(list(words))
    code: int = args.run(args)
    return code
