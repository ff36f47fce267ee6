"""``worldsdk serve`` as a process of its own, to be ended in every way that a process can be."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.client import PATIENCE


class Program:
    """A running ``worldsdk serve``. Attributes: port; said: its output so far."""

    def __init__(self, process: Process, port: int, said: list[str]) -> None:
        self.port = port
        self.said = said
        self._process = process
        # Somebody must read on, or the process would wait for room in the pipe.
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.said.append(line.decode())

    async def end(self, number: signal.Signals) -> int:
        """Sends a signal and returns the exit code."""
        self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            code = await self._process.wait()
            await self._reading
        return code


@asynccontextmanager
async def program(world: Path, environment: Mapping[str, str], *options: str) -> AsyncIterator[Program]:
    """Runs the command on a free port; it is killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worldsdk.cli.main", "serve", str(world), "--port", "0"),
        *("--device", "cpu", "--log-format", "json", *options),
        stdout=PIPE,
        stderr=STDOUT,
        env={**os.environ, **environment, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        async with asyncio.timeout(60):
            while line := (await process.stdout.readline()).decode():
                said.append(line)
                if found := re.search(r"ws://127\.0\.0\.1:(\d+)/play", line):
                    break
            else:
                raise AssertionError("the server did not start: " + "".join(said))
        yield Program(process, int(found[1]), said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
