"""``worldsdk import``: a pack from the checkpoint of somebody else's world model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldsdk.importing import Imported

NAME = "import"
HELP = "turn a checkpoint of another world model (DIAMOND, Oasis) into a pack"

EPILOG = """\
Nothing in a file is run: only tensors and plain values are read. A pack is written only where every tensor of
the model was found and none was left unexplained.

examples:
  worldsdk import Breakout.pt --out packs/breakout
  worldsdk import csgo.pt --family diamond --out packs/csgo --starts my-pictures
  worldsdk import oasis500m.safetensors vit-l-20.safetensors --out packs/oasis
  worldsdk import Breakout.pt --look --json      which tensor becomes what, and nothing is written
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="all files of the checkpoint")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", type=Path, metavar="PACK", help="folder of the pack")
    place.add_argument("--look", action="store_true", help="say what is in the files; write nothing")
    parser.add_argument("--family", help="whose checkpoint it is (default: found by looking)")
    parser.add_argument("--name", help="of the pack (default: from the family and the file's name)")
    parser.add_argument("--game", help="what it is a world of (default: the file's name)")
    parser.add_argument(
        "--starts", type=Path, metavar="DIR", help="where sessions begin: a dataset, or pictures of the game"
    )
    parser.add_argument("--licence", default="NOASSERTION", help="SPDX expression of the weights' licence")
    parser.add_argument("--part", help="the file's entry that holds the tensors, where several could")
    parser.add_argument("--half", action="store_true", help="keep the weights as bfloat16: half the size")
    parser.add_argument("--json", action="store_true", help="print the report of every tensor as JSON")


def run(args: argparse.Namespace) -> int:
    from worldsdk.importing import import_checkpoint

    made = import_checkpoint(
        args.files,
        args.out,
        family=args.family,
        name=args.name,
        game=args.game,
        starts=args.starts,
        licence=args.licence,
        part=args.part,
        half=args.half,
    )
    if args.json:
        pack = None if made.folder is None else str(made.folder)
        print(json.dumps({"pack": pack, "starts": made.starts, **made.report.to_json()}, indent=1))
    else:
        _print(made)
    return 0 if made.report.complete else 1


def _print(made: Imported) -> None:
    report = made.report
    print(f"{report.recognised}")
    print(f"  used        {len(report.used)} tensors")
    for prefix, count in report.stripped.items():
        print(f"  stripped    {prefix!r} from {count} names")
    for why in sorted(set(report.left_out.values())):
        count = sum(1 for reason in report.left_out.values() if reason == why)
        print(f"  left out    {count} tensors: {why}")
    for word, names in (("missing", report.missing), ("unexpected", report.unexpected)):
        for name in names:
            print(f"  {word:<11} {name}")
    for name, wrong in report.misshapen.items():
        print(f"  misshapen   {name} {wrong}")
    print(f"  starts      {made.starts}")
    if made.folder is not None:
        print(f"{made.manifest.title}: {made.folder}; play it: worldsdk play {made.folder}")
