"""conformance.py VECTORS [URL]: the golden vectors and a session with the Python client. One JSON line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgpack

import worldsdk
from worldsdk.errors import ProtocolError, WorldSDKError
from worldsdk.protocol.codec import decode, encode
from worldsdk.protocol.jsonform import from_json

STEPS = 40
LIVE_FRAMES = 30


def wrong(vector: dict[str, Any]) -> str | None:
    """What a vector came to that it should not have, or None."""
    data, sender = bytes.fromhex(vector["hex"]), vector["direction"]
    try:
        message = decode(data, sender=sender, max_bytes=vector["max_bytes"])
    except ProtocolError as error:
        return None if error.code == vector["error"] else f"{error.code} instead of {vector['error']}"
    if not vector["valid"]:
        return f"was taken instead of {vector['error']}"
    if msgpack.unpackb(data) != from_json(vector["json"]):
        return "holds something else"
    return None if decode(encode(message), sender=sender) == message else "changes when it is packed again"


def check_vectors(folder: Path) -> dict[str, int]:
    passed = failed = 0
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            vector = json.loads(line)
            fault = wrong(vector)
            passed, failed = passed + (fault is None), failed + (fault is not None)
            if fault is not None:
                print(f"{path.name}: {vector['name']}: {fault}", file=sys.stderr)
    return {"passed": passed, "failed": failed}


def play(url: str) -> dict[str, Any]:
    """Steps a world, saves it, goes on, finds the same pictures again; then plays by the server's clock."""
    seen: set[str] = set()
    frames = 0
    with worldsdk.connect(url) as world:
        held = [{control.name: control.high} for control in world.controls]
        with world.session(seed=1) as session:
            saved = session.snapshot()
            runs = []
            for _ in range(2):
                session.restore(saved)
                runs.append([session.step(held[tick // 3 % len(held)]).digest() for tick in range(STEPS)])
                frames += STEPS
            if runs[0] != runs[1]:
                raise SystemExit("after restoring a snapshot the same inputs led to other pictures")
            seen.update(runs[0])
            with session.realtime() as live:
                for count, frame in enumerate(live, start=1):
                    seen.add(frame.digest())
                    live.set_controls(held[count // 5 % len(held)])
                    if count == LIVE_FRAMES:
                        break
                frames += LIVE_FRAMES
                quality = live.quality
        return {
            "world": world.name,
            "frames": frames,
            "different": len(seen),
            "action_to_photon_ms": round(quality.action_p50, 1),
            "rtt_ms": round(quality.rtt, 1),
        }


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    vectors = check_vectors(Path(sys.argv[1]))
    live: dict[str, Any] | None = None
    failed = vectors["failed"] > 0
    if len(sys.argv) > 2:
        try:
            live = play(sys.argv[2])
        except WorldSDKError as error:
            failed, live = True, {"error": str(error)}
    print(json.dumps({"bridge": "python", "vectors": vectors, "live": live}))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
