from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.models.samples import driven
from worldsdk.errors import PackError
from worldsdk.models.convnet import ConvnetModel, GroundConfig, OverheadConfig, OverheadModel
from worldsdk.models.registry import build_model


def test_config_survives_json_and_builds_by_the_family() -> None:
    config = driven().config
    told = json.loads(json.dumps(config.to_json()))
    assert OverheadConfig.from_json(told) == config
    assert isinstance(build_model("convnet", told), OverheadModel)
    assert isinstance(build_model("convnet", {"height": 16, "width": 16, "controls": 1}), ConvnetModel)


VARIABLES = driven().config.variables
IN_DEGREES = (*VARIABLES[:2], replace(VARIABLES[2], period=360.0), *VARIABLES[3:])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"variables": VARIABLES[1:]}, "begin with"),
        ({"variables": IN_DEGREES}, "2 pi"),
        ({"tick": 0.0}, "tick"),
        ({"drives": ("petrol",)}, "petrol"),
        ({"sheets": 0}, "sheets"),
        ({"fine": 4}, "divide samples"),
    ],
)
def test_impossible_worlds_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(driven().config, **changes)


@pytest.mark.parametrize(
    "fields",
    [
        {"across": 0.0},
        {"across": 10.0, "pivot": (0.5, 1.5)},
        {"across": 10.0, "under": ()},
        {"across": 10.0, "samples": 0},
    ],
)
def test_impossible_cameras_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"above 0|pivot|under"):
        GroundConfig(**fields)


def test_a_pack_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(PackError, match="convnet"):
        build_model("convnet", {**driven().config.to_json(), "colour": 3})
