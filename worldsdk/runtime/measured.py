"""What ``worldsdk bench --matrix`` found on this machine, for clocks to begin with.

One JSON file for each pack, machine and number of threads, in the user's cache folder. It is a hint and never
trusted: one that is damaged, or of another machine or build, is passed over, with a line in the log. What it
says is forgotten within seconds of play, since clocks measure for themselves.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from worldsdk.models.variants import DEFAULT
from worldsdk.packs.storage import write_file
from worldsdk.runtime.machine import describe
from worldsdk.runtime.matrix_rows import FORMAT, STEPS
from worldsdk.runtime.statistics import STAGES

CACHE_VARIABLE = "WORLDSDK_CACHE"
"""Environment variable that names another folder for what can be measured again."""

MACHINE = ("system", "cpu", "device", "torch", "worldsdk")
"""What figures depend on, of a description of the machine."""

FILE_LIMIT = 1 << 20
HEADROOM = 0.85
"""Part of a tick that a variant may take to be chosen by itself."""

ALIKE_DB = 0.5
"""Fidelities that are as near as this count as one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Expected:
    """What a world's ticks are expected to cost.

    Attributes:
        stages: ms of each stage, of one step for ``denoise``.
        rungs: denoising steps -> ms of a whole tick; those that were measured.
    """

    stages: Mapping[str, float]
    rungs: Mapping[int, float]


@dataclass(frozen=True)
class Measured:
    """One remembered matrix.

    Attributes:
        threads: that it was measured with.
        steps: denoising steps of the default.
        rungs: of the default form: denoising steps -> ms that 95 of 100 ticks did not exceed.
        forms: variant -> its stages at ``steps``, and the fidelity in decibels.
    """

    threads: int
    steps: int
    rungs: Mapping[int, float]
    forms: Mapping[str, tuple[Mapping[str, float], float]]

    def expected(self, variant: str | None) -> Expected | None:
        """Costs of a form of the world; None for one that was not measured."""
        name = DEFAULT.name if variant is None else variant
        if name not in self.forms:
            return None
        stages, usual = self.forms[name][0], self.forms[DEFAULT.name][0]
        # Steps were measured with the default form; another form is taken to be slower or faster throughout.
        times = tick_ms(stages, self.steps) / tick_ms(usual, self.steps)
        return Expected(stages, {steps: ms * times for steps, ms in self.rungs.items()})

    def best(self, budget_ms: float) -> str:
        """The variant of the highest fidelity of those that fit, the faster of equals; else the fastest."""
        cost = {name: tick_ms(stages, self.steps) for name, (stages, _) in self.forms.items()}
        fitting = [name for name, ms in cost.items() if ms <= HEADROOM * budget_ms]
        if not fitting:
            return min(cost, key=lambda name: cost[name])
        most = max(self.forms[name][1] for name in fitting)
        return min(
            (name for name in fitting if self.forms[name][1] >= most - ALIKE_DB), key=lambda name: cost[name]
        )


def tick_ms(stages: Mapping[str, float], steps: int) -> float:
    """Of a whole tick."""
    return sum(stages[name] * (steps if name == "denoise" else 1) for name in STAGES)


def remember(report: Mapping[str, Any]) -> Path:
    """Keeps a matrix for ``find``; returns where. Raises StorageError where it cannot be written."""
    path = _path(report["pack_digest"], report["machine"], report["threads"])
    write_file(path, (json.dumps(report, indent=1) + "\n").encode())
    return path


def find(digest: str, device: torch.device, threads: int | None = None) -> Measured | None:
    """What was measured of the pack of that digest, here, with so many threads.

    Args:
        threads: any number where None: of several, what was measured last.
    """
    try:
        known = sorted(cache_folder().glob(f"{digest[:16]}-*.json"), key=lambda path: path.stat().st_mtime)
    except OSError:
        return None
    machine = describe(device) if known else {}
    for path in reversed(known):
        if threads is not None and path != _path(digest, machine, threads):
            continue
        try:
            return _read(path, digest, machine)
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Another torch is no fault of anybody's; the reason is for whoever wonders.
            _log.info(
                "measurements in %s are passed over (%s); 'worldsdk bench --matrix' renews them", path, error
            )
    return None


def cache_folder() -> Path:
    """``WORLDSDK_CACHE``, or the platform's place for a program's caches, with ``worldsdk`` in it."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser() / "measured"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "worldsdk" / "measured"


def _path(digest: str, machine: Mapping[str, Any], threads: int) -> Path:
    words = json.dumps([threads, *(machine[name] for name in MACHINE)])
    return cache_folder() / f"{digest[:16]}-{hashlib.sha256(words.encode()).hexdigest()[:12]}.json"


def _read(path: Path, digest: str, machine: Mapping[str, Any]) -> Measured:
    if path.stat().st_size > FILE_LIMIT:
        raise ValueError("it is too long")
    told = json.loads(path.read_bytes())
    if told["format"] != FORMAT or told["pack_digest"] != digest:
        raise ValueError("it is of another pack or format")
    for name in MACHINE:
        if told["machine"][name] != machine[name]:
            raise ValueError(f"it was measured with {name} {told['machine'][name]!r}, not {machine[name]!r}")
    if not told["complete"]:
        raise ValueError("it is not complete")
    steps, threads = _whole(told["steps"]), _whole(told["threads"])
    rungs: dict[int, float] = {}
    forms: dict[str, tuple[Mapping[str, float], float]] = {}
    for row in told["rows"]:
        if row["missing"] or row["threads"] != threads:
            continue
        stages = {name: _number(row["stages"][name], 0.0) for name in STAGES}
        if tick_ms(stages, 1) <= 0.0:
            raise ValueError("a tick took no time")
        if row["toggle"] == STEPS:
            rungs[_whole(row["steps"])] = tick_ms(stages, row["steps"])
        elif row["steps"] == steps:
            forms[str(row["variant"])] = (stages, _number(row["psnr_db"], -math.inf))
    if DEFAULT.name not in forms or steps not in rungs:
        raise ValueError("the default is not in it")
    return Measured(threads, steps, rungs, forms)


def _number(value: Any, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is no number")
    if not (math.isfinite(value) and value >= least):
        raise ValueError(f"{value!r} is out of range")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise ValueError(f"{value!r} is no count")
    return value
