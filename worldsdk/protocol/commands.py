"""The commands: their arguments, who may give them, and which capability they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, NamedTuple

from worldsdk.errors import ProtocolError, UnknownCommandError
from worldsdk.protocol import limits
from worldsdk.protocol.checks import Check, reader
from worldsdk.protocol.messages import Command, Credit, Name, Role, Text, Values
from worldsdk.protocol.shapes import Most, Range, fields_of

Picture = Annotated[bytes, Most(limits.MAX_MESSAGE_BYTES, 1)]


@dataclass(frozen=True, kw_only=True)
class StartArgs:
    """A new session in this room: result {seed, start}."""

    seed: int = 0
    start: Annotated[int | None, "index of a start context"] = None
    image: Annotated[Picture | None, "PNG, JPEG or WebP to start from, as if it had always been so"] = None
    frames: Annotated[
        tuple[Picture, ...] | None, Most(limits.MAX_START_FRAMES, 1), "such pictures, oldest first"
    ] = None


@dataclass(frozen=True, kw_only=True)
class PauseArgs:
    """The real-time clock stands still."""


@dataclass(frozen=True, kw_only=True)
class ResumeArgs:
    """The real-time clock goes on."""


@dataclass(frozen=True, kw_only=True)
class ResetArgs:
    """Back to a start context; without one, to the session's own."""

    seed: int | None = None
    start: Annotated[int | None, "index of a start context"] = None


@dataclass(frozen=True, kw_only=True)
class SpeedArgs:
    """The real-time clock runs at ``factor`` times the world's rate."""

    factor: Annotated[float, Range(0.1, 4.0)]


@dataclass(frozen=True, kw_only=True)
class SnapshotArgs:
    """The session as bytes: result {snapshot}."""


@dataclass(frozen=True, kw_only=True)
class RestoreArgs:
    """The session that a snapshot holds takes the place of this one."""

    snapshot: Picture


@dataclass(frozen=True, kw_only=True)
class ForkArgs:
    """A twin of the session in a room of its own: result {room, session, resume}."""


@dataclass(frozen=True, kw_only=True)
class RewindArgs:
    """Back by so many ticks."""

    ticks: int


@dataclass(frozen=True, kw_only=True)
class ObserveArgs:
    """A real picture becomes the next tick. Give ``image`` or ``pixels``."""

    image: Annotated[Picture | None, "PNG, JPEG or WebP"] = None
    pixels: Annotated[Picture | None, "RGB, 8 bits each, row by row, in the world's size"] = None
    controls: Annotated[Values, "what led to it"] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StateArgs:
    """The next tick starts with these state variables: elsewhere, healed. The rest stays."""

    values: Annotated[Values, "names of settable variables -> value in the variable's unit"]


@dataclass(frozen=True, kw_only=True)
class QualityArgs:
    """What is given changes, the rest stays."""

    steps: Annotated[int | None, Range(1, 1000), "denoising steps of a tick"] = None
    codec: Name | None = None
    jpeg_quality: Annotated[int | None, Range(1, 100)] = None
    credit: Credit | None = None
    hash: Annotated[bool | None, "whether frames carry their digest"] = None


@dataclass(frozen=True, kw_only=True)
class RecordArgs:
    """Writes, or stops writing, the session's input log on the server: result {name}."""

    on: bool


@dataclass(frozen=True, kw_only=True)
class PromptArgs:
    """Says in words what the world is to be."""

    text: Text


@dataclass(frozen=True, kw_only=True)
class AnchorArgs:
    """Holds the world to a picture."""

    image: Picture


class CommandSpec(NamedTuple):
    """``args``: dataclass of its arguments. ``capability``: that the server must have, or None. ``roles``:
    who may give it."""

    args: type
    capability: str | None
    roles: frozenset[Role]


_PLAYERS: frozenset[Role] = frozenset({"player", "stepper"})

COMMANDS: dict[str, CommandSpec] = {
    "start": CommandSpec(StartArgs, "start", _PLAYERS),
    "pause": CommandSpec(PauseArgs, None, _PLAYERS),
    "resume": CommandSpec(ResumeArgs, None, _PLAYERS),
    "reset": CommandSpec(ResetArgs, "reset", _PLAYERS),
    "speed": CommandSpec(SpeedArgs, "speed", _PLAYERS),
    "snapshot": CommandSpec(SnapshotArgs, "snapshot", _PLAYERS),
    "restore": CommandSpec(RestoreArgs, "snapshot", _PLAYERS),
    "fork": CommandSpec(ForkArgs, "fork", _PLAYERS),
    "rewind": CommandSpec(RewindArgs, "rewind", _PLAYERS),
    "observe": CommandSpec(ObserveArgs, "observe", _PLAYERS),
    "state": CommandSpec(StateArgs, "state", _PLAYERS),
    "quality": CommandSpec(QualityArgs, "quality", _PLAYERS),
    "record": CommandSpec(RecordArgs, "record", _PLAYERS),
    "prompt": CommandSpec(PromptArgs, "prompt", _PLAYERS),
    "anchor": CommandSpec(AnchorArgs, "anchor", _PLAYERS),
}


@cache
def _reader(name: str) -> Check:
    return reader(fields_of(COMMANDS[name].args), f"command {name!r}: args")


def parse_args(command: Command) -> Any:
    """The arguments as an instance of the command's args class; unknown ones are ignored.

    Raises:
        UnknownCommandError: there is no such command.
        ProtocolError: an argument is missing, or of the wrong type or value.
    """
    spec = COMMANDS.get(command.name)
    if spec is None:
        raise UnknownCommandError(
            f"there is no command {command.name!r}", fix=f"commands are {', '.join(COMMANDS)}"
        )
    args = spec.args(**_reader(command.name)(command.args))
    if isinstance(args, ObserveArgs) and (args.image is None) == (args.pixels is None):
        raise ProtocolError(
            "has both or neither of image and pixels", where="command 'observe': args", fix="give one of them"
        )
    if isinstance(args, StartArgs) and sum(v is not None for v in (args.start, args.image, args.frames)) > 1:
        raise ProtocolError(
            "has more than one of start, image and frames",
            where="command 'start': args",
            fix="give one of them, or none",
        )
    return args


def to_args(args: Any) -> Mapping[str, Any]:
    """The map that ``Command.args`` takes: of an args instance, what differs from its default."""
    fields = fields_of(type(args))
    values = {field.name: getattr(args, field.name) for field in fields}
    return {f.name: values[f.name] for f in fields if f.required or values[f.name] != f.default}
