"""The agent's clock: an input, a frame."""

from __future__ import annotations

from worldsdk.protocol.dialogues.parts import (
    COUNT,
    STEPPER,
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
from worldsdk.protocol.transcript import Transcript


def transcripts() -> list[Transcript]:
    return [
        Transcript(
            "lockstep",
            "One input is one frame; ticks may be taken several at once; clocks are echoed.",
            (
                *stepping(),
                send({"t": "input", "seq": 1, "ts": 777}),
                expect(frame(seq=2, applied=1, ts=777, tick={"$keep": "tick", "as": COUNT})),
                ack("frame"),
                send({"t": "input", "seq": 2, "ts": 778, "ticks": 3}),
                expect(frame(seq=3, applied=2, ts=778, tick={"$var": "tick", "plus": 3})),
                never({"t": "frame"}),
            ),
        ),
        Transcript(
            "lockstep-duplicates",
            "Inputs that are not newer than the newest are ignored.",
            (
                *stepping(),
                send({"t": "input", "seq": 5, "ts": 1}),
                expect(frame(applied=5, tick={"$keep": "tick", "as": COUNT})),
                ack("frame"),
                send({"t": "input", "seq": 5, "ts": 1}),
                send({"t": "input", "seq": 4, "ts": 1}),
                never({"t": "frame"}),
                send({"t": "input", "seq": 6, "ts": 1}),
                expect(frame(applied=6, tick={"$var": "tick", "plus": 1})),
            ),
        ),
        Transcript(
            "lockstep-credit",
            "Without credit a lockstep world waits; no frame is lost.",
            (
                connect(),
                send(hello(**STEPPER, credit=1)),
                expect({"t": "welcome", "credit": 1}),
                expect(frame(seq=1, applied=0)),
                step(),
                never({"t": "frame"}),
                send({"t": "ack", "seq": 1}),
                expect(frame(seq=2, applied=1)),
            ),
        ),
        Transcript(
            "lockstep-determinism",
            "The same seed and inputs give the same frames.",
            (
                *stepping(),
                command(1, "start", {"seed": 7, "start": 0}),
                *receipts(1, {"seed": 7, "start": 0}),
                expect(frame(tick=0, data={"$keep": "first", "as": {"$bin": 3}})),
                ack("frame"),
                step(),
                expect(frame(tick=1, data={"$keep": "second", "as": {"$bin": 3}})),
                ack("frame"),
                command(2, "reset", {"seed": 7, "start": 0}),
                *receipts(2),
                expect(frame(tick=0, data={"$var": "first"})),
                ack("frame"),
                step(),
                expect(frame(tick=1, data={"$var": "second"})),
            ),
            ("start", "reset"),
        ),
    ]
