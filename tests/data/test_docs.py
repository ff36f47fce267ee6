"""The programs in docs/dataset.md run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.data.toys import toy_dataset
from worldsdk.data.format import INFO_FILE, DatasetInfo

DOC = Path(__file__).parents[2] / "docs" / "dataset.md"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", DOC.read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("number", range(2))
def test_the_examples_read_a_dataset(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    toy_dataset(Path("datasets/doom-field"), [[16], [20], [14]])
    found: dict[str, object] = {}
    exec(blocks()[number], found)
    if number == 0:
        assert capsys.readouterr().out.count("shard-") == 3
    else:
        assert getattr(found["clip"], "shape", ())[0] == 12
        assert getattr(found["batch"], "shape", ())[0] == 8


def test_every_field_of_dataset_json_is_documented(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[4]])
    text = DOC.read_text("utf-8").partition("### " + INFO_FILE)[2].partition("### ")[0]
    for name in DatasetInfo.load(tmp_path).to_json():
        assert f"`{name}`" in text
