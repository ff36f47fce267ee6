"""Errors on the wire say what helps and nothing about the machine."""

from __future__ import annotations

from worldsdk.errors import PackError, ProtocolError, SessionError
from worldsdk.protocol.codec import encode
from worldsdk.protocol.refusals import refusal


def test_places_on_this_machine_are_not_told() -> None:
    error = PackError("weights are missing", where="/srv/worlds/secret", fix="mend the pack")
    message = refusal(error, re=3)
    assert message.message == "weights are missing. mend the pack"
    assert message.detail is None
    assert (message.code, message.re, message.retry, message.fatal) == ("pack_invalid", 3, False, False)


def test_places_in_messages_are_told() -> None:
    message = refusal(ProtocolError("is nil", where="ping.t0", fix="give it"), fatal=True)
    assert message.message == "ping.t0: is nil. give it"
    assert message.detail == {"where": "ping.t0", "fix": "give it"}
    assert message.fatal


def test_whatever_its_length_it_can_be_sent() -> None:
    assert encode(refusal(SessionError("x" * 9000)))
