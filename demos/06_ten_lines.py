"""6. Play a world that runs in another process, or on another machine, in ten lines.

    worldsdk serve grid-rooms                                        (in another terminal)
    python demos/06_ten_lines.py [URL] [--ticks 70]

``connect`` in place of ``load``: all else is as in the first demo. Nothing here needs torch.
"""

import argparse

import worldsdk

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("url", nargs="?", default="localhost:8765")
parser.add_argument("--ticks", type=int, default=70)
args = parser.parse_args()

with worldsdk.connect(args.url) as world:
    session = world.session(seed=7)
    first, *_ = world.controls
    for _ in range(args.ticks):
        frame = session.step({first.name: first.high})
    print(f"{world.title}: held {first.name} for {frame.tick} ticks, now {dict(frame.state)}")
    print(f"{frame.timing.total_ms:.1f} ms a frame there, {frame.pixels.shape} pixels came here each time")
    print(f"digest {frame.digest()[:16]}: the same as of a session in this process, seed for seed")
