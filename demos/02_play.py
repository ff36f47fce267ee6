"""2. Play a world with pygame in forty lines.

    python demos/02_play.py [WORLD] [--ticks N]

``Bindings`` turns key presses into the world's controls, by the keys that its pack declares; ``upscale``
makes the small frame large. ``worldsdk play`` is this plus rewinding, saving, filming and a help screen.
"""

import argparse

import pygame

import worldsdk
from worldsdk.packs import default_world
from worldsdk.pixels import upscale
from worldsdk.play.bindings import Bindings
from worldsdk.play.keys import code_of

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", help="a bundled world or a pack folder")
parser.add_argument("--ticks", type=int, default=0, help="leave after so many; 0 plays until closed")
args = parser.parse_args()

world = worldsdk.load(args.world or default_world())
session, bindings, clock = world.session(seed=7), Bindings(world.controls), pygame.time.Clock()
height, width = 480, 480 * world.spec.width // world.spec.height
pygame.display.init()
screen = pygame.display.set_mode((width, height))

playing = True
while playing:
    for event in pygame.event.get():
        if event.type == pygame.QUIT:
            playing = False
        elif event.type == pygame.KEYDOWN and (code := code_of(event)):
            bindings.press(code)
        elif event.type == pygame.KEYUP and (code := code_of(event)):
            bindings.release(code)
    frame = session.step(bindings.sample())
    large = upscale(frame.pixels, height, width, "edge")
    screen.blit(pygame.image.frombuffer(large, (width, height), "RGB"), (0, 0))
    pygame.display.flip()
    clock.tick(world.rate_hz)
    playing = playing and frame.tick != args.ticks
print(f"played {session.tick} ticks at {clock.get_fps():.0f} fps")
