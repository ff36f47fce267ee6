"""Every choice that a world has on this machine, each alone against the default: speed, memory, fidelity.

Speed is a ratio of medians: ticks of the default and of the other take turns, so that whatever else the
machine does meets both alike. Fidelity is held against the world in float32 at all its steps, from the same
start, with the same controls and noise, over the first ticks on end: dreams part ways with time, whatever
the difference was. Families declare what they have (``models.variants``); nothing here knows one by name.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldsdk.errors import DeviceError, SessionError, WorldSDKError
from worldsdk.models.footprint import model_bytes, state_bytes
from worldsdk.models.variants import DEFAULT, Ready, Variant, variants_of
from worldsdk.packs.pack import open_pack
from worldsdk.runtime.bench import Inputs
from worldsdk.runtime.device import available_cpus, resolve_device
from worldsdk.runtime.machine import describe
from worldsdk.runtime.matrix_fidelity import SEED, Dream, dream, fidelity
from worldsdk.runtime.matrix_rows import FORMAT, STEPS, THREADS, TOGETHER, Row, Trial
from worldsdk.runtime.session import Session
from worldsdk.runtime.statistics import STAGES
from worldsdk.runtime.world import World, load

EXACT = "float32"
"""The variant that fidelity is measured against."""

TICKS, QUICK_TICKS = 24, 6
FRAMES, QUICK_FRAMES = 8, 3
WARM_UP = 2
BATCHES = (1, 2, 4, 8, 16, 32)
BATCH_CALLS, QUICK_BATCH_CALLS = 24, 5
LONGEST_BATCH_S = 60.0
"""A batch that is predicted to take longer is left out, and its row says so."""

WORTH = 1.05
"""A choice goes into the fastest together from this ratio on: less is noise."""


@dataclass
class Matrix:
    """Measures a world's rows one by one; what has been measured so far is in ``report`` at any time.

    Args:
        name_or_path: of the pack.
        inputs: given the world, what is held at each tick.
        steps: what the default takes and fidelity is measured against; the pack's own number where None.
        memory_limit: MB for the weights of each form, as ``load`` takes it.
        without: names of rows to leave out; they say so.
        quick: fewer ticks and frames, and nothing compiled: to see that all works.
        progress: told how many rows are done, of how many, and which is next.
    """

    name_or_path: str | Path
    inputs: Callable[[World], Inputs]
    device: str = "auto"
    steps: int | None = None
    memory_limit: float | None = None
    quick: bool = False
    without: Collection[str] = ()
    batches: Sequence[int] | None = None
    progress: Callable[[int, int, str], object] = lambda done, total, name: None

    def __post_init__(self) -> None:
        self.rows: list[Row] = []
        self.batching: list[dict[str, Any]] = []
        self._where = resolve_device(self.device)
        self.manifest = open_pack(self.name_or_path).manifest
        self.default = self._load(DEFAULT.name)
        self._script = self.inputs(self.default)
        self._same: set[str] = set()
        self._batches = BATCHES if self.batches is None else tuple(self.batches)
        self.threads = torch.get_num_threads()
        self._done = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is left to measure."""
        return self._done == len(self.trials()) + 2 + len(self._batches)

    def trials(self) -> list[Trial]:
        """All rows but the ones together, in the order of the table."""
        steps, threads = self.default.steps, self.threads
        known = variants_of(self.manifest.family, self.manifest.config, self._where)
        strangers = sorted(set(self.without) - {v.name for v in known})
        if strangers:
            raise SessionError(f"there is no variant {strangers[0]!r}", fix=f"use {[v.name for v in known]}")
        # What changes nothing is measured all the same, and shows how much of a difference is noise.
        self._same = {v.name for v in known if v.prepared() == Ready() and self._unchanged(v)}
        rows = [Trial(DEFAULT.name, "as loaded", steps=steps, threads=threads)]
        rows += [
            Trial(v.toggle, v.name, v.name, steps, threads, v.missing or self._left_out(v)) for v in known
        ]
        rows += [
            Trial(STEPS, f"{n} of {self.default.spec.max_steps}", steps=n, threads=threads)
            for n in range(1, self.default.spec.max_steps + 1)
        ]
        if self._where.type != "cpu":
            return [*rows, Trial(THREADS, "any", missing="work is on the GPU")]
        return rows + [Trial(THREADS, str(n), steps=steps, threads=n) for n in _counts(available_cpus())]

    def run(self) -> dict[str, Any]:
        """Measures everything; returns ``report``."""
        trials = self.trials()
        total = len(trials) + 2 + len(self._batches)
        self.progress(0, total, "float32 frames")
        exact = self._exact()
        for trial in trials:
            self._next(total, f"{trial.toggle}: {trial.name}")
            self.rows.append(self._row(trial, exact))
            self._done += 1
        for every, name in ((True, "fastest"), (False, "fastest, all steps")):
            self._next(total, name)
            self.rows.append(self._row(self._together(name, every), exact))
            self._done += 1
        for count in self._batches:
            self._next(total, f"{count} sessions")
            self.batching.append(self._batch(count))
            self._done += 1
        self.progress(total, total, "done")
        return self.report()

    def report(self) -> dict[str, Any]:
        """What has been measured so far, as plain JSON."""
        return {
            "format": FORMAT,
            "world": self.manifest.name,
            "world_version": self.manifest.version,
            "family": self.manifest.family,
            "pack_digest": self.manifest.digest,
            "machine": describe(self._where),
            "threads": self.threads,
            "steps": self.default.steps,
            "rate_hz": self.manifest.rate_hz,
            "quick": self.quick,
            "complete": self.complete,
            "rows": [asdict(row) for row in self.rows],
            "batching": self.batching,
        }

    def _unchanged(self, variant: Variant) -> bool:
        config = self.manifest.config
        return all(name in config and config[name] == value for name, value in variant.config.items())

    def _next(self, total: int, name: str) -> None:
        self.progress(self._done, total, name)

    def _left_out(self, variant: Variant) -> str:
        if variant.name in self.without:
            return "left out by --without"
        return "left out by --quick" if self.quick and variant.prepared().compiled else ""

    def _load(self, variant: str) -> World:
        return load(
            self.name_or_path,
            self.device,
            steps=self.steps,
            rewind_ticks=0,
            variant=None if variant == DEFAULT.name else variant,
            memory_limit=self.memory_limit,
        )

    def _exact(self) -> Dream:
        world = self._load(EXACT)
        return list(dream(world, world.steps, self._script, QUICK_FRAMES if self.quick else FRAMES))

    def _row(self, trial: Trial, exact: Dream) -> Row:
        row = Row(trial.toggle, trial.name, trial.variant, trial.steps, trial.threads, missing=trial.missing)
        if trial.missing:
            return row
        try:
            world = self.default if trial.variant == DEFAULT.name else self._load(trial.variant)
            with _threads(trial.threads):
                pictures = dream(world, trial.steps, self._script, len(exact))
                psnr, estimate = fidelity(list(pictures), exact)
            times = self._pace(world, trial)
        except (WorldSDKError, RuntimeError) as error:
            # One form that does not run here must not cost the rest of the table.
            return replace(row, missing=f"failed: {str(error).splitlines()[0][:120]}")
        ticks = [total for total, _ in times["own"]]
        usual = [total for total, _ in times["default"]]
        tick_ms, default_ms = float(np.median(ticks)), float(np.median(usual))
        return replace(
            row,
            tick_ms=tick_ms,
            default_ms=default_ms,
            speed=default_ms / tick_ms,
            stages=_stages([stages for _, stages in times["own"]], trial.steps),
            weights_mb=model_bytes(world.model) / 1e6,
            state_mb=state_bytes(world.first_moment(world.context(0)).state) / 1e6,
            psnr_db=psnr,
            estimate_db=estimate,
        )

    def _pace(self, world: World, trial: Trial) -> dict[str, list[tuple[float, Mapping[str, float]]]]:
        """Times of ticks of both, taken in turn, once their memories are full."""
        own, usual = _settled(world), _settled(self.default)
        times: dict[str, list[tuple[float, Mapping[str, float]]]] = {"own": [], "default": []}
        for tick in range(WARM_UP + (QUICK_TICKS if self.quick else TICKS)):
            for name, session, steps, threads in (
                ("default", usual, self.default.steps, self.threads),
                ("own", own, trial.steps, trial.threads),
            ):
                with _threads(threads):
                    timing = session.step(self._script(tick), steps=steps).timing
                if tick >= WARM_UP:
                    times[name].append((timing.total_ms, timing.stages))
        return times

    def _together(self, name: str, fewer_steps: bool) -> Trial:
        """The fastest of each toggle at once."""
        best: dict[str, Row] = {}
        for row in self.rows:
            kept = best.get(row.toggle)
            if row.toggle == TOGETHER or not row.measured or row.name in self._same:
                continue
            if row.speed >= WORTH and (kept is None or row.speed > kept.speed):
                best[row.toggle] = row
        names = [row.variant for row in best.values() if row.variant != DEFAULT.name]
        steps = best[STEPS].steps if fewer_steps and STEPS in best else self.default.steps
        threads = best[THREADS].threads if THREADS in best else self.threads
        form = "+".join(names) or DEFAULT.name
        missing = (
            "" if names or steps != self.default.steps or threads != self.threads else "nothing is faster"
        )
        words = [*names, *([f"{steps} steps"] if steps != self.default.steps else [])]
        words += [f"{threads} threads"] if threads != self.threads else []
        return Trial(
            TOGETHER, f"{name}: {', '.join(words)}" if words else name, form, steps, threads, missing
        )

    def _batch(self, count: int) -> dict[str, Any]:
        """Throughput of ``step_many``, one pass a session and one pass for all."""
        row: dict[str, Any] = {"sessions": count}
        calls = QUICK_BATCH_CALLS if self.quick else BATCH_CALLS
        known = next((r.tick_ms for r in self.rows if r.measured), 0.0)
        if known * count * (calls + WARM_UP) * 2 / 1000.0 > LONGEST_BATCH_S:
            return row | {"missing": f"would take over {LONGEST_BATCH_S:g} s"}
        for name, deterministic in (("alone", True), ("fused", False)):
            world = World(
                self.default.manifest,
                self.default.model,
                self.default.context(0),
                deterministic=deterministic,
                steps=self.default.steps,
                rewind_ticks=0,
            )
            sessions = [_settled(world, seed) for seed in range(count)]
            taken = []
            for call in range(WARM_UP + calls):
                begun = time.perf_counter()
                world.step_many(sessions, [self._script(call)] * count)
                taken.append(1000.0 * (time.perf_counter() - begun))
            kept = taken[WARM_UP:]
            row[name] = {
                "frames_per_second": 1000.0 * count * len(kept) / sum(kept),
                "p99_ms": _nearest(kept, 0.99),
            }
        return row


def _settled(world: World, seed: int = SEED) -> Session:
    """A session whose memory is full."""
    session = world.session(seed, 0)
    for _ in range(world.model.settles_after):
        session.observe(session.frame.pixels)
    return session


def _stages(times: Sequence[Mapping[str, float]], steps: int) -> dict[str, float]:
    found = {name: _nearest([stages[name] for stages in times], 0.95) for name in STAGES}
    return found | {"denoise": found["denoise"] / steps}


def _nearest(values: Sequence[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[math.ceil(share * len(ranked)) - 1]


def _counts(most: int) -> list[int]:
    """1, 2, 4 ... and all of them."""
    return sorted({2**power for power in range(most.bit_length()) if 2**power <= most} | {most})


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """So many threads in torch inside the block."""
    before = torch.get_num_threads()
    if count < 1:
        raise DeviceError(f"{count} threads", fix="give at least 1")
    if count != before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if count != before:
            torch.set_num_threads(before)
