"""1. Step a world and save what it dreamt as a filmstrip.

    python demos/01_filmstrip.py [WORLD] [--ticks 70] [--out filmstrip.png]

A world is loaded once; a session is one dream in it. ``step`` takes what is held and returns a frame.
The top row comes of holding the world's first control, the bottom row of its second, from one start.
"""

import argparse

from PIL import Image

import worldsdk
from worldsdk.packs import default_world
from worldsdk.pixels import filmstrip, pick_evenly

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", help="a bundled world or a pack folder")
parser.add_argument("--ticks", type=int, default=70)
parser.add_argument("--out", default="filmstrip.png")
args = parser.parse_args()

world = worldsdk.load(args.world or default_world())
for control in world.controls:
    print(f"{control.name:14} {control.kind:7} {control.low:g} to {control.high:g} {control.unit}")

rows = []
for control in list(world.controls)[:2]:
    session = world.session(seed=7, start=0)
    frames = [session.step({control.name: control.high}) for _ in range(args.ticks)]
    rows.append([frames[i].pixels for i in pick_evenly(len(frames), 8)])
    last = frames[-1]
    print(
        f"{control.name}: tick {last.tick}, state {dict(last.state)}, {last.timing.total_ms:.1f} ms a frame"
    )

Image.fromarray(filmstrip(rows, scale=3 if world.spec.width < 128 else 1)).save(args.out)
print("saved", args.out)
