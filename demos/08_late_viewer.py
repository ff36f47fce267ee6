"""8. A viewer who joins late sees the present at once, and costs the player nothing.

    worldsdk serve grid-rooms                                        (in another terminal)
    python demos/08_late_viewer.py [URL] [--ticks 40] [--out late.png]

Viewers send nothing but acknowledgements. One that is slow is shown fewer frames, always the newest.
"""

import argparse
import time

from PIL import Image

import worldsdk

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("url", nargs="?", default="localhost:8765")
parser.add_argument("--ticks", type=int, default=40, help="that the player has played when the viewer comes")
parser.add_argument("--out", default="late.png")
args = parser.parse_args()

with worldsdk.connect(args.url, mode="realtime") as world, world.session(seed=7).realtime() as live:
    walk, *_ = world.controls
    for frame in live:
        live.set_controls({walk.name: walk.high})
        if frame.tick >= args.ticks:
            break
    room = live.session.room
    came = time.perf_counter()
    with worldsdk.connect(args.url, role="viewer", room=room) as gallery:
        viewer = gallery.session()
        waited = 1000.0 * (time.perf_counter() - came)
        print(f"the player was at tick {frame.tick}; the viewer's first frame is tick {viewer.tick}")
        print(f"it was there {waited:.1f} ms after knocking, a key frame: {viewer.frame.wire.key}")
        with viewer.realtime() as looking:
            for seen in looking:
                time.sleep(0.3)
                if seen.tick >= args.ticks + 12:
                    break
        passed = looking.skipped + looking.quality.replaced
        print(f"looking three times a second it missed {passed} frames, and is not behind for it:")
        print(f"it is at tick {viewer.tick}, the player at {live.tick().tick}")
        Image.fromarray(viewer.frame.pixels).resize((320, 240), Image.Resampling.NEAREST).save(args.out)
        print("saved", args.out)
