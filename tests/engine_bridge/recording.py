"""A receiver of recordings in a process of its own, for engines that record into it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import REPOSITORY


@contextmanager
def receiving(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``worldsdk record --listen`` on a free port; yields its address and process, which is ended here."""
    command = [sys.executable, "-m", "worldsdk.cli.main", "record", "--listen", "0", "--out", str(folder)]
    process = subprocess.Popen(
        [*command, *options],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"ws://\S+", process.stdout.readline())
        assert found, "the receiver did not start"
        yield found[0], process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
