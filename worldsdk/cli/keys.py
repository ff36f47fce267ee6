"""``worldsdk keys``: makes, rotates and lists the keys that sign tokens."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from worldsdk.errors import KeyRingError
from worldsdk.server.security.keyring import (
    MAX_TOKEN_SECONDS,
    ROTATION_LEAD_SECONDS,
    Key,
    KeyRing,
    load_ring,
    new_key,
    save_ring,
)

NAME = "keys"
HELP = "make, rotate and list the keys that sign a server's tokens"
DESCRIPTION = f"""\
  worldsdk keys new keys.json            a new ring with one key; only you can read the file
  worldsdk serve --host 0.0.0.0 --keys keys.json
  worldsdk token --keys keys.json        a token to let somebody in
  worldsdk keys rotate keys.json         one more key, which signs in {ROTATION_LEAD_SECONDS} s
                                         A running server reads it by itself. The old one
                                         signs no more then, and is forgotten later
  worldsdk keys list keys.json
  worldsdk keys public keys.json pub.json   what a server needs that only checks tokens

A private key never leaves the file: it is not printed, not logged and not sent.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("action", choices=("new", "rotate", "list", "public"))
    parser.add_argument("file", type=Path, help="the key ring")
    parser.add_argument("target", type=Path, nargs="?", help="with 'public': the file to write")
    parser.add_argument(
        "--now",
        action="store_true",
        help="with 'rotate': for a key that leaked; the new one signs at once and no other is accepted",
    )
    parser.add_argument("--json", action="store_true", help="with 'list': print JSON")


def run(args: argparse.Namespace) -> int:
    now = time.time()
    file: Path = args.file
    match args.action:
        case "new":
            if file.exists():
                raise KeyRingError(
                    "the file exists", where=str(file), fix=f"run: worldsdk keys rotate {file}"
                )
            ring = KeyRing((new_key(now),))
            save_ring(file, ring)
            print(f"{file}: key {ring.keys[0].kid} signs from now on")
            print(f"let somebody in:  worldsdk token --keys {file}")
        case "rotate":
            old = load_ring(file)
            ring = KeyRing((new_key(now),)) if args.now else old.rotated(now)
            save_ring(file, ring)
            lead = 0 if args.now else ROTATION_LEAD_SECONDS
            print(f"{file}: key {ring.keys[-1].kid} signs " + (f"in {lead} s" if lead else "from now on"))
        case "list":
            _print(load_ring(file), now, as_json=args.json)
        case "public":
            if args.target is None:
                raise KeyRingError("no file to write to", fix=f"run: worldsdk keys public {file} public.json")
            save_ring(args.target, load_ring(file).public_half())
            print(f"{args.target}: checks tokens, cannot make any")
    return 0


def _print(ring: KeyRing, now: float, *, as_json: bool) -> None:
    rows = [
        {"kid": key.kid, "state": _state(key, now), "nbf": key.nbf, "retire": key.retire} for key in ring.keys
    ]
    if as_json:
        print(json.dumps(rows))
        return
    for row, key in zip(rows, ring.keys, strict=True):
        until = f", until {_moment(key.retire)}" if key.retire is not None else ""
        print(f"{row['kid']:<16} {row['state']:<10} from {_moment(key.nbf)}{until}")


def _state(key: Key, now: float) -> str:
    if key.retire is not None and now >= key.retire + MAX_TOKEN_SECONDS:
        return "forgotten"
    if key.retire is not None and now >= key.retire:
        return "retired"
    if now < key.nbf:
        return "waiting"
    return "signs" if key.private is not None else "checks"


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
