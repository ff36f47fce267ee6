"""``worldsdk bench``: the figures as JSON and as lines for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from worldsdk.cli.main import main
from worldsdk.runtime import bench as runtime_bench
from worldsdk.runtime.world import World


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tiny_family: dict[str, str]) -> None:
    """Small matrices, and no fresh process: those have tests of their own."""
    measure = runtime_bench.peak_gflops
    monkeypatch.setattr(runtime_bench, "peak_gflops", lambda device, side: measure(device, 64, 0.0))
    monkeypatch.setattr(runtime_bench, "first_frame_seconds", lambda *_: 1.25)


@pytest.mark.usefixtures("quick")
def test_figures_are_written_and_printed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out" / "bench.json"
    arguments = ["bench", str(folder), "--seconds", "0.3", "--device", "cpu", "--json", str(target)]
    assert main(arguments) == 0
    report = json.loads(target.read_text())
    assert report["world"] == "tiny" and report["beats"] >= 10 and report["first_frame_s"] == 1.25
    said = capsys.readouterr()
    assert "first frame  1.25 s after the command" in said.out
    assert "35 Hz, 28.6 ms a tick" in said.out
    assert f"p50 {report['frame_ms']['p50']:.2f}" in said.out
    assert "tiny" in said.err


@pytest.mark.usefixtures("quick")
def test_the_walk_is_a_scripted_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[dict[str, float]] = []
    run = runtime_bench.run

    def spy(world: World, seconds: float, inputs: Any, **rest: Any) -> dict[str, Any]:
        def noted(beat: int) -> Any:
            played.append(dict(inputs(beat)))
            return inputs(beat)

        return run(world, seconds, noted, **rest)

    monkeypatch.setattr(runtime_bench, "run", spy)
    assert main(["bench", str(folder), "--seconds", "0.2", "--device", "cpu"]) == 0
    assert any(values["forward"] for values in played)


def test_bad_use_is_an_error_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(folder), "--seconds", "0"]) == 2
    assert "seconds is 0" in capsys.readouterr().err
    assert main(["bench", "no-such-world"]) == 2
    assert "no-such-world" in capsys.readouterr().err
