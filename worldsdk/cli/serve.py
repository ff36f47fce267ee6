"""``worldsdk serve``: a world on a port, for many to play."""

from __future__ import annotations

import argparse
import asyncio
import gc
import math
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from worldsdk.cli.forms import add_form_options

if TYPE_CHECKING:
    from worldsdk.server.app import Server

NAME = "serve"
HELP = "serve a world over the wire: players, viewers, agents, and a page for browsers"
EPILOG = """\
Everybody who connects as a player gets a session of their own, or shares the one of a room; all run on the
one loaded world. Real-time sessions follow the server's clock, lockstep ones take a tick for each input.

examples:
  worldsdk serve                         the first bundled world on this machine, for this machine
  worldsdk play --server ws://localhost:8765/play
                                         ... and in a second terminal, the same window over the wire
  worldsdk serve doom-field --port 9000 --max-sessions 8
  worldsdk serve --record-dir logs       an input log of every session; 'worldsdk replay FILE' checks one
  worldsdk serve --state state           sessions outlive the server: clients resume where they were

for other machines, every visitor needs a token:
  worldsdk keys new keys.json
  worldsdk serve --host 0.0.0.0 --keys keys.json --tls-cert cert.pem --tls-key key.pem
  worldsdk token --keys keys.json        prints one, good once, for two minutes

also on the port: / (the page), /healthz, /readyz, /metrics. One SIGTERM or Ctrl-C drains: clients are told,
frames in flight arrive, sessions are saved. A second one leaves at once.
"""

INTERRUPTED = 130
"""Exit code of a server that was not let finish."""

SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter from the others. Python's own 5 ms would be seen as jitter: the
loop waits for the device thread's share of a pass, not for more."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "world", nargs="?", help="a bundled world or a pack folder (default: the first bundled)"
    )
    listen = parser.add_argument_group("address")
    listen.add_argument("--host", default="127.0.0.1", help="to listen on (default 127.0.0.1: this machine)")
    listen.add_argument("--port", type=_port, default=8765, help="(default 8765; 0 takes a free one)")
    world = parser.add_argument_group("world")
    world.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")
    world.add_argument(
        "--steps", type=_whole, metavar="N", help="denoising steps a tick (default: the world's)"
    )
    add_form_options(world)
    world.add_argument(
        "--fused",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="sessions share passes: faster, and right to rounding (default: on CUDA only)",
    )
    world.add_argument("--max-sessions", type=_whole, default=64, metavar="N", help="at most (default 64)")
    world.add_argument(
        "--resume-seconds", type=_seconds, default=60.0, metavar="S", help="a dropped player's place is kept"
    )
    world.add_argument("--idle-seconds", type=_seconds, default=900.0, metavar="S", help="0: never sent away")
    world.add_argument("--session-seconds", type=_seconds, default=0.0, metavar="S", help="0: without end")
    world.add_argument("--jpeg-quality", type=_quality, default=90, metavar="Q", help="1..100 (default 90)")
    keep = parser.add_argument_group("what is kept")
    keep.add_argument(
        "--record-dir", type=Path, metavar="DIR", help="an input log of every session goes here"
    )
    keep.add_argument("--state", type=Path, metavar="DIR", help="sessions are saved here and taken up again")
    keep.add_argument(
        "--save-seconds", type=_interval, default=10.0, metavar="S", help="between saves (default 10)"
    )
    guard = parser.add_argument_group("who may come in")
    guard.add_argument(
        "--insecure-local", action="store_true", help="no tokens; the default, and only on loopback"
    )
    guard.add_argument("--keys", type=Path, metavar="FILE", help="key ring: every visitor needs a token")
    guard.add_argument("--audience", default="worldsdk", help="this server's name in tokens")
    guard.add_argument(
        "--allow-origin", action="append", default=[], metavar="ORIGIN", help="a further web page"
    )
    guard.add_argument("--tls-cert", type=Path, metavar="FILE", help="PEM certificate chain")
    guard.add_argument("--tls-key", type=Path, metavar="FILE", help="its PEM key")
    guard.add_argument("--metrics-secret-file", type=Path, metavar="FILE", help="what /metrics wants to see")
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="of the log, on stderr"
    )


def run(args: argparse.Namespace) -> int:
    from worldsdk.packs import default_world
    from worldsdk.runtime.world import load
    from worldsdk.server.app import Server
    from worldsdk.server.assemble import Guard, hooks_for
    from worldsdk.server.logs import configure as configure_logs
    from worldsdk.server.options import ServeOptions

    configure_logs(args.log_format)
    world = load(
        args.world or default_world(),
        device=args.device,
        steps=args.steps,
        deterministic=None if args.fused is None else not args.fused,
        variant=args.variant,
        memory_limit=args.memory_limit,
    )
    options = ServeOptions(
        host=args.host,
        port=args.port,
        max_sessions=args.max_sessions,
        resume_seconds=args.resume_seconds,
        idle_seconds=args.idle_seconds,
        session_seconds=args.session_seconds,
        save_seconds=args.save_seconds,
        jpeg_quality=args.jpeg_quality,
        record_dir=args.record_dir,
        record_all=args.record_dir is not None,
    )
    guard = Guard(
        insecure_local=args.insecure_local,
        keys=args.keys,
        audience=args.audience,
        origins=args.allow_origin,
        certificate=args.tls_cert,
        key=args.tls_key,
        state=args.state,
        metrics_secret=args.metrics_secret_file,
    )
    server = Server(world, options, hooks_for(world, args.host, guard))
    sys.setswitchinterval(SWITCH_SECONDS)
    return asyncio.run(_serve(server))


async def _serve(server: Server) -> int:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def stop() -> None:
        if asked.is_set():
            os._exit(INTERRUPTED)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await server.start()
    # A full collection over torch's many objects takes longer than a beat.
    gc.collect()
    gc.freeze()
    print(f"Serving {server.status.world} at {server.url}", flush=True)
    print(f"  in a browser            {_reachable(server.page_url)}")
    print(f"  in a second terminal    worldsdk play --server {_reachable(server.url)}", flush=True)
    await asked.wait()
    print("Leaving: clients are told. Once more to leave at once.", flush=True)
    await server.stop()
    return 0


def _reachable(url: str) -> str:
    """``url`` with this machine's name where the server listens on all addresses: no address to go to."""
    for everywhere in ("://0.0.0.0:", "://[::]:"):
        url = url.replace(everywhere, f"://{socket.gethostname()}:")
    return url


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return number


def _quality(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not 1 to 100")
    return number


def _interval(text: str) -> float:
    seconds = _seconds(text)
    if seconds == 0:
        raise argparse.ArgumentTypeError("there must be some time between saves")
    return seconds


def _seconds(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return number
