"""The golden vectors, as they lie in protocol/vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgpack
import pytest

from worldsdk.errors import ProtocolError
from worldsdk.protocol.codec import decode, encode
from worldsdk.protocol.jsonform import from_json
from worldsdk.protocol.messages import CLIENT_MESSAGES, SERVER_MESSAGES

FILES = sorted((Path(__file__).resolve().parents[2] / "protocol" / "vectors").glob("*.jsonl"))
LINES = [json.loads(line) for path in FILES for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("vector", LINES, ids=lambda vector: str(vector["name"]))
def test_vector(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    if vector["json"] is not None:
        assert msgpack.unpackb(data) == from_json(vector["json"])
    if vector["valid"]:
        message = decode(data, sender=vector["direction"], max_bytes=vector["max_bytes"])
        assert message.t == vector["json"]["t"]
        assert decode(encode(message), sender=vector["direction"]) == message
    else:
        with pytest.raises(ProtocolError) as caught:
            decode(data, sender=vector["direction"], max_bytes=vector["max_bytes"])
        assert caught.value.code == vector["error"]


def test_they_show_every_message_and_every_kind_of_damage() -> None:
    names = [vector["name"] for vector in LINES]
    assert len(names) == len(set(names))
    shown = {(v["direction"], v["json"]["t"]) for v in LINES if v["valid"]}
    assert shown == {("client", t) for t in CLIENT_MESSAGES} | {("server", t) for t in SERVER_MESSAGES}
    text = " ".join(name for vector in LINES if not vector["valid"] for name in [vector["name"]])
    for kind in (
        "truncated",
        "string for an integer",
        "larger than",
        "unknown type",
        "nested",
        "NaN",
        "claims",
    ):
        assert kind in text
    assert {v["error"] for v in LINES} == {None, "bad_message", "unknown_type", "too_large"}
