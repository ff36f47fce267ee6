"""Every bundled world, played, measured and replayed by the real program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.program import run
from worldsdk.packs import default_world, list_bundled, open_pack

WORLDS = list_bundled()
BENCH_KEYS = {
    "machine",
    "threads",
    "world",
    "fps_target",
    "ticks",
    "missed",
    "frame_ms",
    "stage_ms",
    "steps_used",
    "gflop_per_frame",
    "peak_gflops",
    "roofline_fraction",
    "first_frame_s",
    "rss_mb",
}


def test_worlds_are_bundled() -> None:
    assert WORLDS, "the package ships no world"


@pytest.mark.parametrize("name", WORLDS)
def test_it_is_small_whole_and_licensed(name: str) -> None:
    pack = open_pack(name)
    pack.verify()
    manifest = pack.manifest
    assert manifest.name == name and manifest.licence
    assert sum(entry.size for entry in manifest.files.values()) < 25_000_000
    listed = {*manifest.files, "pack.json"}
    assert {path.name for path in pack.folder.iterdir()} == listed
    assert set(manifest.notices) <= listed and {"card.md", "card.json"} <= listed


@pytest.mark.parametrize("name", WORLDS)
def test_the_same_film_twice(name: str, tmp_path: Path) -> None:
    """Seed, start and inputs fix every pixel, also in another process."""
    reports = []
    for take, seed in enumerate((7, 7, 8)):
        out = tmp_path / str(take)
        result = run("play", name, "--headless", "--seconds", "3", "--seed", str(seed), "--out", out)
        assert result.returncode == 0, result.stderr
        assert {"demo.mp4", "contact-sheet.png", "timing.json"} <= {path.name for path in out.iterdir()}
        assert (out / "demo.mp4").stat().st_size > 1000
        reports.append(json.loads((out / "timing.json").read_text()))
    assert reports[0]["digest"] == reports[1]["digest"]
    assert reports[0]["ticks"] == round(3 * open_pack(name).manifest.rate_hz)


@pytest.mark.parametrize("name", WORLDS)
def test_sessions_go_on_from_snapshots_and_back_in_time(name: str) -> None:
    import worldsdk

    world = worldsdk.load(name, device="cpu")
    control = next(iter(world.controls))
    script = [{control.name: control.high if tick % 3 else 0.0} for tick in range(12)]
    session = world.session(seed=3)
    digests = [session.step(controls).digest() for controls in script]
    session.rewind(ticks=6)
    assert [session.step(controls).digest() for controls in script[6:]] == digests[6:]
    session.rewind(ticks=6)
    blob = session.snapshot()
    assert len(blob) <= 4_000_000
    again, twin = world.restore(blob), session.fork()
    assert [again.step(controls).digest() for controls in script[6:]] == digests[6:]
    assert [twin.step(controls).digest() for controls in script[6:]] == digests[6:]


# One of each family: what is promised is the same for all.
@pytest.mark.parametrize("name", [default_world(), "grid-rooms"])
def test_bench_reports_what_it_promises(name: str, tmp_path: Path) -> None:
    """Only the form is checked: figures on a busy machine say nothing."""
    file = tmp_path / "bench.json"
    result = run("bench", name, "--seconds", "2", "--json", file)
    assert result.returncode == 0, result.stderr
    report = json.loads(file.read_text())
    assert set(report) >= BENCH_KEYS
    assert report["world"] == name and report["ticks"] > 0
    assert report["roofline_fraction"] > 0.0 and report["gflop_per_frame"] > 0.0
    assert set(report["frame_ms"]) >= {"p50", "p95", "p99", "max"}
