"""10. Tree search: try every move in a twin of the world, keep what is new, follow the best way found.

    python demos/10_tree_search.py [WORLD] [--frames 8000] [--start 0]

``fork`` makes the branches: a twin shares nothing with its original but the past. All branches of a layer
are drawn in joint passes. Afterwards the original walks the way, is taken back, and walks it again.
"""

import argparse

import numpy as np

import worldsdk

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", default="grid-rooms", help="a bundled world or a pack folder")
parser.add_argument("--frames", type=int, default=8000, help="frames to look at, at most")
parser.add_argument("--start", type=int, default=0, help="index of the start context")
parser.add_argument("--moves", default="", help="controls to try, comma between; all unless given")
args = parser.parse_args()


def gist(frame):
    """What makes two frames the same place: the state in eighths of its ranges, and a coarse picture."""
    levels = [round(8 * (frame.state[v.name] - v.low) / (v.high - v.low)) for v in world.spec.variables]
    rows = np.array_split(frame.pixels.astype(np.float32), 8, 0)
    cells = [cell.mean((0, 1)) for row in rows for cell in np.array_split(row, 8, 1)]
    return (*levels, np.round(np.array(cells) / 32).astype(np.int8).tobytes())


world = worldsdk.load(args.world, deterministic=False)
session = world.session(seed=7, start=args.start)
tried = args.moves.split(",") if args.moves else world.controls.names
moves = [{name: end} for name in tried for c in [world.controls[name]] for end in {c.low, c.high} - {0.0}]
layer, seen, looked = [(0.0, [], session)], {gist(session.frame)}, 0
best, way, ended = -np.inf, [], False
while layer and looked < args.frames and not ended:
    twins = [(sum_, path, node.fork(), move) for sum_, path, node in layer for move in moves]
    twins = twins[: args.frames - looked]
    layer = []
    for at in range(0, len(twins), 64):
        batch = twins[at : at + 64]
        frames = world.step_many([twin for _, _, twin, _ in batch], [move for *_, move in batch])
        looked += len(batch)
        for (sum_, path, twin, move), frame in zip(batch, frames, strict=True):
            total, steps = sum_ + frame.reward, [*path, move]
            if (frame.ended, total) > (ended, best):
                best, way, ended = total, steps, frame.ended
            if not frame.ended and gist(frame) not in seen:
                seen.add(gist(frame))
                layer.append((total, steps, twin))
print(f"looked at {looked} frames, {len(seen)} places; end reached: {ended}; return {best:.3f}")
print("way: " + ", ".join(name for move in way for name in move))
first = [session.step(move).digest() for move in way]
session.rewind(len(way))
again = [session.step(move).digest() for move in way]
print(f"walked its {len(way)} moves, went back and walked them again: same frames: {first == again}")
