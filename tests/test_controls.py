"""Controls: what a spec accepts, refuses, and turns into vectors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.errors import ControlError, ControlSpecError

SPEC = ControlSpec(
    (
        Control("forward", keys={"KeyW": 1.0}, pad={"A": 1.0}, help="walk"),
        Control("turn", "axis", -8.0, 4.0, unit="degrees/tick", mouse=("x", 0.15)),
        Control("gear", "axis", -1.0, 2.0, values=(-1.0, 0.0, 1.0, 2.0)),
    )
)

VALUES = st.fixed_dictionaries(
    {},
    optional={
        "forward": st.sampled_from([0.0, 1.0]),
        "turn": st.floats(-8.0, 4.0),
        "gear": st.sampled_from([-1.0, 0.0, 1.0, 2.0]),
    },
)


@given(VALUES)
def test_parse_completes_and_keeps(values: dict[str, float]) -> None:
    controls = SPEC.parse(values)
    assert list(controls) == ["forward", "turn", "gear"]
    assert controls == {"forward": 0.0, "turn": 0.0, "gear": 0.0} | values


@given(VALUES)
def test_vector_is_scaled_and_comes_back(values: dict[str, float]) -> None:
    controls = SPEC.parse(values)
    vector = SPEC.to_vector(controls)
    assert vector.dtype == np.float32 and vector.shape == (3,)
    assert np.abs(vector).max() <= 1.0
    back = SPEC.from_vector(vector)
    assert all(back[name] == pytest.approx(controls[name], abs=1e-5) for name in controls)
    assert (back["forward"], back["gear"]) == (controls["forward"], controls["gear"])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_snapped_values_are_always_allowed(raw: float) -> None:
    for control in SPEC:
        assert control.check(control.snap(raw)) == control.snap(raw)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"jump": 1}, ["jump", "forward"]),
        ({"forward": 0.5}, ["forward", "0 (released) or 1"]),
        ({"forward": 2}, ["forward", "2.0"]),
        ({"turn": 4.01}, ["turn", "4.01", "-8.0 to 4.0 degrees/tick"]),
        ({"turn": float("nan")}, ["turn", "nan"]),
        ({"turn": float("-inf")}, ["turn", "inf"]),
        ({"turn": 10**400}, ["turn"]),
        ({"turn": "left"}, ["turn", "left"]),
        ({"turn": 1j}, ["turn", "1j"]),
        ({"turn": None}, ["turn", "None"]),
        ({"turn": np.zeros(1)}, ["turn"]),
        ({"gear": 0.5}, ["gear", "(-1.0, 0.0, 1.0, 2.0)"]),
    ],
)
def test_bad_values_are_refused_by_name(values: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(ControlError) as caught:
        SPEC.parse(values)
    assert all(name in str(caught.value) for name in names)


@pytest.mark.parametrize("value", [1, True, np.bool_(True), np.int64(1), np.float32(1.0)])
def test_numbers_of_every_kind_are_taken(value: Any) -> None:
    assert SPEC.parse({"forward": value})["forward"] == 1.0


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a", "kind": "lever"},
        {"name": "a", "kind": "axis", "low": 1.0, "high": 2.0},
        {"name": "a", "kind": "axis", "low": 0.0, "high": 0.0},
        {"name": "a", "kind": "axis", "low": -float("inf")},
        {"name": "a", "kind": "button", "high": 2.0},
        {"name": "a", "kind": "axis", "low": -1.0, "values": (1.0, 0.0)},
        {"name": "a", "kind": "axis", "low": -1.0, "values": (-1.0, 1.0)},
        {"name": "a", "kind": "axis", "low": -1.0, "values": (0.0, 3.0)},
    ],
)
def test_contradictory_controls_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ControlSpecError):
        Control(**fields)


def test_names_must_differ() -> None:
    with pytest.raises(ControlSpecError, match="'a'"):
        ControlSpec((Control("a"), Control("a")))


def test_json_round_trip() -> None:
    assert ControlSpec.from_json(json.loads(json.dumps(SPEC.to_json()))) == SPEC


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "a", "colour": 1},
        {"name": "a", "low": "far"},
        {"name": "a", "keys": 3},
        {"name": "a", "mouse": []},
    ],
)
def test_malformed_json_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ControlSpecError):
        Control.from_json(data)


def test_controls_are_values() -> None:
    one, other = SPEC.parse({"turn": 2}), SPEC.parse({"turn": 2.0, "forward": 0})
    assert one == other and hash(one) == hash(other) and SPEC.rest != one
    assert repr(one) == "Controls({'turn': 2.0})"
    assert isinstance(SPEC.rest, Controls) and not any(SPEC.rest.values())
