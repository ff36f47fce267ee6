"""The ring: who signs, who checks, at which moment; and a file that keeps to itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import KeyRingError, StorageError
from worldsdk.server.security.keyring import (
    MAX_TOKEN_SECONDS,
    ROTATION_LEAD_SECONDS,
    KeyRing,
    load_ring,
    new_key,
    parse_ring,
    save_ring,
)

NOW = 1_800_000_000


def ring() -> KeyRing:
    return KeyRing((new_key(NOW),))


def test_rotation_announces_then_signs_then_forgets() -> None:
    old = ring()
    both = old.rotated(NOW)
    first, second = both.keys
    assert both.signing_key(NOW).kid == first.kid
    assert both.signing_key(NOW + ROTATION_LEAD_SECONDS - 1).kid == first.kid
    assert both.signing_key(NOW + ROTATION_LEAD_SECONDS).kid == second.kid
    # The new key is known from the first moment; the old one until its last token must have expired.
    assert both.checking_key(second.kid, NOW) == second
    end = NOW + ROTATION_LEAD_SECONDS + MAX_TOKEN_SECONDS
    assert both.checking_key(first.kid, end - 1) == first
    assert both.checking_key(first.kid, end) is None
    assert both.rotated(end).keys[0].kid == second.kid


def test_two_rotations_in_a_row_leave_exactly_one_successor() -> None:
    twice = ring().rotated(NOW).rotated(NOW + 1)
    for later in range(0, 200, 7):
        assert sum(key.signs(NOW + later) for key in twice.keys) == 1


def test_a_ring_without_a_ready_key_says_what_to_run() -> None:
    with pytest.raises(KeyRingError, match="worldsdk keys rotate"):
        KeyRing((new_key(NOW, lead_seconds=60),)).signing_key(NOW)


def test_the_file_is_private_and_comes_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    kept = ring().rotated(NOW)
    save_ring(path, kept)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_ring(path) == kept
    assert [child.name for child in path.parent.iterdir()] == ["keys.json"]


def test_a_file_that_others_may_read_is_refused_unless_it_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    save_ring(path, ring())
    path.chmod(0o640)
    with pytest.raises(KeyRingError, match="chmod 600"):
        load_ring(path)
    save_ring(path, ring().public_half())
    path.chmod(0o644)
    assert load_ring(path).keys[0].private is None


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match="worldsdk keys new"):
        load_ring(tmp_path / "none.json")


def test_a_place_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        save_ring(tmp_path / "file" / "keys.json", ring())


def _broken() -> dict[str, Any]:
    good = ring().to_json()
    key = good["keys"][0]
    other = ring().to_json()["keys"][0]
    return {
        "format": {**good, "format": "x"},
        "no keys": {**good, "keys": []},
        "too many": {**good, "keys": [{**key, "kid": f"k{n}"} for n in range(65)]},
        "twice": {**good, "keys": [key, key]},
        "alg": {**good, "keys": [{**key, "alg": "HS256"}]},
        "kid": {**good, "keys": [{**key, "kid": "../x"}]},
        "kid not ascii": {**good, "keys": [{**key, "kid": "kéy"}]},
        "nbf": {**good, "keys": [{**key, "nbf": "now"}]},
        "nbf bool": {**good, "keys": [{**key, "nbf": True}]},
        "retire": {**good, "keys": [{**key, "retire": -1}]},
        "short": {**good, "keys": [{**key, "public": key["public"][:-1]}]},
        "halves": {**good, "keys": [{**key, "private": other["private"]}]},
        "private null": {**good, "keys": [{**key, "private": None}]},
        "list": [],
    }


@pytest.mark.parametrize("name", sorted(_broken()))
def test_a_broken_ring_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(_broken()[name]))
    path.chmod(0o600)
    with pytest.raises(KeyRingError, match="not a key ring"):
        load_ring(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b" " * 300_000])
def test_bytes_that_are_no_ring_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(KeyRingError, match="not a key ring"):
        load_ring(path)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c))
)
def test_any_json_is_a_ring_or_a_value_error(data: Any) -> None:
    with pytest.raises(ValueError):
        parse_ring(data)


def test_public_halves_check_and_cannot_sign() -> None:
    public = ring().public_half()
    assert not public.keys[0].signs(NOW)
    with pytest.raises(KeyRingError):
        public.keys[0].signer()
    assert replace(public.keys[0]).checks(NOW)
