from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.cli.main import main
from worldsdk.cli.record import parse_size
from worldsdk.data.preview import PREVIEW_FILE
from worldsdk.data.reader import Dataset
from worldsdk.errors import RecordError


@given(width=st.integers(1, 9999), height=st.integers(1, 9999))
def test_sizes_are_width_x_height(width: int, height: int) -> None:
    assert parse_size(f"{width}x{height}") == (width, height)
    assert parse_size(f"{width}X{height}") == (width, height)


@pytest.mark.parametrize(
    "text", ["", "64", "64x", "x48", "64x48x3", "0x48", "-64x48", "6.4x48", "²x48", "axb"]
)
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(RecordError, match="64x48"):
        parse_size(text)


def test_recording_resuming_and_the_preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("minigrid")
    out = tmp_path / "grid"
    command = ["record", "minigrid", "--out", str(out), "--seed", "3", "--size", "32x32"]
    assert main([*command, "--frames", "100"]) == 0
    assert "100 frames" in capsys.readouterr().out
    assert (out / PREVIEW_FILE).stat().st_size > 0
    assert main([*command, "--frames", "150"]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*command, "--frames", "150", "--resume"]) == 0
    dataset = Dataset.open(out, verify="sha256")
    assert len(dataset) == 150
    assert (dataset.info.width, dataset.info.recorder["seed"]) == (32, 3)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["Nothing-v7"], "Nothing-v7"),
        (["minigrid", "--size", "big"], "--size"),
        (["minigrid", "--frames", "0"], "frames"),
        (["minigrid", "--seed", "-1"], "seed"),
    ],
)
def test_bad_requests_are_refused_and_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    pytest.importorskip("minigrid")
    out = tmp_path / "out"
    assert main(["record", *arguments, "--out", str(out)]) == 2
    assert named in capsys.readouterr().err
    assert not out.exists()
