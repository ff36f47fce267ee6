"""Measuring a world on this machine: a real-time run, its memory, and how near it comes to the peak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from worldsdk.errors import DeviceError, SessionError
from worldsdk.packs.pack import open_pack
from worldsdk.runtime.clock import REAL_CLOCK, Clock
from worldsdk.runtime.device import THREADS_VARIABLE, set_threads
from worldsdk.runtime.machine import describe, resident_mb
from worldsdk.runtime.roofline import SIDE, gflop_per_frame, peak_gflops
from worldsdk.runtime.statistics import Statistics
from worldsdk.runtime.world import World, load

Inputs = Callable[[int], Mapping[str, float]]
"""Controls of the 0-based beat."""

FIRST_FRAME_LIMIT_S = 300

_FIRST_FRAME = """
import json, sys, worldsdk
worldsdk.load(sys.argv[1], sys.argv[2], **json.loads(sys.argv[3])).session().step()
print("frame", flush=True)
"""


def bench(
    name_or_path: str,
    seconds: float,
    inputs: Callable[[World], Inputs],
    *,
    device: str = "auto",
    threads: int | None = None,
    steps: int | None = None,
    variant: str | None = None,
    memory_limit: float | None = None,
    peak_side: int = SIDE,
    progress: Callable[[int], object] = lambda beats: None,
) -> dict[str, Any]:
    """Everything ``worldsdk bench`` reports, as plain JSON.

    Args:
        seconds: length of the real-time run, at the world's own rate.
        inputs: given the world, what is held at each beat.
        threads: inside torch operations; as ``load`` chooses by default.
        steps: denoising steps; the pack's own number by default.
        variant, memory_limit: as ``load`` takes them.
        peak_side: side of the matrices that measure the machine's peak.
        progress: told how many beats have passed, at every tick.

    Raises:
        SessionError: ``seconds`` is not a positive number; otherwise as ``load``.
    """
    if not 0.0 < seconds < float("inf"):
        raise SessionError(f"seconds is {seconds}", fix="give a positive number")
    open_pack(name_or_path)
    if threads is not None:
        set_threads(threads)
    form: dict[str, Any] = {"variant": variant, "memory_limit": memory_limit}
    first_frame_s = first_frame_seconds(name_or_path, device, threads, form)
    world = load(name_or_path, device, steps=steps, **form)
    plain = open_pack(name_or_path).load_model("cpu")
    # A tick's arithmetic is a fixed part and a part for each step.
    one, full = (gflop_per_frame(plain, world.context(0), n) for n in (1, world.steps))
    del plain
    peak, peak_format = peak_gflops(world.device, peak_side)
    live = run(world, seconds, inputs(world), progress=progress)
    summary = live["statistics"].summary()
    a_step = (full - one) / max(1, world.steps - 1)
    done = one + a_step * (summary["steps_used"]["mean"] - 1)
    model_s = sum(summary["stage_ms"][name] for name in ("condition", "denoise", "commit")) / 1000.0
    return {
        "world": world.manifest.name,
        "world_version": world.manifest.version,
        "pack_digest": world.digest,
        "variant": variant,
        "memory_limit_mb": memory_limit,
        "machine": describe(world.device),
        "threads": torch.get_num_threads(),
        "seconds": seconds,
        "fps_target": world.rate_hz,
        "budget_ms": 1000.0 / world.rate_hz,
        "steps": world.steps,
        "beats": live["beats"],
        **summary,
        "gflop_per_frame": full,
        "peak_gflops": peak,
        "peak_format": peak_format,
        "roofline_fraction": done / model_s / peak if model_s > 0.0 else 0.0,
        "first_frame_s": first_frame_s,
        "rss_mb": live["rss_mb"],
    }


def run(
    world: World,
    seconds: float,
    inputs: Inputs,
    *,
    clock: Clock = REAL_CLOCK,
    progress: Callable[[int], object] = lambda beats: None,
) -> dict[str, Any]:
    """Plays for ``seconds`` on the clock.

    Returns:
        ``statistics`` of every tick; ``beats`` that passed; ``rss_mb``: ``start`` once the past that can be
        rewound to is full (or at half time, if that comes first), ``end`` at the end.
    """
    beats = max(1, round(seconds * world.rate_hz))
    settled = min(world.rewind_ticks, beats // 2)
    session = world.session()
    memory = {"start": 0.0, "end": 0.0}
    with session.realtime(clock=clock) as live:
        # Room for the whole run: its percentiles are exact.
        live.statistics = Statistics(beats)
        while live.beat + 1 < beats:
            before = live.beat
            live.tick(inputs(live.beat + 1))
            if before < settled <= live.beat or not memory["start"]:
                memory["start"] = resident_mb()
            progress(live.beat + 1)
        memory["end"] = resident_mb()
        return {"statistics": live.statistics, "beats": live.beat + 1, "rss_mb": memory}


def first_frame_seconds(
    name_or_path: str,
    device: str = "auto",
    threads: int | None = None,
    form: Mapping[str, Any] | None = None,
) -> float:
    """Seconds from starting a fresh Python to its first generated frame, on a warm disk.

    ``form``: what else ``load`` is given.

    Run twice; the second counts, so that the files have been read before.

    Raises:
        DeviceError: the fresh process failed; its last words are in the message.
    """
    environment = dict(os.environ)
    if threads is not None:
        environment[THREADS_VARIABLE] = str(threads)
    given = json.dumps(dict(form or {}))
    command = [sys.executable, "-c", _FIRST_FRAME, str(name_or_path), device, given]
    taken = 0.0
    for _ in range(2):
        started = time.perf_counter()
        try:
            with subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                said = process.stdout.readline()
                taken = time.perf_counter() - started
                _, complaint = process.communicate(timeout=FIRST_FRAME_LIMIT_S)
        except OSError as error:
            raise DeviceError(f"cannot start {sys.executable} ({error.strerror})") from error
        if said.strip() != "frame":
            last = complaint.strip().splitlines()[-1:] or ["it said nothing"]
            raise DeviceError(f"a fresh process made no first frame: {last[0]}", where="bench")
    return taken
