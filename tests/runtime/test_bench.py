"""Measuring: what is counted is right, what is timed is sane."""

from __future__ import annotations

import json
import mmap
import runpy
from pathlib import Path

import pytest
import torch

from tests.support import REPOSITORY, tiny_model, tiny_pack, tiny_starts
from worldsdk.errors import DeviceError, PackNotFoundError, SessionError
from worldsdk.runtime import bench
from worldsdk.runtime.clock import ManualClock
from worldsdk.runtime.machine import describe, resident_mb
from worldsdk.runtime.roofline import gflop_per_frame, peak_gflops
from worldsdk.runtime.world import World


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def test_arithmetic_is_counted_to_the_last_operation() -> None:
    model = tiny_model()
    context = tiny_starts(model.spec).select(0)
    fixed = 2 * 12 * 16 * 8 * 9 * 9 + 2 * 3 * 8
    a_step = 2 * 12 * 16 * 3 * 14 * 9
    for steps in (1, 4):
        assert gflop_per_frame(model, context, steps) * 1e9 == pytest.approx(fixed + steps * a_step)


def test_the_peak_is_positive_and_named() -> None:
    peak, name = peak_gflops(torch.device("cpu"), side=64, seconds=0.0)
    assert peak > 0.0 and name in ("bfloat16", "float32")


def test_the_machine_is_described_without_saying_whose_it_is() -> None:
    machine = describe(torch.device("cpu"))
    assert machine["cpus"] >= 1 and machine["device"] == "cpu" and machine["torch"] == torch.__version__
    assert set(machine) == {"system", "cpu", "cpus", "memory_gb", "device", "python", "torch", "worldsdk"}


def test_memory_follows_what_is_held() -> None:
    before = resident_mb()
    # Fresh pages: an allocator may have as many at hand from what ran before.
    with mmap.mmap(-1, 64_000_000) as held:
        for page in range(0, len(held), mmap.PAGESIZE):
            held[page] = 1
        assert resident_mb() - before == pytest.approx(64.0, abs=16.0)


def test_a_run_lasts_as_many_beats_as_were_asked_for(world: World) -> None:
    told: list[int] = []
    clock = ManualClock()
    done = bench.run(world, 2.0, lambda beat: {"forward": beat % 2}, clock=clock, progress=told.append)
    assert done["beats"] == 70 and told == list(range(1, 71))
    assert done["statistics"].ticks == 70 and done["statistics"].kept == 70
    assert clock.now == pytest.approx(69 / 35)
    assert done["rss_mb"]["start"] > 10.0 and done["rss_mb"]["end"] > 10.0


def test_the_report_holds_all_that_it_should(
    folder: Path, tiny_family: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tiny_family.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("worldsdk.runtime.device._threads_chosen", False)
    threads = torch.get_num_threads()
    try:
        report = bench.bench(
            str(folder), 0.5, lambda world: lambda beat: {}, device="cpu", threads=1, steps=3, peak_side=64
        )
    finally:
        torch.set_num_threads(threads)
    wanted = {"machine", "threads", "world", "fps_target", "ticks", "missed", "frame_ms", "stage_ms"}
    wanted |= {"steps_used", "gflop_per_frame", "peak_gflops", "roofline_fraction", "first_frame_s", "rss_mb"}
    assert wanted <= set(report)
    assert (report["world"], report["threads"], report["steps"], report["fps_target"]) == ("tiny", 1, 3, 35.0)
    assert 0.1 < report["first_frame_s"] < 60.0
    assert set(report["frame_ms"]) == {"p50", "p95", "p99", "max"}
    assert set(report["stage_ms"]) == {"condition", "denoise", "commit", "pixels"}
    assert 0.0 < report["roofline_fraction"] < 10.0
    assert report["ticks"] + report["missed"] >= 17


def test_a_fresh_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="there is no world"):
        bench.first_frame_seconds(str(tmp_path / "nowhere"), "cpu")


def test_what_cannot_be_measured_is_refused_before_anything_is_run(folder: Path, tmp_path: Path) -> None:
    for seconds in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(SessionError, match="seconds"):
            bench.bench(str(folder), seconds, lambda world: lambda beat: {})
    with pytest.raises(PackNotFoundError):
        bench.bench(str(tmp_path / "nowhere"), 1.0, lambda world: lambda beat: {})
    with pytest.raises(DeviceError, match="0 threads"):
        bench.bench(str(folder), 1.0, lambda world: lambda beat: {}, threads=0)


def test_the_batching_benchmark_reports_both_modes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = runpy.run_path(str(REPOSITORY / "benchmarks" / "batching.py"))
    assert program["main"]([str(folder), "--device", "cpu", "--most", "2", "--seconds", "0.01"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    modes = [(row["deterministic"], row["sessions"]) for row in rows]
    assert modes == [(False, 1), (False, 2), (True, 1), (True, 2)]
    assert all(row["frames_per_second"] > 0.0 for row in rows)
