"""One hierarchy, one stable code each, sentences that name thing, place and cure."""

from __future__ import annotations

import inspect

import pytest

from worldsdk import errors
from worldsdk.errors import PackChecksumError, PackError, WorldSDKError

ALL = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, WorldSDKError)
]


def test_every_error_has_its_own_code() -> None:
    codes = [error.code for error in ALL]
    assert len(codes) == len(set(codes))
    assert all(code.isidentifier() and code.islower() for code in codes)


@pytest.mark.parametrize("error", ALL, ids=lambda e: e.__name__)
def test_sentence_holds_thing_place_cure_and_code(error: type[WorldSDKError]) -> None:
    raised = error("size is 3", where="pack.json", fix="use 4")
    assert str(raised) == f"pack.json: size is 3. use 4 [{error.code}]"
    assert str(error("size is 3")) == f"size is 3 [{error.code}]"
    assert (raised.what, raised.where, raised.fix) == ("size is 3", "pack.json", "use 4")


def test_special_errors_are_caught_as_general_ones() -> None:
    with pytest.raises(PackError):
        raise PackChecksumError("altered")
