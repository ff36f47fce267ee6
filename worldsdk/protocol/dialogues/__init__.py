"""The dialogues that every server must be able to hold. The language is explained in ``transcript``."""

from __future__ import annotations

from worldsdk.protocol.dialogues import commands, greetings, lockstep, mistakes, realtime, resuming
from worldsdk.protocol.transcript import Transcript


def transcripts() -> tuple[Transcript, ...]:
    """All of them; the one that stops the server comes last."""
    rooms = (greetings, mistakes, lockstep, realtime, commands, resuming)
    return (*(one for room in rooms for one in room.transcripts()), resuming.goaway())
