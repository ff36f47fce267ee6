"""Golden vectors: bytes, what they mean, and whether a receiver takes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgpack

from worldsdk.protocol import limits, samples
from worldsdk.protocol.codec import Sender, encode
from worldsdk.protocol.jsonform import to_json
from worldsdk.protocol.messages import CLIENT_MESSAGES

MOST_SHOWN = 4096
"""Bytes of a vector whose JSON form is written beside it."""


@dataclass(frozen=True)
class Vector:
    """One example.

    Attributes:
        name: what it shows.
        sender: whose message it is.
        data: the bytes of one binary WebSocket message.
        error: code with which it is refused, or None where it is taken.
        max_bytes: the largest message its receiver takes.
    """

    name: str
    sender: Sender
    data: bytes
    error: str | None = None
    max_bytes: int = limits.MAX_MESSAGE_BYTES

    def to_json(self) -> dict[str, Any]:
        """The line of a ``.jsonl`` file.

        ``json`` is the map as it travels, unknown keys and all; nil where the bytes hold none that JSON can
        say.
        """
        return {
            "name": self.name,
            "direction": self.sender,
            "hex": self.data.hex(),
            "json": _as_json(self.data),
            "valid": self.error is None,
            "error": self.error,
            "max_bytes": self.max_bytes,
        }


def vectors() -> dict[str, list[Vector]]:
    """File name without suffix -> its vectors."""
    return {"valid": [*_valid()], "malformed": [*_malformed()], "refused": [*_refused()]}


def _valid() -> Iterator[Vector]:
    for name, message in samples.messages():
        sender: Sender = "client" if message.t in CLIENT_MESSAGES else "server"
        yield Vector(name, sender, encode(message))
    ping = {"t": "ping", "t0": 5}
    yield Vector("unknown keys are ignored", "client", _pack({**ping, "later": [1, {"x": 2}]}))
    yield Vector("t need not come first", "client", _pack({"t0": 5, "t": "ping"}))
    yield Vector("nil stands for a field not given", "client", _pack({**samples.HELLO, "room": None}))
    yield Vector("a whole number may stand for a float", "client", _pack({**samples.INPUT, "mouse": [3, -4]}))
    deep = b"\x83\xa1t\xa4ping\xa2t0\x05\xa1x" + b"\x91" * (limits.MAX_DEPTH - 2) + b"\x90"
    yield Vector("nested as deep as 16", "client", deep)
    yield Vector("the largest integer", "client", _pack({**ping, "t0": limits.MAX_INTEGER}))
    yield Vector("an integer in a longer form than need be", "client", b"\x82\xa1t\xa4ping\xa2t0" + _u64(5))
    yield Vector("a map in a longer form than need be", "client", b"\xde\x00\x02" + _pack(ping)[1:])


def _malformed() -> Iterator[Vector]:
    """Bytes that are not one plain msgpack map within the limits."""
    ping = _pack({"t": "ping", "t0": 5})
    head = b"\x83\xa1t\xa4ping\xa2t0\x05\xa1x"
    cases = {
        "empty": b"",
        "truncated in a key": ping[:7],
        "truncated before a value": ping[:-1],
        "trailing bytes": ping + b"\x00",
        "two messages in one": ping + ping,
        "an array instead of a map": _pack(["ping", 5]),
        "a number instead of a map": b"\x05",
        "nil instead of a map": b"\xc0",
        "the code that msgpack never uses": b"\xc1",
        "a key that is a number": b"\x82\xa1t\xa4ping\x01\x05",
        "a key that is bin": b"\x82\xa1t\xa4ping\xc4\x02t0\x05",
        "a key given twice": b"\x83\xa1t\xa4ping\xa2t0\x05\xa2t0\x06",
        "a string that is not UTF-8": head + b"\xa1\xff",
        "an ext value": head + b"\xd4\x05\x00",
        "a timestamp": head + b"\xd6\xff\x00\x00\x00\x00",
        "NaN": head + _f64(math.nan),
        "infinity": head + _f64(math.inf),
        "NaN in 32 bits": head + b"\xca\x7f\xc0\x00\x00",
        "an integer beyond 2^53 - 1": head + _u64(limits.MAX_INTEGER + 1),
        "an integer beyond 2^64 / 2": head + _u64(2**64 - 1),
        "a negative integer beyond 2^53 - 1": head + b"\xd3" + (-(2**63)).to_bytes(8, "big", signed=True),
        "nested as deep as 17": head + b"\x91" * (limits.MAX_DEPTH - 1) + b"\x90",
        "nested as deep as 2000": head + b"\x91" * 2000 + b"\x90",
        "an array that claims 4 billion entries": head + b"\xdd\xff\xff\xff\xff",
        "a map that claims 4 billion entries": head + b"\xdf\xff\xff\xff\xff",
        "a message that claims 4 billion entries": b"\xdf\xff\xff\xff\xff\xa1t\xa4ping",
        "bin that claims 4 billion bytes": head + b"\xc6\xff\xff\xff\xff\x00",
        "a string that claims 4 billion bytes": head + b"\xdb\xff\xff\xff\xff\x00",
        "an array of more than 4096": head + b"\xdc\x10\x01" + b"\x00" * 4097,
        "more than 16384 values": head + b"\x98" + (b"\xdc\x09\x00" + b"\x80" * 0x900) * 8,
    }
    for name, data in cases.items():
        yield Vector(name, "client", data, "bad_message")


def _refused() -> Iterator[Vector]:
    """Plain maps that are no message, or not one that the receiver takes."""
    hello, given = samples.HELLO, samples.INPUT
    cases: dict[str, dict[str, Any]] = {
        "no type": {"t0": 5},
        "a type that is a number": {"t": 5},
        "a required field is missing": {"t": "ping"},
        "a required field is nil": {"t": "ping", "t0": None},
        "a string for an integer": {"t": "ping", "t0": "5"},
        "a float for an integer": {"t": "ping", "t0": 5.0},
        "a bool for an integer": {"t": "ping", "t0": True},
        "a negative time": {"t": "ping", "t0": -1},
        "an integer for a string": {"t": "command", "id": 1, "name": 5},
        "a role that does not exist": {**hello, "role": "owner"},
        "a mode that does not exist": {**hello, "mode": "turns"},
        "no codec": {**hello, "codecs": []},
        "a version that is no pair": {**hello, "v": [0]},
        "credit of 0": {**hello, "credit": 0},
        "a largest message too small for a reply": {**hello, "max_message": 100},
        "bin for a string": {**hello, "token": b"abc"},
        "a map for an array": {**given, "keys": {"KeyW": 1}},
        "an array for a map": {**given, "controls": [1, 2]},
        "too many keys held": {**given, "keys": ["KeyW"] * 33},
        "a key name too long": {**given, "keys": ["K" * 65]},
        "a control value that is a string": {**given, "controls": {"forward": "1"}},
        "a control value that is a bool": {**given, "controls": {"forward": True}},
        "mouse motion with three numbers": {**given, "mouse": [1, 2, 3]},
        "no tick at all": {**given, "ticks": 0},
        "args that are no map": {"t": "command", "id": 1, "name": "pause", "args": [1]},
        "a reason too long": {"t": "bye", "reason": "x" * 257},
    }
    for name, value in cases.items():
        yield Vector(name, "client", _pack(value), "bad_message")
    for name, value in {
        "an unknown type": {"t": "teleport", "to": 5},
        "a server's message from a client": {"t": "pong", "t0": 1, "t1": 2, "t2": 3},
    }.items():
        yield Vector(name, "client", _pack(value), "unknown_type")
    yield Vector(
        "larger than the receiver takes", "client", _pack({"t": "bye", "reason": "x" * 80}), "too_large", 64
    )
    frame = samples.frame()
    yield Vector("a frame without its picture", "server", _pack({**frame, "data": None}), "bad_message")
    yield Vector("a picture that is a string", "server", _pack({**frame, "data": "pixels"}), "bad_message")
    yield Vector("a client's message from a server", "server", _pack({"t": "ping", "t0": 5}), "unknown_type")
    yield Vector("a negative duration", "server", _pack({**frame, "total_ms": -1.0}), "bad_message")


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def _u64(value: int) -> bytes:
    return b"\xcf" + value.to_bytes(8, "big")


def _f64(value: float) -> bytes:
    return _pack(value)


def _as_json(data: bytes) -> Any:
    """The map that any msgpack library finds in ``data``; None where JSON cannot hold it, or at length."""
    if len(data) > MOST_SHOWN:
        return None
    try:
        value = msgpack.unpackb(data, object_pairs_hook=_once)
        return to_json(value) if isinstance(value, dict) and _speakable(value) else None
    except (ValueError, msgpack.UnpackException):
        return None


def _once(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key given twice")
    return value


def _speakable(value: Any, depth: int = 0) -> bool:
    """Whether JSON, as every language reads it, holds ``value`` exactly."""
    if depth > limits.MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and _speakable(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return len(value) <= limits.MAX_ITEMS and all(_speakable(item, depth + 1) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) <= limits.MAX_INTEGER
    return value is None or isinstance(value, (str, bytes, bool))
