"""3. Keep a promise: a frame on every beat of the clock, each within its budget.

    python demos/03_real_time.py [WORLD] [--ticks 105] [--budget-ms MS]

Inside ``realtime`` each tick has a deadline. The model improves its frame step by step and stops when
one more step would not fit, so a small budget costs quality, not punctuality. Try ``--budget-ms 5``.
"""

import argparse
import time

import worldsdk
from worldsdk.packs import default_world

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", help="a bundled world or a pack folder")
parser.add_argument("--ticks", type=int, default=105)
parser.add_argument("--budget-ms", type=float, default=None, help="of one tick; the whole tick by default")
args = parser.parse_args()

world = worldsdk.load(args.world or default_world())
walk = next(iter(world.controls))
session = world.session(seed=7)

with session.realtime(budget_ms=args.budget_ms, on_miss="hold") as live:
    began = time.perf_counter()
    for _ in range(args.ticks):
        frame = live.tick({walk.name: walk.high})
        timing = frame.timing
        mark = "held" if frame.held else "in time" if timing.deadline_met else "LATE"
        if frame.tick % 15 == 0:
            print(
                f"tick {frame.tick:4}  {timing.total_ms:5.1f} of {timing.budget_ms:.1f} ms  "
                f"{timing.steps_used} steps  {mark}"
            )
    seconds = time.perf_counter() - began

summary = live.statistics.summary()
print(
    f"{args.ticks} beats in {seconds:.2f} s: {args.ticks / seconds:.1f} per second, asked {world.rate_hz:g}"
)
print(f"missed {summary['missed']}, p99 {summary['frame_ms']['p99']:.1f} ms, steps {summary['steps_used']}")
