"""The names and numbers of the protocol as source files of other languages, so that nobody types them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from worldsdk.protocol import limits
from worldsdk.protocol.codes import CODES, GOING_AWAY_CLOSE, NORMAL_CLOSE
from worldsdk.protocol.commands import COMMANDS
from worldsdk.protocol.messages import (
    CAPABILITIES,
    CLIENT_MESSAGES,
    CODECS,
    EVENTS,
    SERVER_MESSAGES,
    GoAwayAction,
    Mode,
    Role,
)
from worldsdk.protocol.recording import messages as recording
from worldsdk.protocol.version import MAJOR, MINOR, PATH, SUBPROTOCOL

HEADER = "Generated from worldsdk/protocol: change that, then run the generator again."


@dataclass(frozen=True)
class Group:
    """Constants that belong together; ``values`` are all strings or all integers."""

    name: str
    about: str
    values: Mapping[str, str | int]


def groups() -> tuple[Group, ...]:
    """All constants, in the order in which they are written."""
    agreed = (
        "MAX_INTEGER",
        "MAX_DEPTH",
        "MAX_VALUES",
        "MAX_ITEMS",
        "MAX_KEYS",
        "MAX_CREDIT",
        "MAX_TICKS",
        "MAX_MESSAGE_BYTES",
        "MOST_MALFORMED",
    )
    of_recording = (
        "MAX_SIDE",
        "MAX_ROW_BYTES",
        "MAX_BEGIN_BYTES",
        "MAX_VARIABLES",
        "MAX_LAYERS",
        "MAX_WINDOW",
    )
    record_numbers = {"MAJOR": recording.MAJOR, "MINOR": recording.MINOR, "PORT": recording.PORT}
    record_numbers |= {name: getattr(recording, name) for name in of_recording}
    closes = {"NORMAL": NORMAL_CLOSE, "GOING_AWAY": GOING_AWAY_CLOSE}
    closes |= {name.upper(): code.close for name, code in CODES.items() if code.close is not None}
    return (
        Group("Protocol", "Name and path.", {"SUBPROTOCOL": SUBPROTOCOL, "PATH": PATH}),
        Group("Version", "Major and minor.", {"MAJOR": MAJOR, "MINOR": MINOR}),
        Group("ClientMessage", "Values of t that clients send.", _words(CLIENT_MESSAGES)),
        Group("ServerMessage", "Values of t that servers send.", _words(SERVER_MESSAGES)),
        Group("Role", "Values of hello.role.", _words(get_args(Role))),
        Group("Mode", "Values of hello.mode.", _words(get_args(Mode))),
        Group("Codec", "Codecs of frames.", _words(CODECS)),
        Group("CommandName", "Commands.", _words(COMMANDS)),
        Group("Capability", "What a server may be able to do.", _words(CAPABILITIES)),
        Group("EventName", "Events.", _words(EVENTS)),
        Group("GoAwayAction", "Values of goaway.action.", _words(get_args(GoAwayAction))),
        Group("ErrorCode", "Values of error.code.", _words(CODES)),
        Group("CloseCode", "WebSocket close codes.", closes),
        Group("Limit", "What both sides hold to.", {name: getattr(limits, name) for name in agreed}),
        Group(
            "Recording",
            "Name and path of the recording protocol.",
            {"SUBPROTOCOL": recording.SUBPROTOCOL, "PATH": recording.PATH},
        ),
        Group("GameMessage", "Values of t that games send.", _words(recording.GAME_MESSAGES)),
        Group("ReceiverMessage", "Values of t that receivers send.", _words(recording.RECEIVER_MESSAGES)),
        Group("RecordLimit", "Numbers of the recording protocol.", record_numbers),
    )


def files() -> dict[str, str]:
    """File name -> text, one for each language."""
    return {name: write(groups()) for name, write in _WRITERS.items()}


def _words(names: object) -> dict[str, str | int]:
    return {name.upper(): name for name in names}  # type: ignore[attr-defined]


def _literal(value: str | int) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _typescript(parts: tuple[Group, ...]) -> str:
    lines = [f"// {HEADER}"]
    for part in parts:
        lines += ["", f"/** {part.about} */", f"export const {part.name} = {{"]
        lines += [f"  {name}: {_literal(value)}," for name, value in part.values.items()]
        lines += ["} as const;", f"export type {part.name} = (typeof {part.name})[keyof typeof {part.name}];"]
    return "\n".join(lines) + "\n"


def _gdscript(parts: tuple[Group, ...]) -> str:
    lines = [f"# {HEADER}", "class_name WorldsdkProtocol"]
    for part in parts:
        lines += ["", f"## {part.about}", f"class {part.name}:"]
        lines += [f"\tconst {name} := {_literal(value)}" for name, value in part.values.items()]
    return "\n".join(lines) + "\n"


def _csharp(parts: tuple[Group, ...]) -> str:
    lines = [f"// {HEADER}", "namespace Worldsdk.Protocol", "{"]
    for place, part in enumerate(parts):
        # The group that is called like its namespace would hide it.
        name = "Wire" if part.name == "Protocol" else part.name
        lines += [""] * bool(place)
        lines += [f"    /// <summary>{part.about}</summary>", f"    public static class {name}", "    {"]
        for key, value in part.values.items():
            kind = "string" if isinstance(value, str) else "long"
            lines.append(f"        public const {kind} {_pascal(key)} = {_literal(value)};")
        lines.append("    }")
    return "\n".join([*lines, "}"]) + "\n"


def _header(parts: tuple[Group, ...]) -> str:
    lines = [f"/* {HEADER} */", "#ifndef WORLDSDK_PROTOCOL_H", "#define WORLDSDK_PROTOCOL_H"]
    for part in parts:
        lines += ["", f"/* {part.about} */"]
        prefix = f"WORLDSDK_{_snake(part.name)}"
        for name, value in part.values.items():
            suffix = "LL" if isinstance(value, int) and value > 2**31 - 1 else ""
            lines.append(f"#define {prefix}_{name} {_literal(value)}{suffix}")
    return "\n".join([*lines, "", "#endif"]) + "\n"


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _snake(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() and place else c for place, c in enumerate(name)).upper()


_WRITERS: dict[str, Callable[[tuple[Group, ...]], str]] = {
    "worldsdk_protocol.ts": _typescript,
    "worldsdk_protocol.gd": _gdscript,
    "WorldsdkProtocol.cs": _csharp,
    "worldsdk_protocol.h": _header,
}
