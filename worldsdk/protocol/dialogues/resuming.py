"""Coming back after the connection dropped."""

from __future__ import annotations

from worldsdk.protocol.dialogues.parts import (
    COUNT,
    HELLO_MS,
    STEPPER,
    TEXT,
    closes,
    connect,
    expect,
    frame,
    hello,
    never,
    send,
)
from worldsdk.protocol.transcript import Step, Transcript


def transcripts() -> list[Transcript]:
    dropped: tuple[Step, ...] = (
        connect(),
        send(hello(**STEPPER)),
        expect(
            {
                "t": "welcome",
                "session": {"$keep": "session", "as": TEXT},
                "resume": {"$keep": "key", "as": TEXT},
            }
        ),
        expect(frame(seq=1)),
        send({"t": "ack", "seq": 1}),
        send({"t": "input", "seq": 41, "ts": 1}),
        expect(frame(applied=41, tick={"$keep": "tick", "as": COUNT})),
        {"do": "drop", "as": "a"},
    )
    return [
        Transcript(
            "resume",
            "A dropped player comes back to the same session and loses nothing.",
            (
                *dropped,
                connect("b"),
                send(hello(**STEPPER, resume={"$var": "key"}), "b"),
                expect(
                    {
                        "t": "welcome",
                        "session": {"$var": "session"},
                        "held_seq": 41,
                        "resume": {"$not": {"$var": "key"}},
                    },
                    who="b",
                ),
                expect(frame(seq=1, key=True, tick={"$var": "tick"}), who="b"),
                send({"t": "ack", "seq": 1}, "b"),
                send({"t": "input", "seq": 41, "ts": 2}, "b"),
                never({"t": "frame"}, "b"),
                send({"t": "input", "seq": 42, "ts": 3}, "b"),
                expect(frame(seq=2, applied=42, tick={"$var": "tick", "plus": 1}), who="b"),
            ),
        ),
        Transcript(
            "resume-replayed",
            "A resume token that was used before opens nothing, and harms nobody.",
            (
                *dropped,
                connect("b"),
                send(hello(**STEPPER, resume={"$var": "key"}), "b"),
                expect({"t": "welcome", "session": {"$var": "session"}}, who="b"),
                expect(frame(seq=1), who="b"),
                send({"t": "ack", "seq": 1}, "b"),
                connect("thief"),
                send(hello(**STEPPER, resume={"$var": "key"}), "thief"),
                expect({"t": "error", "code": "conflict", "fatal": True}, who="thief"),
                closes(4409, who="thief"),
                send({"t": "input", "seq": 42, "ts": 3}, "b"),
                expect(frame(seq=2, applied=42), who="b"),
            ),
        ),
        Transcript(
            "resume-unknown",
            "A resume token that no session waits for.",
            (
                connect(),
                send(hello(**STEPPER, resume="never-issued")),
                expect({"t": "error", "code": "session_over", "fatal": True}),
                closes(4410),
            ),
        ),
    ]


def goaway() -> Transcript:
    return Transcript(
        "goaway",
        "A server that stops says so before it hangs up.",
        (
            connect(),
            send(hello()),
            expect({"t": "welcome"}),
            expect(frame()),
            {"do": "drain"},
            expect(
                {
                    "t": "goaway",
                    "action": {"$one_of": ["resume", "reconnect", "stop"]},
                    "reason": TEXT,
                    "in_ms": COUNT,
                },
                "frame",
            ),
            closes(1001, within_ms=HELLO_MS),
        ),
        ("drain",),
    )
