"""``worldsdk train``: from a recipe and a dataset to a world pack."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "train"
HELP = "train a world from a recipe and a recorded dataset"

EXAMPLES = """\
examples:
  worldsdk record doom-field --frames 90000 --size 64x48 --seed 1 --out datasets/doom-field
  worldsdk train doom-field --data datasets/doom-field --out runs/doom-field --minutes 45
  worldsdk play runs/doom-field/pack

Ctrl-C stops after the current step; the same command goes on from there, as if it had never stopped.
While it runs, look at strip-*.png (real above dreamt) and curves.png in the --out folder.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("recipe", help="a recipe file, or the name of a bundled recipe")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="dataset made by `worldsdk record`"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the run; continued if it exists"
    )
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, help="time budget (default: the recipe's)")
    budget.add_argument("--steps", type=int, help="budget in steps instead: repeatable to the bit")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's own choice)")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def run(args: argparse.Namespace) -> int:
    import torch

    from worldsdk.data.reader import Dataset
    from worldsdk.runtime.device import resolve_device
    from worldsdk.training.export import export_pack
    from worldsdk.training.recipe import load_recipe
    from worldsdk.training.trainer import Budget, Trainer

    recipe = load_recipe(args.recipe)
    if args.threads:
        torch.set_num_threads(args.threads)
    dataset = Dataset.open(args.data, held_out=recipe.data.held_out)
    minutes = None if args.steps else (args.minutes or recipe.minutes)
    trainer = Trainer(
        recipe, dataset, args.out, Budget(minutes, args.steps), resolve_device(args.device), quiet=args.quiet
    )
    if trainer.resumed:
        stage = recipe.stages[min(trainer.progress.stage, len(recipe.stages) - 1)]
        print(f"going on from step {trainer.progress.total_steps}, stage {stage.name!r}")
    finished = trainer.run()
    pack = export_pack(trainer, dataset, args.out / "pack")
    if finished:
        print(f"done; play it: worldsdk play {pack}")
    else:
        print(f"stopped; the same command goes on. What there is so far: worldsdk play {pack}")
    return 0
