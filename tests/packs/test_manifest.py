"""The manifest: read strictly, written canonically."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import tiny_manifest
from worldsdk.errors import PackError
from worldsdk.packs.manifest import FileEntry, Manifest, check_file_name

FILES = {
    "weights.safetensors": FileEntry("0" * 64, 10),
    "starts.safetensors": FileEntry("1" * 64, 20),
    "NOTICE": FileEntry("2" * 64, 30),
}


def full(**changes: Any) -> Manifest:
    return tiny_manifest(**({"files": FILES} | changes))


def as_data(**changes: Any) -> dict[str, Any]:
    return full().to_json() | changes


def test_survives_the_round_trip() -> None:
    manifest = full(provenance={"minutes": 3.5, "tools": ["ä", None]})
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.digest == manifest.digest


def test_digest_ignores_how_the_file_is_laid_out() -> None:
    manifest = full()
    data = dict(reversed(json.loads(manifest.to_bytes()).items()))
    assert Manifest.from_bytes(json.dumps(data, indent=7).encode()).digest == manifest.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1.1"},
        {"rate_hz": 30.0},
        {"config": {"height": 12}},
        {"files": FILES | {"NOTICE": FileEntry("3" * 64, 30)}},
    ],
)
def test_digest_follows_every_change(changes: dict[str, Any]) -> None:
    assert replace(full(), **changes).digest != full().digest


@pytest.mark.parametrize("field", sorted(full().to_json()))
def test_a_missing_field_is_named(field: str) -> None:
    data = as_data()
    del data[field]
    with pytest.raises(PackError, match=f"{field} is missing"):
        Manifest.from_json(data)


@pytest.mark.parametrize("field", sorted(set(full().to_json()) - {"format"}))
@pytest.mark.parametrize("value", [None, True, [[1]], {"a": 1}, ""])
def test_a_wrong_type_is_an_error_and_never_anything_else(field: str, value: Any) -> None:
    data = as_data(**{field: value})
    try:
        Manifest.from_json(data)
    except PackError as error:
        assert "pack.json" in str(error)
    else:
        # What is left is a value that the field really may have.
        assert (field, value) in [
            *((text, "") for text in ("version", "title", "summary", "family", "licence")),
            ("config", {"a": 1}),
            ("provenance", {"a": 1}),
            ("notices", [[1]]),
        ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "format is 2.*reads format 1"),
        ({"extra": 1}, "extra is not a field"),
        ({"name": "../up"}, "name is"),
        ({"rate_hz": 0}, "rate_hz is 0"),
        ({"rate_hz": 1e400}, "rate_hz is inf"),
        ({"idle": "sleep"}, "idle is 'sleep'"),
        ({"default_steps": 0}, "default_steps is 0"),
        ({"controls": [{"kind": "button"}]}, "controls cannot be read"),
        ({"controls": [3]}, "controls cannot be read"),
        ({"notices": ["ABSENT"]}, r"does not list \['ABSENT'\]"),
        ({"files": {}}, "files is empty"),
        ({"files": {"weights.safetensors": {"sha256": "0" * 64, "bytes": 1}}}, "does not list"),
        ({"display": {"width": -1, "height": 2, "notes": ""}}, "negative"),
    ],
)
def test_a_bad_value_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PackError, match=words):
        Manifest.from_json(as_data(**changes))


def test_an_unknown_format_is_reported_before_unknown_fields() -> None:
    with pytest.raises(PackError, match="format is 9"):
        Manifest.from_json({"format": 9, "something": "new"})


@pytest.mark.parametrize(
    "name",
    ["../weights", "/etc/passwd", "a/b", "a\\b", "..", ".", ".hidden", "", "pack.json", "a\nb", "x" * 200],
)
def test_file_names_cannot_leave_the_folder(name: str) -> None:
    with pytest.raises(PackError, match="not allowed"):
        check_file_name(name)
    files = FILES | {name: FileEntry("0" * 64, 1)}
    with pytest.raises(PackError, match="not allowed"):
        Manifest.from_json(
            as_data(files={n: {"sha256": e.sha256, "bytes": e.size} for n, e in files.items()})
        )


@pytest.mark.parametrize(
    "entry", [{"sha256": "xyz", "bytes": 1}, {"sha256": "0" * 64, "bytes": -1}, {"sha256": "0" * 64}, 5]
)
def test_malformed_file_entries_are_refused(entry: Any) -> None:
    data = as_data()
    data["files"]["NOTICE"] = entry
    with pytest.raises(PackError, match="NOTICE"):
        Manifest.from_json(data)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000]
)
def test_what_is_not_a_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(PackError):
        Manifest.from_bytes(raw)


def test_values_that_json_cannot_hold_are_refused() -> None:
    for bad in (float("nan"), object()):
        with pytest.raises(PackError, match="not plain JSON"):
            full(config={"x": bad}).to_bytes()


@given(st.integers(0, len(full().to_bytes()) - 1), st.integers(0, 255))
def test_damage_is_refused_or_changes_the_digest(place: int, value: int) -> None:
    raw = bytearray(full().to_bytes())
    before = bytes(raw)
    raw[place] = value
    try:
        digest = Manifest.from_bytes(bytes(raw)).digest
    except PackError:
        return
    assert digest != full().digest or json.loads(raw) == json.loads(before)
