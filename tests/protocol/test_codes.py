"""The table of codes: every error of ours has a place on the wire, and close codes are not shared."""

from __future__ import annotations

from worldsdk import errors
from worldsdk.protocol.codes import CLOSE_CODES, CODES, close_code, retries


def test_close_codes_are_distinct_and_private() -> None:
    closes = [code.close for code in CODES.values() if code.close is not None]
    assert len(closes) == len(set(closes)) == len(CLOSE_CODES)
    assert all(4400 <= close < 4600 for close in closes)


def test_codes_of_protocol_errors_are_in_the_table() -> None:
    ours = [
        value.code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.ProtocolError)
    ]
    assert len(ours) >= 7
    assert set(ours) <= set(CODES)


def test_codes_without_a_close_code_close_as_internal() -> None:
    assert close_code("conflict") == 4409
    assert close_code("unknown_type") == close_code("never heard of") == 4500


def test_retries() -> None:
    assert retries("no_capacity")
    assert not retries("conflict")
    assert not retries("never heard of")


def test_meanings_are_sentences() -> None:
    assert all(code.meaning.endswith(".") and code.meaning[0].isupper() for code in CODES.values())
