"""5. An agent in the loop: it looks at each dreamt frame and decides what to hold next.

    python demos/05_agent.py [WORLD] [--ticks 350] [--out agent.mp4]

The agent walks until the picture stops changing, which is what walking into a wall looks like, then
turns for a while. It needs nothing but pixels, so it plays every world that can walk and turn.
"""

import argparse
from pathlib import Path

import numpy as np

import worldsdk
from worldsdk.packs import default_world
from worldsdk.play.recorder import FilmWriter, film_size

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", help="a bundled world or a pack folder")
parser.add_argument("--ticks", type=int, default=350)
parser.add_argument("--out", type=Path, default=Path("agent.mp4"))
args = parser.parse_args()


class Wanderer:
    """Holds ``walk``; when stuck, holds ``turn`` for ``patience`` ticks."""

    def __init__(self, controls, patience=12):
        self.walk = next(c for c in controls if "forward" in c.name)
        self.turn = next((c for c in controls if "turn" in c.name), None) or controls["right"]
        self.patience, self.turning, self.before, self.motion = patience, 0, None, 20.0

    def act(self, frame):
        now = frame.pixels.astype(np.float32)
        if self.before is not None:
            self.motion = 0.8 * self.motion + 0.2 * np.abs(now - self.before).mean()
        self.before = now
        if self.turning == 0 and self.motion < 1.5:
            self.turning, self.motion = self.patience, 20.0
        if self.turning:
            self.turning -= 1
            return {self.turn.name: self.turn.snap(self.turn.high / 2) or self.turn.high}
        return {self.walk.name: self.walk.high}


world = worldsdk.load(args.world or default_world())
session, agent, turned, reward = world.session(seed=7), Wanderer(world.controls), 0, 0.0
with FilmWriter(args.out, *film_size(world.spec.height, world.spec.width), world.rate_hz) as film:
    for _ in range(args.ticks):
        controls = agent.act(session.frame)
        frame = session.step(controls)
        film.add(frame.pixels)
        turned, reward = turned + (agent.turn.name in controls), reward + frame.reward
print(f"walked {args.ticks - turned} ticks, turned {turned}, reward {reward:.2f}; film in {args.out}")
