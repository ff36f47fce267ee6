"""The scanner counts what msgpack would build."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.strategies import PLAIN
from worldsdk.errors import ProtocolError
from worldsdk.protocol.checks import check_plain
from worldsdk.protocol.limits import MAX_DEPTH, MAX_VALUES
from worldsdk.protocol.scan import scan


@given(PLAIN)
@settings(max_examples=200, deadline=None)
def test_it_counts_as_the_checks_count(value: Any) -> None:
    assert scan(msgpack.packb(value)) == check_plain(value, "value")


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_what_it_lets_pass_is_whole(data: bytes) -> None:
    try:
        scan(data)
    except ProtocolError:
        return
    try:
        msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError) as error:
        # Bad UTF-8 and keys that cannot be hashed are for the checks after it.
        assert isinstance(error, (UnicodeDecodeError, TypeError)), error


@pytest.mark.parametrize("values", [MAX_VALUES, MAX_VALUES + 1])
def test_limit_of_values(values: int) -> None:
    raw = msgpack.packb([0] * (values - 1))
    if values <= MAX_VALUES:
        assert scan(raw) == values
    else:
        with pytest.raises(ProtocolError, match="values"):
            scan(raw)


def test_limit_of_depth() -> None:
    assert scan(b"\x91" * (MAX_DEPTH - 1) + b"\x90") == MAX_DEPTH
    with pytest.raises(ProtocolError, match="nested"):
        scan(b"\x91" * (MAX_DEPTH + 1) + b"\x00")


@pytest.mark.parametrize("data", [b"", b"\x92\x01", b"\x01\x01", b"\xc1", b"\xd4\x01\x00", b"\xc4\x05ab"])
def test_damage_is_found(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        scan(data)
