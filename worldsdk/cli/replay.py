"""``worldsdk replay``: the same session again, compared frame by frame."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "replay"
HELP = "make a recorded session again from its input log and compare every frame"
EPILOG = """\
Input logs are written by 'worldsdk serve --record-dir DIR'. A log holds what went in and the digest of what
came out, so that a session can be made again bit by bit on the same kind of machine.

examples:
  worldsdk replay logs/4f1c-ab12cd.worldlog.jsonl
  worldsdk replay session.worldlog.jsonl --world ./my-world

exit code: 0 every frame is the same, 1 one differs (the first is named), 2 the log cannot be followed
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("log", type=Path, help="an input log")
    parser.add_argument("--world", help="its world, if not a bundled one")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")


def run(args: argparse.Namespace) -> int:
    from worldsdk.server.replay import replay

    report = replay(args.log, args.world, args.device)
    if report.cut:
        print("The last line is cut off and was left out.")
    if report.first is None:
        print(f"{report.ticks} frames of {report.world}: every one the same")
        return 0
    first = report.first
    print(f"line {first.line}, tick {first.tick}: the frame differs")
    print(f"  recorded {first.recorded}")
    print(f"  made     {first.made}")
    if not report.exact:
        print("The log was made by fused passes, which can be repeated to rounding only.")
    return 1
