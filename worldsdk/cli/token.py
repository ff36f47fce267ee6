"""``worldsdk token``: a signed, short-lived ticket for one join."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from worldsdk.server.security import tokens
from worldsdk.server.security.keyring import MAX_TOKEN_SECONDS, load_ring
from worldsdk.server.security.origins import parse_origin

NAME = "token"
HELP = "make a token that lets somebody into a server"
DESCRIPTION = f"""\
  worldsdk token --keys keys.json                                once, within {tokens.DEFAULT_TOKEN_SECONDS} s
  worldsdk token --keys keys.json --role viewer --room main      only to watch one room
  worldsdk token --keys keys.json --origin https://example.org   only from that web page

The token alone goes to stdout. It is for hello.token or the header "Authorization: Bearer", never for a URL:
  WORLDSDK_TOKEN="$(worldsdk token --keys keys.json)" worldsdk play --server wss://play.example.org/play
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("--keys", type=Path, required=True, help="the key ring: see 'worldsdk keys new'")
    parser.add_argument(
        "--role", action="append", choices=sorted(tokens.ROLES), help="a role it lets in; may be repeated"
    )
    parser.add_argument("--room", help="the only room; any by default")
    parser.add_argument("--subject", default="guest", help="who it is for: a name in the server's log")
    parser.add_argument(
        "--origin", action="append", default=[], type=parse_origin, help="a web page it may be used from"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        default=tokens.DEFAULT_TOKEN_SECONDS,
        help=f"to use it in, 1 to {MAX_TOKEN_SECONDS}; %(default)s by default",
    )
    parser.add_argument("--session-seconds", type=int, help="the longest stay; the server's limit by default")
    parser.add_argument(
        "--audience", default=tokens.DEFAULT_AUDIENCE, help="the server's name, as its --audience says"
    )


def run(args: argparse.Namespace) -> int:
    token = tokens.sign(
        load_ring(args.keys),
        time.time(),
        roles=frozenset(args.role or tokens.ROLES),
        room=args.room,
        subject=args.subject,
        origins=tuple(args.origin),
        session_seconds=args.session_seconds,
        audience=args.audience,
        lifetime_seconds=args.seconds,
    )
    print(token)
    if sys.stdout.isatty():
        print(f"good once, within {args.seconds} s", file=sys.stderr)
    return 0
