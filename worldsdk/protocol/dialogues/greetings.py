"""Saying hello and goodbye."""

from __future__ import annotations

from worldsdk.protocol.dialogues.parts import (
    COUNT,
    TEXT,
    WELCOME,
    closes,
    connect,
    expect,
    frame,
    hello,
    send,
    stepping,
)
from worldsdk.protocol.transcript import Transcript


def transcripts() -> list[Transcript]:
    return [
        Transcript(
            "hello-welcome",
            "A player is welcomed, sees numbered frames, and leaves.",
            (
                connect(),
                send(hello()),
                expect({**WELCOME, "role": "player", "mode": "realtime", "resume": TEXT}),
                expect(frame(seq=1, key=True)),
                send({"t": "ack", "seq": 1}),
                expect(frame(seq=2)),
                send({"t": "bye", "reason": "done"}),
                closes(1000),
            ),
        ),
        Transcript(
            "unknown-keys",
            "Keys of a later version are ignored.",
            (
                connect(),
                send(hello(later={"x": [1, 2]}, v=[0, 9], codecs=["later", "raw_rgb"])),
                expect({"t": "welcome", "v": 0, "codec": "raw_rgb"}),
                send({"t": "ping", "t0": 5, "later": None}),
                expect({"t": "pong", "t0": 5}, "frame"),
            ),
        ),
        Transcript(
            "ping",
            "A ping comes back with three clocks.",
            (
                *stepping(),
                send({"t": "ping", "t0": 123_456}),
                expect(
                    {"t": "pong", "t0": 123_456, "t1": {"$keep": "arrived", "as": COUNT}, "t2": COUNT},
                    "frame",
                ),
            ),
        ),
        Transcript(
            "no-subprotocol",
            "A handshake that does not offer the subprotocol is refused.",
            (connect(subprotocols=[], refused=True), connect("b", subprotocols=["other.v9"], refused=True)),
        ),
    ]
