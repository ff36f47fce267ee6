"""What a client may get wrong, and how far that goes."""

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
    send,
    step,
    stepping,
)
from worldsdk.protocol.limits import MOST_MALFORMED
from worldsdk.protocol.transcript import Transcript


def transcripts() -> list[Transcript]:
    fatal = {"t": "error", "retry": False, "fatal": True, "message": TEXT}
    bad = {"t": "error", "code": "bad_message", "fatal": False, "message": TEXT}
    return [
        Transcript(
            "hello-missing",
            "Something else than hello comes first.",
            (
                connect(),
                send({"t": "ping", "t0": 1}),
                expect({**fatal, "code": "bad_message"}),
                closes(4400),
            ),
        ),
        Transcript(
            "hello-bad",
            "A hello with a role that does not exist.",
            (connect(), send(hello(role="owner")), expect({**fatal, "code": "bad_message"}), closes(4400)),
        ),
        Transcript(
            "hello-version",
            "A client from another time.",
            (
                connect(),
                send(hello(v=[7, 9])),
                expect({**fatal, "code": "unsupported_version"}),
                closes(4426),
            ),
        ),
        Transcript(
            "hello-never",
            "A hello that never comes ends the connection.",
            (
                connect(),
                expect({"t": "error", "code": "hello_timeout", "fatal": True}, within_ms=HELLO_MS),
                closes(4408),
            ),
        ),
        Transcript(
            "hello-twice",
            "A second hello is refused, and the dialogue goes on.",
            (
                *stepping(),
                send(hello(**STEPPER)),
                expect(bad),
                step(),
                expect(frame(seq=2, applied=1)),
            ),
        ),
        Transcript(
            "unknown-type",
            "A message of an unknown type is named, and the dialogue goes on.",
            (
                *stepping(),
                send({"t": "teleport", "to": 5}),
                expect(
                    {"t": "error", "code": "unknown_type", "fatal": False, "message": {"$has": "teleport"}}
                ),
                step(),
                expect(frame(seq=2, applied=1)),
            ),
        ),
        Transcript(
            "garbage",
            f"Bytes that are no message: the eighth ({MOST_MALFORMED}) ends the connection.",
            (
                *stepping(),
                {
                    "do": "repeat",
                    "times": MOST_MALFORMED - 3,
                    "steps": [{"do": "send_hex", "as": "a", "hex": "c1"}, expect(bad)],
                },
                {"do": "send_text", "as": "a", "text": "hello"},
                expect(bad),
                {"do": "send_hex", "as": "a", "hex": "dfffffffff"},
                expect(bad),
                {"do": "send_hex", "as": "a", "hex": "91" * 64 + "90"},
                expect({**fatal, "code": "bad_message"}),
                closes(4400),
            ),
        ),
        Transcript(
            "too-large",
            "A message larger than the welcome allows ends the connection.",
            (
                connect(),
                send(hello(**STEPPER)),
                expect({"t": "welcome", "limits": {"max_message": {"$keep": "most", "as": COUNT}}}),
                {"do": "send_bytes", "as": "a", "bytes": {"$var": "most", "plus": 1}},
                closes(4413, 1009),
            ),
        ),
        Transcript(
            "unknown-control",
            "A control that the world does not have is refused, and the dialogue goes on.",
            (
                *stepping(),
                send({"t": "input", "seq": 1, "ts": 1, "controls": {"no such control": 1.0}}),
                expect({"t": "error", "code": "control_invalid", "fatal": False}),
                send({"t": "input", "seq": 2, "ts": 2}),
                expect(frame(seq=2, applied=2)),
            ),
        ),
    ]
