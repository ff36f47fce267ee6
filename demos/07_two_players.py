"""7. Two players in one room, in real time: one walks, the other turns, both see the same world.

    worldsdk serve doom-field                                        (in another terminal)
    python demos/07_two_players.py [URL] [--seconds 5]

A room is a name that players share. The server's clock ticks whether or not anybody holds anything; of each
control the newest that is not at rest wins. The second player here is a program; so may both be.
"""

import argparse
import asyncio
import time

from worldsdk.client import aio

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("url", nargs="?", default="localhost:8765")
parser.add_argument("--seconds", type=float, default=5.0)
args = parser.parse_args()
ROOM = f"demo-{time.time_ns():x}"


async def play(name, choose):
    """Joins, holds what ``choose`` picks of the world's controls, and tells what became of it."""
    async with await aio.connect(args.url, mode="realtime", room=ROOM) as world:
        session = await world.session()
        control = choose(list(world.controls))
        await session.set_controls({control.name: control.high})
        ends, frames = time.monotonic() + args.seconds, []
        async for frame in session.frames():
            frames.append(frame)
            if time.monotonic() >= ends:
                break
        print(
            f"{name} held {control.name}: saw {len(frames)} frames to tick {frames[-1].tick}, "
            f"hand to eye {session.quality.action_p50:.0f} ms, state {dict(frames[-1].state)}"
        )
        return frames[-1]


async def main():
    first = asyncio.create_task(play("first ", lambda controls: controls[0]))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(play("second", lambda controls: controls[1]))
    frames = await asyncio.gather(first, second)
    print(f"they were {abs(frames[0].tick - frames[1].tick)} ticks apart when they looked last")


asyncio.run(main())
