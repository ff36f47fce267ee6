"""The pieces that dialogues are made of."""

from __future__ import annotations

from typing import Any

from worldsdk.protocol.limits import MAX_CREDIT, MAX_INTEGER
from worldsdk.protocol.transcript import Step

Json = dict[str, Any]

PATIENCE_MS = 10_000
"""How long a step waits for its message, unless it says otherwise: a first tick may compile kernels."""

QUIET_MS = 400
"""How long nothing must come where nothing may: many ticks of any world."""

HELLO_MS = 30_000
"""Longest a server may wait for hello."""

NEWS = ("event",)
"""May come at any time."""

ANY: Json = {"$any": True}
COUNT: Json = {"$int": [0, MAX_INTEGER]}
TEXT: Json = {"$str": 1}


def hello(**changes: Any) -> Json:
    """A player's hello."""
    message = {
        "t": "hello",
        "v": [0, 0],
        "role": "player",
        "mode": "realtime",
        "codecs": ["raw_rgb"],
        "max_message": 16_777_216,
        "credit": 2,
        "token": {"$token": True},
        "client": {"name": "conformance"},
    }
    return {**message, **changes}


STEPPER: Json = {"role": "stepper", "mode": "lockstep"}

WELCOME: Json = {
    "t": "welcome",
    "v": 0,
    "session": TEXT,
    "room": TEXT,
    "world": {"name": TEXT, "title": {"$str": 0}, "summary": {"$str": 0}, "digest": TEXT, "license": TEXT},
    "size": [{"$int": [1, 65_535]}, {"$int": [1, 65_535]}],
    "codec": "raw_rgb",
    "rate": {"$float": [0.001, 1000]},
    "budget_ms": {"$float": [0, None]},
    "tick": COUNT,
    "controls": {"$list": 0},
    "layers": [],
    "state": {"$list": 0},
    "starts": COUNT,
    "commands": {"pause": ANY, "resume": ANY},
    "limits": {"max_message": {"$int": [1024, MAX_INTEGER]}, "keys": {"$int": [1, 32]}},
    "capabilities": {"$list": 0},
    "credit": {"$int": [1, MAX_CREDIT]},
    "server": {"name": TEXT, "version": {"$str": 0}},
    "paused": {"$one_of": [True, False]},
    "held_seq": COUNT,
}
FRAME: Json = {
    "t": "frame",
    "seq": {"$int": [1, MAX_INTEGER]},
    "tick": COUNT,
    "pts": COUNT,
    "applied": COUNT,
    "key": {"$one_of": [True, False]},
    "codec": "raw_rgb",
    "data": {"$bin": 3},
    "reward": {"$float": [None, None]},
    "ended": {"$one_of": [True, False]},
    "steps": COUNT,
    "met": {"$one_of": [True, False]},
    "replaced": COUNT,
}


def connect(who: str = "a", **more: Any) -> Step:
    return {"do": "connect", "as": who, **more}


def send(message: Json, who: str = "a") -> Step:
    return {"do": "send", "as": who, "message": message}


def expect(message: Json, *skip: str, who: str = "a", within_ms: int = PATIENCE_MS) -> Step:
    return {
        "do": "expect",
        "as": who,
        "message": message,
        "skip": [*NEWS, *skip],
        "within_ms": within_ms,
    }


def never(message: Json, who: str = "a", *, for_ms: int = QUIET_MS) -> Step:
    return {"do": "never", "as": who, "message": message, "for_ms": for_ms}


def closes(*codes: int, who: str = "a", within_ms: int = PATIENCE_MS) -> Step:
    return {"do": "expect_close", "as": who, "codes": list(codes), "within_ms": within_ms}


def step(who: str = "a", **more: Any) -> Step:
    """An input with the next number of this connection."""
    return send({"t": "input", "seq": {"$next": f"input {who}"}, "ts": 1_000, **more}, who)


def ack(name: str, who: str = "a") -> Step:
    return send({"t": "ack", "seq": {"$var": name}}, who)


def command(number: int, name: str, args: Json | None = None, who: str = "a") -> Step:
    return send({"t": "command", "id": number, "name": name, "args": args or {}}, who)


def receipts(number: int, result: Json | None = None, who: str = "a") -> list[Step]:
    """Both receipts of a command, in their order."""
    applied = {"t": "applied", "re": number, "tick": COUNT}
    if result:
        applied["result"] = result
    return [
        expect({"t": "accepted", "re": number}, "frame", who=who),
        expect(applied, "frame", who=who),
    ]


def frame(**changes: Any) -> Json:
    """A frame; its number is kept as ``frame``."""
    number = changes.pop("seq", FRAME["seq"])
    return {**FRAME, "seq": {"$keep": "frame", "as": number}, **changes}


def stepping(who: str = "a", **changes: Any) -> list[Step]:
    """A stepper is let in and has its first frame."""
    return [
        connect(who),
        send(hello(**STEPPER, **changes), who),
        expect({**WELCOME, **STEPPER}, who=who),
        expect(frame(seq=1, key=True, applied=0), who=who),
        send({"t": "ack", "seq": 1}, who),
    ]
