"""A real server in a process of its own, for bridges that play against it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support import REPOSITORY


@contextmanager
def serving(
    folder: Path,
    *options: str | Path,
    world: str | Path = "grid-rooms",
    env: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``worldsdk serve`` on a free port unless ``options`` name one; yields its address and process.

    The process may be ended or killed by the test; what is left of it is ended here.
    """
    log = folder / "serve.log"
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", str(world), "--device", "cpu"]
    if "--port" not in options:
        command += ["--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **(env or {})}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *map(str, options)],
            cwd=REPOSITORY,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        ends = time.monotonic() + 90
        while not (found := re.search(r"ws://\S+/play", log.read_text("utf-8"))):
            assert process.poll() is None, f"exit {process.poll()}: {log.read_text('utf-8')}"
            assert time.monotonic() < ends, "the server did not start"
            time.sleep(0.1)
        yield found[0], process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
