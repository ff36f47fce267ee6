"""Every bridge against the golden vectors and one real server, and what that proves, in one table.

    .venv/bin/python engine_bridge/conformance.py
    .venv/bin/python engine_bridge/conformance.py --bridge godot --bridge web --json
    .venv/bin/python engine_bridge/conformance.py --require godot,web      # not found counts as failed

Starts ``worldsdk serve`` itself, on a free port, unless ``--url`` names a server. A bridge whose tools this
machine lacks is a line that names them. Exit code 1 where a bridge failed, or a required one was not found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, os.fspath(Path(__file__).resolve().parent))
from bridges import BRIDGES, REPOSITORY, Bridge

VECTORS = REPOSITORY / "protocol" / "vectors"
START_SECONDS = 120.0
"""For the server: a fresh machine compiles its kernels first."""

LEAST_FRAMES = 20
"""Of a live session; with at least two different pictures among them."""


@dataclass
class Row:
    """How one bridge did.

    Attributes:
        status: ``passed``, ``failed`` or ``not found``.
        vectors: how many of the golden messages it read as the specification says, and how many not.
        live: what its own runner tells of its session with the server.
        missing: what was not found, where that is why nothing ran.
        reason: the end of what a failed runner said.
    """

    bridge: str
    tier: str
    status: str
    vectors: dict[str, int] | None = None
    live: dict[str, Any] | None = None
    missing: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0


@contextmanager
def served(world: str) -> Iterator[str]:
    """``worldsdk serve`` on a free port; yields its address. Raises SystemExit where it does not start."""
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", world, "--device", "cpu", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        try:
            ends = time.monotonic() + START_SECONDS
            while not (found := re.search(r"wss?://\S+/play", log.read_text("utf-8"))):
                if process.poll() is not None or time.monotonic() > ends:
                    raise SystemExit(f"conformance: the server did not start:\n{log.read_text('utf-8')}")
                time.sleep(0.1)
            yield found[0]
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def check(bridge: Bridge, url: str, seconds: float, vectors: Path = VECTORS) -> Row:
    """Runs one bridge's own runner, which prints one line of JSON, and judges it."""
    row = Row(bridge.name, bridge.tier, "not found", missing=bridge.missing())
    if row.missing:
        return row
    began = time.monotonic()
    row.status = "failed"
    try:
        done = subprocess.run(
            bridge.command(vectors, url),
            cwd=REPOSITORY,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            env={**os.environ, **bridge.environment()},
        )
    except subprocess.TimeoutExpired:
        row.reason = f"its runner did not end within {seconds:g} s"
        return row
    finally:
        row.seconds = round(time.monotonic() - began, 1)
    said = report(done.stdout)
    if said is None:
        row.reason = f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}"
        return row
    row.vectors, row.live = said.get("vectors"), said.get("live")
    row.reason = faults(row, done.returncode, done.stderr)
    row.status = "failed" if row.reason else "passed"
    return row


def told(row: Row) -> Row:
    """Says how far things are, where somebody may be waiting, and hands the row on."""
    print(f"{row.bridge}: {row.status}, {row.seconds} s", file=sys.stderr, flush=True)
    return row


def report(output: str) -> dict[str, Any] | None:
    """The runner's line, among whatever else its engine says."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict) and "bridge" in said:
                return said
    return None


def faults(row: Row, returncode: int, said: str) -> str:
    """Why a row did not pass; empty where it did. A runner's word alone is not enough."""
    vectors, live = row.vectors or {}, row.live or {}
    if vectors.get("failed") or not vectors.get("passed"):
        return f"vectors: {vectors or 'none'} {said.strip()[-400:]}".strip()
    if live.get("frames", 0) < LEAST_FRAMES or live.get("different", 0) < 2:
        return f"live session: {live or 'none'} {said.strip()[-400:]}".strip()
    return f"exit {returncode}: {said.strip()[-600:]}" if returncode else ""


def table(rows: Sequence[Row], title: str) -> str:
    """What people read."""
    lines = [("bridge", "vectors", "live frames", "proof", "result")]
    for row in rows:
        vectors = f"{row.vectors['passed']} of {sum(row.vectors.values())}" if row.vectors else "-"
        frames = str(row.live.get("frames", "-")) if row.live else "-"
        result = row.status + (f": {', '.join(row.missing)}" if row.missing else "")
        lines.append((row.bridge, vectors, frames, row.tier, result))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    drawn = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    drawn.insert(1, "  ".join("-" * width for width in widths))
    reasons = [f"{row.bridge}: {row.reason}" for row in rows if row.reason]
    return "\n".join([title, "", *drawn, *(["", *reasons] if reasons else [])])


def main(arguments: Sequence[str] | None = None) -> int:
    names = [bridge.name for bridge in BRIDGES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bridge", action="append", choices=names, help="this one alone; may be repeated")
    parser.add_argument("--require", default="", metavar="NAMES", help="'all', or names with commas between")
    parser.add_argument("--world", default="grid-rooms", help="to serve (default grid-rooms, the cheapest)")
    parser.add_argument("--url", help="of a server that runs already, instead of starting one")
    parser.add_argument(
        "--vectors", type=Path, default=VECTORS, metavar="DIR", help="instead of protocol/vectors"
    )
    parser.add_argument("--seconds", type=float, default=280.0, metavar="S", help="for each bridge, at most")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args(arguments)
    required = names if args.require == "all" else [name for name in args.require.split(",") if name]
    if unknown := sorted(set(required) - set(names)):
        parser.error(f"--require: there is no bridge {', '.join(unknown)}; there are {', '.join(names)}")
    chosen = [bridge for bridge in BRIDGES if not args.bridge or bridge.name in args.bridge]
    if args.url:
        rows = [told(check(bridge, args.url, args.seconds, args.vectors)) for bridge in chosen]
    else:
        with served(args.world) as url:
            rows = [told(check(bridge, url, args.seconds, args.vectors)) for bridge in chosen]
    if args.json:
        print(
            json.dumps({"server": args.url or args.world, "bridges": [asdict(row) for row in rows]}, indent=1)
        )
    else:
        print(
            table(
                rows, f"Golden vectors, and a live session with {args.url or 'worldsdk serve ' + args.world}"
            )
        )
    bad = [row for row in rows if row.status == "failed" or (row.missing and row.bridge in required)]
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
