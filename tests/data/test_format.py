from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.toys import toy_info
from worldsdk.data.format import INFO_FILE, DatasetInfo, LayerInfo
from worldsdk.errors import DatasetError


def test_info_survives_the_file(tmp_path: Path) -> None:
    info = toy_info()
    info.save(tmp_path)
    assert DatasetInfo.load(tmp_path) == info
    assert [path.name for path in tmp_path.iterdir()] == [INFO_FILE]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": "other"}, "format"),
        ({"version": 99}, "version"),
        ({"height": None}, "wrong type"),
        ({"height": 0}, "height"),
        ({"controls": [{"name": "a", "kind": "lever"}]}, "lever"),
        ({"variables": [{"name": "x", "colour": 1}]}, "wrong type"),
        ({"layers": [{"name": "depth"}]}, "shape"),
    ],
)
def test_a_bad_description_is_refused_by_what_is_wrong(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    (tmp_path / INFO_FILE).write_text(json.dumps(toy_info().to_json() | change))
    with pytest.raises(DatasetError, match=named) as caught:
        DatasetInfo.load(tmp_path)
    assert INFO_FILE in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "\udcff"])
def test_what_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / INFO_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DatasetError):
        DatasetInfo.load(tmp_path)


def test_a_missing_description_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="worldsdk record"):
        DatasetInfo.load(tmp_path)


def test_layers_have_known_dtypes_and_free_names() -> None:
    with pytest.raises(DatasetError, match="float64"):
        LayerInfo("depth", "float64", (2, 2), 0.0, 1.0)
    with pytest.raises(DatasetError, match="pixels"):
        LayerInfo("pixels", "uint8", (2, 2), 0.0, 1.0)
