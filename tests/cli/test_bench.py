"""``worldsdk bench``: the figures as JSON and as lines for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from worldsdk.cli.main import main
from worldsdk.runtime import bench as runtime_bench
from worldsdk.runtime.matrix import Matrix
from worldsdk.runtime.world import World, load


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


def test_the_matrix_is_printed_written_and_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLDSDK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("worldsdk.models.variants._no_compiler", lambda device: "no compiler in this test")
    monkeypatch.setattr("worldsdk.runtime.matrix.BATCHES", (1, 2))
    figures, table = tmp_path / "matrix.json", tmp_path / "matrix.md"
    arguments = ["bench", str(folder), "--matrix", "--device", "cpu", "--json", str(figures)]
    assert main([*arguments, "--table", str(table)]) == 0
    said = capsys.readouterr()
    assert said.out == table.read_text() and "no compiler in this test" in said.out
    assert "Remembered for this machine" in said.err
    report = json.loads(figures.read_text())
    assert report["complete"] and report["world"] == "tiny"
    expected = load(folder, "cpu").expected
    assert expected is not None and set(expected.rungs) == {1, 2, 3, 4}


def test_a_quick_matrix_is_not_remembered_and_an_interrupted_one_is_shown(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLDSDK_CACHE", str(tmp_path / "cache"))
    done = Matrix._row

    def stop(self: Matrix, trial: Any, exact: Any) -> Any:
        if trial.name == "contiguous":
            raise KeyboardInterrupt
        return done(self, trial, exact)

    monkeypatch.setattr(Matrix, "_row", stop)
    assert main(["bench", str(folder), "--matrix", "--quick", "--device", "cpu"]) == 130
    said = capsys.readouterr()
    assert "| float32 " in said.out and "interrupted" in said.out
    assert "Remembered" not in said.err and not (tmp_path / "cache").exists()


def test_options_of_the_matrix_need_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (
        ["--quick"],
        ["--without", "graphs"],
        ["--table", "t.md"],
        ["--matrix", "--variant", "float32"],
    ):
        assert main(["bench", str(folder), *wrong]) == 2
    assert "give --matrix" in capsys.readouterr().err
