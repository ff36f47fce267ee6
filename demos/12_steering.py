"""12. Steer a dream from a game's code: teleport and heal while playing, beside a map that the dream draws.

    python demos/12_steering.py [WORLD] [--ticks 280] [--out steering.mp4]

``set_state`` sets variables that the model tracks. In return every frame says where its camera is: the map's
camera follows, and with the depth layer each pixel's place in the world is known, so frames paint the map.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import pygame

import worldsdk
from worldsdk.pixels import Lens, upscale
from worldsdk.play.hud import Hud
from worldsdk.play.stage import Stage

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", default="doom-field", help="with depth, a pose, and health to set")
parser.add_argument("--ticks", type=int, default=280)
parser.add_argument("--out", type=Path, default=None, help="film to write instead of opening a window")
args = parser.parse_args()

world = worldsdk.load(args.world)
session, hud = world.session(seed=7), Hud(world.spec.variables)
height, width, (xs, ys) = 384, 384 * world.spec.width // world.spec.height, world.spec.variables[:2]
lens, teleports, heals = Lens(height, width, **world.manifest.config["camera"]), 0, 0
# One pixel of the map for four map units, north up, with room around it for the camera to look beyond.
room, unit = 128, 4.0
chart = np.full((*(int((axis.high - axis.low) / unit) + 2 * room for axis in (ys, xs)), 3), 24, np.uint8)
arrow = [(height // 2 + x, height // 2 + y) for x, y in ((0, -14), (9, 10), (-9, 10))]
places = [world.session(start=start).frame.state for start in range(0, world.starts, 5)]
with Stage(width + height, height, world.rate_hz, args.out, columns=3) as stage:
    while stage.turn() and session.tick < args.ticks:
        if session.tick % 70 == 69:
            session.set_state({name: places[teleports % len(places)][name] for name in ("x", "y", "heading")})
            teleports += 1
        if session.frame.state["health"] < 90.0:
            session.set_state({"health": 100.0})
            heals += 1
        frame = session.step({"forward": 1, "turn": 2.0 * math.sin(session.tick / 25)})
        east, north, up = lens.unproject(frame.state, frame.layers["depth"])
        known = (up < 90.0) & (frame.layers["depth"] < 700.0)
        columns, rows = ((east[known] - xs.low) / unit + room), ((ys.high - north[known]) / unit + room)
        chart[rows.astype(int) % len(chart), columns.astype(int) % chart.shape[1]] = frame.pixels[known]
        stage.picture(upscale(frame.pixels, height, width, "edge"), (0, 0))
        hud.draw(stage.surface, frame.state)
        top, left = int((ys.high - frame.state["y"]) / unit), int((frame.state["x"] - xs.low) / unit)
        around = chart[top : top + 2 * room, left : left + 2 * room].transpose(1, 0, 2)
        ahead_up = 90.0 - frame.state["heading"]
        view = pygame.transform.rotozoom(pygame.surfarray.make_surface(around), ahead_up, height / 180)
        inset = stage.surface.subsurface((width, 0, height, height))
        inset.blit(view, view.get_rect(center=inset.get_rect().center))
        pygame.draw.polygon(inset, (255, 196, 92), arrow)
        stage.show()
drawn = 100 * float((chart != 24).any(2)[room:-room, room:-room].mean())
print(f"teleported {teleports} times, healed {heals} times; the dream drew {drawn:.0f} % of its map")
