"""The server's clock: credit, viewers."""

from __future__ import annotations

from worldsdk.protocol.dialogues.parts import (
    ANY,
    FRAME,
    TEXT,
    WELCOME,
    ack,
    closes,
    command,
    connect,
    expect,
    frame,
    hello,
    never,
    send,
)
from worldsdk.protocol.transcript import Transcript

REPLACED_MS = 1_500
"""Long enough for any world of three ticks a second to make frames that replace one another."""


def transcripts() -> list[Transcript]:
    return [
        Transcript(
            "slow-client",
            "Without credit no frame is sent, replies still come, and what was replaced is counted.",
            (
                connect(),
                send(hello(credit=2)),
                expect({"t": "welcome", "credit": 2}),
                expect(frame(seq=1)),
                expect(frame(seq=2)),
                never({"t": "frame"}, for_ms=REPLACED_MS),
                send({"t": "ping", "t0": 9}),
                expect({"t": "pong", "t0": 9}),
                ack("frame"),
                expect(frame(seq=3, replaced={"$int": [1, None]})),
                expect(frame(seq=4)),
                never({"t": "frame"}),
                ack("frame"),
                expect(frame(seq=5)),
                expect({**FRAME, "seq": 6}),
            ),
        ),
        Transcript(
            "bad-ack",
            "An ack for a frame that was never sent is refused.",
            (
                connect(),
                send(hello()),
                expect({"t": "welcome"}),
                send({"t": "ack", "seq": 1_000_000}),
                expect({"t": "error", "code": "bad_message", "fatal": False}, "frame"),
            ),
        ),
        Transcript(
            "viewer",
            "A viewer joins late, gets a whole picture at once, and may not play.",
            (
                connect(),
                send(hello()),
                expect({"t": "welcome", "room": {"$keep": "room", "as": TEXT}}),
                expect(frame()),
                connect("v"),
                send(hello(role="viewer", room={"$var": "room"}), "v"),
                expect(
                    {**WELCOME, "role": "viewer", "room": {"$var": "room"}, "resume": "", "commands": ANY},
                    who="v",
                ),
                expect(frame(seq=1, key=True, applied=0), who="v"),
                send({"t": "input", "seq": 1, "ts": 1}, "v"),
                expect({"t": "error", "code": "not_allowed", "fatal": False}, "frame", who="v"),
                command(3, "pause", who="v"),
                expect({"t": "error", "code": "not_allowed", "re": 3, "fatal": False}, "frame", who="v"),
            ),
        ),
        Transcript(
            "no-room",
            "A viewer of a room that does not exist.",
            (
                connect(),
                send(hello(role="viewer", room="there is no such room")),
                expect({"t": "error", "code": "no_room", "fatal": True}),
                closes(4404),
            ),
        ),
    ]
