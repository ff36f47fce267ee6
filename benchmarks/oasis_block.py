"""One block of Oasis at the published size: what a frame costs in it, in each number format.

A tick is little else than blocks: with it goes what ``oasis.py`` measures whole, where there is less time or
memory than that takes. Prints JSON with the machine it ran on, and adds to what FILE holds::

    python benchmarks/oasis_block.py float32 bfloat16 int8 --json FILE
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from worldsdk.models.inference.oasis import QuickBlock
from worldsdk.models.oasis import OasisConfig
from worldsdk.models.oasis.attention import Past
from worldsdk.models.oasis.rotary import grid_turns, pixel_frequencies, time_frequencies, time_turns
from worldsdk.models.oasis.transformer import Block
from worldsdk.packs.storage import write_file
from worldsdk.runtime.device import settle_threads
from worldsdk.runtime.machine import describe

BLOCKS = 4
"""Taken in turn, so that a block's weights are not still at hand from the last time."""


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("formats", nargs="+", choices=("float32", "bfloat16", "int8"))
    parser.add_argument("--rounds", type=int, default=8, help="times that the new frame is measured")
    parser.add_argument("--no-past", action="store_true", help="leave out the 31 frames at once")
    parser.add_argument("--json", type=Path, help="add the report to this file")
    args = parser.parse_args(argv)
    settle_threads()
    report: dict[str, Any] = {}
    if args.json and args.json.exists():
        report = json.loads(args.json.read_text("utf-8"))
    report["machine"] = describe(torch.device("cpu"))
    report |= {"threads": torch.get_num_threads(), "processor_time": torch.get_num_threads() == 1}
    for kind in args.formats:
        report.setdefault("ms_a_block", {})[kind] = measure(kind, args.rounds, not args.no_past)
    text = json.dumps(report, indent=1)
    print(text)
    if args.json:
        write_file(args.json, f"{text}\n".encode())
    return 0


@torch.inference_mode()
def measure(kind: str, rounds: int, with_past: bool) -> dict[str, float]:
    """ms of one block: for the new frame, given 31 of the past, and for those 31 at once."""
    config = OasisConfig(precision="float32" if kind == "float32" else kind)
    torch.manual_seed(0)
    blocks = [_block(config, kind) for _ in range(BLOCKS)]
    past, places = config.window - 1, config.grid[0] * config.grid[1]
    dtype = torch.float32 if kind == "float32" else torch.bfloat16
    shape = (1, places, config.heads, past, config.hidden // config.heads)
    kept = [Past(torch.randn(shape).to(dtype), torch.randn(shape).to(dtype)) for _ in blocks]
    result = {
        "new_frame": _median(
            lambda n: _through(blocks[n % BLOCKS], config, 1, past, kept[n % BLOCKS]), rounds
        )
    }
    if with_past:
        result["past"] = _median(lambda n: _through(blocks[n % BLOCKS], config, past, 0, None), 1)
    return result


def _block(config: OasisConfig, kind: str) -> Block | QuickBlock:
    block = Block(config).eval().requires_grad_(False)
    return block if kind == "float32" else QuickBlock(block)


def _through(
    block: Block | QuickBlock, config: OasisConfig, frames: int, first: int, past: Past | None
) -> Tensor:
    head = config.hidden // config.heads
    places = config.grid[0] * config.grid[1]
    x = torch.zeros(1, frames, places, config.hidden).add_(torch.arange(config.hidden) / config.hidden)
    modulation = torch.full((1, frames, 12, config.hidden), 0.1)
    space = grid_turns(*config.grid, pixel_frequencies(head // 4, 256.0))
    positions = torch.arange(first, first + frames)[None]
    x = block.space(x, modulation, space)
    return block.time(x, modulation, time_turns(positions, time_frequencies(head // 2)), past, None)[0]


def _median(what: Callable[[int], object], rounds: int) -> float:
    taken = []
    for number in range(rounds + (rounds > 1)):
        started = _now()
        what(number)
        taken.append(1000.0 * (_now() - started))
    # The first fetches what the others find; where there is but one it counts.
    kept = sorted(taken[1:] or taken)
    return kept[len(kept) // 2]


def _now() -> float:
    """Seconds: with one thread the processor's, since other programs on the machine do not count."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


if __name__ == "__main__":
    sys.exit(main())
