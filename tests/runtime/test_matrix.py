"""The matrix: every choice is there, measured against the default, or says why it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.runtime.packed import write
from tests.support import tiny_pack
from worldsdk.errors import DeviceError, SessionError
from worldsdk.models.precision import has_bfloat16
from worldsdk.runtime import matrix
from worldsdk.runtime.matrix import STEPS, THREADS, TOGETHER, Matrix
from worldsdk.runtime.matrix_fidelity import SAME_DB, decibels, fidelity
from worldsdk.runtime.matrix_table import as_markdown
from worldsdk.runtime.world import World

QUICK_BFLOAT16 = has_bfloat16(torch.device("cpu"))


def walk(world: World) -> Any:
    names = world.controls.names
    return lambda tick: {names[tick % 2]: 1.0}


def measured(folder: Path, **settings: Any) -> dict[str, Any]:
    done = Matrix(folder, walk, device="cpu", quick=True, batches=(1, 2), **settings).run()
    # What goes into a file has to come out of it.
    return json.loads(json.dumps(done))  # type: ignore[no-any-return]


def named(report: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["toggle"], row["name"]): row for row in report["rows"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def test_every_choice_of_a_plain_family_has_its_row(folder: Path) -> None:
    report = measured(folder)
    rows = named(report)
    exact = rows["number format", "float32"]
    assert exact["psnr_db"] == SAME_DB and exact["estimate_db"] == SAME_DB
    assert rows["number format", "int8"]["missing"] == "this family has no such form"
    assert rows["CUDA graphs", "graphs"]["missing"] == "needs a GPU"
    assert rows["compiled", "compiled"]["missing"]
    assert [name for toggle, name in rows if toggle == STEPS] == [f"{n} of 4" for n in range(1, 5)]
    assert (THREADS, "1") in rows
    assert [toggle for toggle, _ in rows].count(TOGETHER) == 2
    for row in report["rows"]:
        assert bool(row["missing"]) != (row["tick_ms"] > 0.0), row
        if not row["missing"]:
            assert row["speed"] == pytest.approx(row["default_ms"] / row["tick_ms"])
            assert set(row["stages"]) == {"condition", "denoise", "commit", "pixels"}
            assert 0.0 < row["weights_mb"] < 1.0 and 0.0 < row["state_mb"] < 1.0
    assert report["complete"] and report["steps"] == 2
    assert [row["sessions"] for row in report["batching"]] == [1, 2]
    assert all(
        row[way]["frames_per_second"] > 0.0 for row in report["batching"] for way in ("alone", "fused")
    )


def test_other_steps_are_told_apart_by_what_they_show(folder: Path) -> None:
    rows = named(measured(folder))
    assert rows[STEPS, "1 of 4"]["psnr_db"] < rows[STEPS, "2 of 4"]["psnr_db"] - 3.0


@pytest.mark.parametrize("family", ["oasis", "diamond", "diamond-csgo"])
def test_families_bring_their_own_choices(
    tmp_path: Path, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QUICK_TICKS", "QUICK_FRAMES", "QUICK_BATCH_CALLS", "WARM_UP"):
        monkeypatch.setattr(matrix, name, 1)
    report = measured(write(tmp_path / "pack", family))
    rows = named(report)
    assert not [row for row in report["rows"] if "failed" in row["missing"]]
    assert rows["number format", "float32"]["psnr_db"] == SAME_DB
    if QUICK_BFLOAT16:
        half = rows["number format", "bfloat16"]
        assert 20.0 < half["estimate_db"] < SAME_DB
        # DIAMOND keeps a plain copy beside the packed one.
        assert half["weights_mb"] <= 1.1 * rows["number format", "float32"]["weights_mb"]
    assert as_markdown(report).count("\n") > len(report["rows"])
    if family != "oasis":
        assert "convolutions" in rows["number format", "int8"]["missing"]
        return
    for choice in (("reuse", "reuse-none"), ("reuse", "sliding"), ("attention", "sink")):
        assert rows[choice]["psnr_db"] > 15.0
    small, whole = rows["history", "sliding-8bit"], rows["reuse", "sliding"]
    assert small["state_mb"] < whole["state_mb"]
    if QUICK_BFLOAT16:
        assert rows["number format", "int4"]["weights_mb"] < rows["number format", "bfloat16"]["weights_mb"]


def test_one_form_that_does_not_run_costs_its_own_row_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = matrix.load

    def broken(*given: Any, **more: Any) -> World:
        if more.get("variant") == "contiguous":
            raise DeviceError("no such kernel", fix="none")
        return load(*given, **more)

    monkeypatch.setattr(matrix, "load", broken)
    report = measured(folder)
    assert named(report)["memory order", "contiguous"]["missing"].startswith("failed: no such kernel")
    assert report["complete"]


def test_what_was_measured_before_an_interruption_is_kept(folder: Path) -> None:
    def stop(done: int, total: int, name: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    threads = torch.get_num_threads()
    work = Matrix(folder, walk, device="cpu", quick=True, batches=(1,), progress=stop)
    with pytest.raises(KeyboardInterrupt):
        work.run()
    report = work.report()
    assert len(report["rows"]) == 3 and not report["complete"] and torch.get_num_threads() == threads
    assert "interrupted" in as_markdown(report)


def test_a_batch_that_would_take_too_long_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "LONGEST_BATCH_S", 0.0)
    report = measured(folder)
    assert all("would take" in row["missing"] for row in report["batching"])
    assert "would take" in as_markdown(report)


def test_rows_can_be_left_out_by_name(folder: Path) -> None:
    rows = named(measured(folder, without=["contiguous"]))
    assert rows["memory order", "contiguous"]["missing"] == "left out by --without"
    with pytest.raises(SessionError, match="no variant 'contigous'"):
        measured(folder, without=["contigous"])


def test_fidelity_is_that_of_all_frames_together() -> None:
    black = np.zeros((2, 2, 3), np.uint8)
    grey = np.full((2, 2, 3), 51, np.uint8)
    one = torch.ones(1, 4)
    assert fidelity([(black, one)], [(black, one)]) == (SAME_DB, SAME_DB)
    # A fifth of the range everywhere in one frame of two: -10 log10(0.04 / 2).
    psnr, estimate = fidelity([(black, one), (grey, 1.1 * one)], [(black, one), (black, one)])
    assert psnr == pytest.approx(16.9897)
    assert estimate == pytest.approx(10.0 * np.log10(8.0 / 0.04), rel=1e-4)
    assert fidelity([(black, torch.ones(1, 3))], [(black, one)])[1] is None
    # A larger picture is as good as what its blocks come to.
    large = np.repeat(np.repeat(grey, 2, axis=0), 2, axis=1)
    assert fidelity([(large, one)], [(grey, one)])[0] == SAME_DB
    assert decibels(0.0, 1.0) == -SAME_DB
