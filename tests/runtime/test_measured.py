"""A remembered matrix is used where it fits, and passed over where it does not."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support import tiny_pack
from worldsdk.runtime import measured
from worldsdk.runtime.machine import describe
from worldsdk.runtime.matrix_rows import FORMAT, STEPS
from worldsdk.runtime.world import load

CPU = torch.device("cpu")


def row(
    toggle: str, steps: int, step_ms: float, variant: str = "default", psnr: float = 50.0
) -> dict[str, Any]:
    stages = {"condition": 1.0, "denoise": step_ms, "commit": 1.0, "pixels": 0.5}
    told = {"toggle": toggle, "variant": variant, "steps": steps, "threads": torch.get_num_threads()}
    return told | {"missing": "", "stages": stages, "psnr_db": psnr}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(measured.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tiny_pack(tmp_path / "tiny")


@pytest.fixture
def report(folder: Path) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "pack_digest": load(folder, "cpu").digest,
        "machine": describe(CPU),
        "threads": torch.get_num_threads(),
        "steps": 2,
        "complete": True,
        "rows": [
            row("default", 2, 4.0),
            row("number format", 2, 8.0, "float32", 99.0),
            {"toggle": "number format", "variant": "int8", "missing": "none", "threads": 1},
            row("together", 2, 2.0, "bfloat16+contiguous", 49.8),
            *(row(STEPS, steps, 4.0) for steps in (1, 2, 4)),
        ],
    }


def test_a_world_knows_what_was_measured_of_it(folder: Path, report: dict[str, Any]) -> None:
    assert load(folder, "cpu").expected is None
    measured.remember(report)
    expected = load(folder, "cpu").expected
    assert expected is not None
    assert expected.rungs == {1: 6.5, 2: 10.5, 4: 18.5}
    assert expected.stages["denoise"] == 4.0
    # In float32 a tick took 18.5 ms where the default took 10.5.
    exact = load(folder, "cpu", variant="float32").expected
    assert exact is not None and exact.rungs[4] == pytest.approx(18.5 * 18.5 / 10.5)
    assert load(folder, "cpu", variant="contiguous").expected is None
    assert load(folder, "cpu", memory_limit=5.0).expected is not None


def test_auto_takes_the_best_that_fits(folder: Path, report: dict[str, Any]) -> None:
    measured.remember(report)
    kept = measured.find(report["pack_digest"], CPU)
    assert kept is not None
    assert kept.best(30.0) == "float32"
    # Nearly as good, and faster: the default's fidelity is within what counts as the same.
    assert kept.best(18.0) == "bfloat16+contiguous"
    assert kept.best(0.1) == "bfloat16+contiguous"
    exact = load(folder, "cpu", variant="float32").session().step().digest()
    assert load(folder, "cpu", variant="auto").session().step().digest() == exact


def test_auto_without_measurements_is_the_default(folder: Path) -> None:
    plain = load(folder, "cpu").session().step().digest()
    assert load(folder, "cpu", variant="auto").session().step().digest() == plain


def spoil(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda told: told.update(changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (spoil(format=FORMAT + 1), "another pack or format"),
        (spoil(pack_digest="0" * 64), "another pack"),
        (spoil(complete=False), "not complete"),
        (spoil(steps=True), "no count"),
        (spoil(steps=3), "default is not in it"),
        (spoil(rows=[]), "default is not in it"),
        (spoil(rows=[{}]), "missing"),
        (lambda told: told["machine"].update(torch="1.0"), "torch '1.0'"),
        (lambda told: told["rows"][0]["stages"].update(denoise=float("nan")), "out of range"),
        (lambda told: told["rows"][0]["stages"].update(denoise=-1.0), "out of range"),
        (lambda told: told["rows"][0]["stages"].update(denoise="fast"), "no number"),
    ],
)
def test_what_does_not_fit_is_passed_over_with_a_line(
    folder: Path,
    report: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    change: Callable[[dict[str, Any]], None],
    words: str,
) -> None:
    path = measured.remember(report)
    bad = copy.deepcopy(report)
    change(bad)
    path.write_text(json.dumps(bad))
    with caplog.at_level(logging.INFO, "worldsdk.runtime.measured"):
        assert load(folder, "cpu").expected is None
    assert len(caplog.records) == 1 and words in caplog.text


def test_damaged_files_are_passed_over(folder: Path, report: dict[str, Any]) -> None:
    path = measured.remember(report)
    for content in (b"", b"{", b"[]", b"\xff\xfe", b"{" * 100_000, b" " * (measured.FILE_LIMIT + 1)):
        path.write_bytes(content)
        assert load(folder, "cpu").expected is None


def test_other_numbers_of_threads_are_other_files(folder: Path, report: dict[str, Any]) -> None:
    other = measured.remember(report | {"threads": report["threads"] + 1})
    assert load(folder, "cpu").expected is None
    assert measured.remember(report) != other
    assert load(folder, "cpu").expected is not None
