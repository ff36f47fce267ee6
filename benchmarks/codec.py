"""What encoding and decoding a message costs, pixels aside and with them.

Prints JSON with the machine it ran on::

    python benchmarks/codec.py --rounds 20000

"Pixels aside" is a frame message with every field given and an empty picture; the flagship's carries its
320 x 240 raw RGB.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from worldsdk.protocol import samples
from worldsdk.protocol.codec import decode, encode
from worldsdk.protocol.messages import FrameMessage, Input, Message
from worldsdk.runtime.machine import describe

PICTURE_BYTES = 320 * 240 * 3
WARM_UP = 500
"""Calls before the first that is measured: checks are compiled at a type's first message."""


def main(argv: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20_000, help="calls of each (default %(default)s)")
    args = parser.parse_args(argv)
    full = dataclasses.replace(
        samples.full_frame(),
        layers={},
        state={"x": 1.5, "y": 2.5, "angle": 90.0, "health": 100.0, "armour": 0.0, "ammo": 50.0},
        stages={"condition": 1.0, "denoise": 8.5, "commit": 0.75, "pixels": 0.5},
        hash="",
    )
    cases: dict[str, Message] = {
        "frame, pixels aside": dataclasses.replace(full, data=b""),
        "frame, 320x240 raw RGB": dataclasses.replace(full, data=bytes(PICTURE_BYTES)),
        "input": Input(seq=2, ts=1_016_667, keys=("KeyW", "ShiftLeft"), mouse=(12.0, -3.0)),
    }
    rows = []
    for name, message in cases.items():
        raw = encode(message)
        sender: Any = "server" if isinstance(message, FrameMessage) else "client"
        rows.append(
            {
                "message": name,
                "bytes": len(raw),
                "encode": timed(lambda message=message: encode(message), args.rounds),
                "decode": timed(lambda raw=raw, sender=sender: decode(raw, sender=sender), args.rounds),
            }
        )
    json.dump(
        {"machine": describe(torch.device("cpu")), "rounds": args.rounds, "rows": rows}, sys.stdout, indent=1
    )
    print()
    return 0


def timed(call: Callable[[], object], rounds: int) -> dict[str, float]:
    """Microseconds of one call: median and 99th percentile."""
    for _ in range(WARM_UP):
        call()
    gc.collect()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        call()
        taken.append(time.perf_counter_ns() - begun)
    taken.sort()
    return {"p50_us": taken[rounds // 2] / 1e3, "p99_us": taken[rounds * 99 // 100] / 1e3}


if __name__ == "__main__":
    sys.exit(main())
