"""4. Save, rewind, and fork one moment into two futures, side by side on screen.

    python demos/04_two_futures.py [WORLD] [--ticks 140]

A session's state is a value: ``snapshot`` is that value as bytes, ``rewind`` an older one, ``fork`` a
copy. The left half goes one way, the right half the other. Half-way both are taken back to the fork.
"""

import argparse

import numpy as np
import pygame

import worldsdk
from worldsdk.packs import default_world
from worldsdk.pixels import upscale

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", help="a bundled world or a pack folder")
parser.add_argument("--ticks", type=int, default=140)
args = parser.parse_args()

world = worldsdk.load(args.world or default_world())
first, second = [*world.controls, *world.controls][:2]
session = world.session(seed=7)
for _ in range(10):
    session.step({first.name: first.high})

blob = session.snapshot()
restored = world.restore(blob)
same = restored.step().digest() == session.fork().step().digest()
print(f"snapshot of {len(blob) / 1024:.0f} KB; what is restored from it goes on identically: {same}")

left, right = session, session.fork()
height, width = 384, 384 * world.spec.width // world.spec.height
pygame.display.init()
screen = pygame.display.set_mode((2 * width + 8, height))
clock = pygame.time.Clock()
half = max(1, args.ticks // 2)
for tick in range(args.ticks):
    if any(event.type == pygame.QUIT for event in pygame.event.get()):
        break
    if tick == half:
        left.rewind(half)
        right.rewind(half)
        print(f"rewound both to tick {left.tick}; equal again: {left.frame.digest() == right.frame.digest()}")
    held = [{first.name: first.high}, {second.name: second.high}]
    for side, frame in enumerate(world.step_many([left, right], held)):
        large = upscale(frame.pixels, height, width, "edge")
        screen.blit(pygame.image.frombuffer(large, (width, height), "RGB"), (side * (width + 8), 0))
    pygame.display.flip()
    clock.tick(world.rate_hz)
apart = np.abs(left.frame.pixels.astype(int) - right.frame.pixels).mean()
print(f"after {left.tick} ticks the futures differ by {apart:.1f} grey levels a pixel")
