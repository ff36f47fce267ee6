"""Commands and their two receipts."""

from __future__ import annotations

from worldsdk.protocol.dialogues.parts import (
    COUNT,
    STEPPER,
    TEXT,
    ack,
    command,
    connect,
    expect,
    frame,
    hello,
    never,
    receipts,
    send,
    step,
    stepping,
)
from worldsdk.protocol.limits import MAX_CREDIT
from worldsdk.protocol.transcript import Transcript


def transcripts() -> list[Transcript]:
    picture = {"$bin": 3}
    return [
        Transcript(
            "two-receipts",
            "A command is accepted, then applied at a tick; a paused world stands still.",
            (
                connect(),
                send(hello(credit=MAX_CREDIT)),
                expect({"t": "welcome"}),
                expect(frame()),
                command(1, "pause"),
                *receipts(1),
                # Frames made before the pause may still be under way: let them come.
                never({"t": "accepted"}),
                never({"t": "frame"}),
                command(2, "resume"),
                *receipts(2),
                expect(frame()),
            ),
        ),
        Transcript(
            "bad-commands",
            "A command that does not exist, and arguments that are wrong, are answered by their id.",
            (
                *stepping(),
                command(1, "dance"),
                expect({"t": "error", "code": "unknown_command", "re": 1, "fatal": False}),
                command(2, "rewind", {"ticks": "many"}),
                expect({"t": "error", "code": {"$one_of": ["bad_message", "not_capable"]}, "re": 2}),
                command(2, "pause"),
                expect({"t": "error", "code": "bad_message", "re": 2, "fatal": False}),
            ),
        ),
        Transcript(
            "snapshot-restore",
            "What follows a snapshot follows it again after it is restored.",
            (
                *stepping(),
                command(1, "snapshot"),
                *receipts(1, {"snapshot": {"$keep": "blob", "as": {"$bin": 1}}}),
                step(),
                expect(frame(data={"$keep": "after", "as": picture})),
                ack("frame"),
                step(),
                expect(frame()),
                ack("frame"),
                command(2, "restore", {"snapshot": {"$var": "blob"}}),
                *receipts(2),
                expect(frame()),
                ack("frame"),
                step(),
                expect(frame(data={"$var": "after"})),
            ),
            ("snapshot",),
        ),
        Transcript(
            "snapshot-damaged",
            "Bytes that are no snapshot are refused, and the session goes on.",
            (
                *stepping(),
                command(1, "restore", {"snapshot": {"$base64": "bm8gc25hcHNob3Q="}}),
                expect({"t": "error", "code": {"$has": "snapshot"}, "re": 1, "fatal": False}, "accepted"),
                step(),
                expect(frame(applied=1)),
            ),
            ("snapshot",),
        ),
        Transcript(
            "rewind",
            "A rewound world shows the past again.",
            (
                *stepping(),
                step(),
                expect(frame(tick={"$keep": "tick", "as": COUNT}, data={"$keep": "past", "as": picture})),
                ack("frame"),
                step(),
                expect(frame(tick={"$var": "tick", "plus": 1})),
                ack("frame"),
                command(1, "rewind", {"ticks": 1}),
                *receipts(1),
                expect(frame(tick={"$var": "tick"}, data={"$var": "past"})),
            ),
            ("rewind",),
        ),
        Transcript(
            "state",
            "State variables are set between two ticks; one that the world does not have is refused.",
            (
                *stepping(),
                command(1, "state", {"values": {}}),
                *receipts(1),
                command(2, "state", {"values": {"no such variable": 1.0}}),
                expect({"t": "error", "code": "variable_invalid", "re": 2, "fatal": False}, "accepted"),
                command(3, "state", {"values": {"no such variable": "far"}}),
                expect({"t": "error", "code": "bad_message", "re": 3, "fatal": False}),
                command(4, "state"),
                expect({"t": "error", "code": "bad_message", "re": 4, "fatal": False}),
                step(),
                expect(frame(applied=1)),
            ),
            ("state",),
        ),
        Transcript(
            "fork",
            "A twin goes its own way from the same picture.",
            (
                *stepping(),
                step(),
                expect(frame(data={"$keep": "here", "as": picture})),
                ack("frame"),
                command(1, "fork"),
                *receipts(
                    1,
                    {
                        "room": {"$keep": "twin", "as": TEXT},
                        "session": TEXT,
                        "resume": {"$keep": "key", "as": TEXT},
                    },
                ),
                connect("b"),
                send(hello(**STEPPER, resume={"$var": "key"}), "b"),
                expect({"t": "welcome", "room": {"$var": "twin"}}, who="b"),
                expect(frame(seq=1, key=True, data={"$var": "here"}), who="b"),
                send({"t": "ack", "seq": 1}, "b"),
                step(),
                expect(frame(data={"$keep": "next", "as": picture})),
                send({"t": "input", "seq": 100, "ts": 1}, "b"),
                expect(frame(seq=2, data={"$var": "next"}), who="b"),
            ),
            ("fork",),
        ),
    ]
