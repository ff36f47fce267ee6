"""11. Put things of one's own into a dream: behind what is nearer, marked where things are, a display on top.

    python demos/11_compositing.py [WORLD] [--ticks 210] [--start 6] [--out compositing.mp4]

A ghost that no model has seen walks to and fro, hidden by what the depth layer says is nearer. The layer
``entities`` marks medkits. Health is a number and in no frame: H draws it in another style. With --out there
is no window, but a film, and a contact sheet beside it.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import pygame

import worldsdk
from worldsdk.pixels import Lens, draw_at_depth, highlight, upscale
from worldsdk.play.hud import HUD_STYLES, Hud
from worldsdk.play.stage import Stage

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", default="doom-maze", help="with depth and a pose, e.g. doom-field")
parser.add_argument("--ticks", type=int, default=210)
parser.add_argument("--start", type=int, default=6)
parser.add_argument("--out", type=Path, default=None, help="film to write instead of opening a window")
args = parser.parse_args()

world = worldsdk.load(args.world)
session, hud, style, seen = world.session(seed=7, start=args.start), Hud(world.spec.variables), 0, []
height, width = 480, 480 * world.spec.width // world.spec.height
lens = Lens(height, width, **world.manifest.config["camera"])
ghost = pygame.Surface((84, 112), pygame.SRCALPHA)
pygame.draw.rect(ghost, (214, 236, 255, 240), (2, 2, 80, 108), border_radius=40)
pygame.draw.ellipse(ghost, (24, 30, 64, 255), (35, 32, 14, 24))
home = session.step().state
turn = math.radians(home["heading"])
away = min(160.0, float(np.median(session.frame.layers["depth"][world.spec.height // 2])))
with Stage(width, height, world.rate_hz, args.out) as stage:
    while stage.turn() and session.tick <= args.ticks:
        frame = session.step({"turn": 0.8 * math.cos(session.tick / 16), "forward": session.tick % 40 == 0})
        style += pygame.K_h in stage.pressed or (args.out and frame.tick % (args.ticks // 3 + 1) == 0)
        picture = upscale(frame.pixels, height, width, "edge")
        if "entities" in frame.layers:
            highlight(picture, (frame.layers["entities"] > 0).astype(np.float32), (255, 210, 80))
        aside = 0.7 * away * math.sin(frame.tick / 30)
        x = home["x"] + away * math.cos(turn) + aside * math.sin(turn)
        y = home["y"] + away * math.sin(turn) - aside * math.cos(turn)
        place = lens.project(frame.state, x, y, z=60.0)  # its top; it is 42 map units wide and 56 tall
        if place.depth > 16.0:
            size = round(42 * place.across) or 1, round(56 * place.down) or 1
            rgba = pygame.image.tobytes(pygame.transform.smoothscale(ghost, size), "RGBA")
            sprite = np.frombuffer(rgba, np.uint8).reshape(size[1], size[0], 4)
            where = place.column - size[0] / 2, place.row, place.depth
            seen.append(draw_at_depth(picture, frame.layers["depth"], sprite, *where))
        stage.picture(picture, (0, 0))
        hud.draw(stage.surface, frame.state, HUD_STYLES[style % len(HUD_STYLES)])
        stage.show()
whole, hidden = sum(part > 0.95 for part in seen), sum(part < 0.05 for part in seen)
print(f"a ghost {away:.0f} away, drawn {len(seen)} times: {whole} times whole, {hidden} times hidden")
