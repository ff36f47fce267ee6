"""Makes a session again from its input log, and compares every frame by its digest."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worldsdk.errors import ReplayError, WorldSDKError
from worldsdk.frame import Frame, Timing
from worldsdk.models.variants import DEFAULT
from worldsdk.runtime.ladder import rung_of
from worldsdk.runtime.session import Session
from worldsdk.runtime.world import World, load
from worldsdk.server.record import FORMAT

MAX_LINE = 64 << 20
"""Bytes of one line: a snapshot with a long memory, as base64."""


@dataclass(frozen=True)
class Difference:
    """Where a replay parts from its log: the line (from 1), the tick, and the digests there."""

    line: int
    tick: int
    recorded: str
    made: str


@dataclass(frozen=True)
class Report:
    """What a replay found.

    Attributes:
        ticks: frames compared, observed ones and those after events included.
        first: the first difference, or None where every frame is the same.
        exact: whether the log was made by passes that can be repeated bit for bit.
        cut: whether the last line is incomplete: the server was killed while it wrote.
    """

    world: str
    ticks: int
    first: Difference | None
    exact: bool
    cut: bool


def read_header(path: Path) -> dict[str, Any]:
    """The first line of a log. Raises ReplayError."""
    for _, line, _ in _lines(path):
        if line.get("log") != FORMAT:
            raise ReplayError(
                f"is not an input log of format {FORMAT}", where=path.name, fix="give a .worldlog.jsonl file"
            )
        return line
    raise ReplayError("is empty", where=path.name, fix="record a session: worldsdk serve --record-dir DIR")


def replay(path: Path, name_or_path: str | Path | None = None, device: str = "auto") -> Report:
    """Runs a log.

    Args:
        path: the log. name_or_path: its world; by default the bundled one that it names.
        device: to run on; frames are the same on the device that they were recorded on.

    Raises:
        ReplayError: not a log, damaged, or of another world. PackNotFoundError, PackError, DeviceError.
    """
    header = read_header(path)
    world = load(
        name_or_path or _field(header, "world", str, path, 1),
        device,
        deterministic=True,
        rewind_ticks=_field(header, "rewind_ticks", int, path, 1),
        # Logs of older servers name none.
        variant=_field({"variant": DEFAULT.name} | dict(header), "variant", str, path, 1),
    )
    return replay_on(world, path)


def replay_on(world: World, path: Path) -> Report:
    """As ``replay``, on a world that is loaded already."""
    header = read_header(path)
    if header.get("digest") != world.digest:
        raise ReplayError(
            f"was recorded in the pack {str(header.get('digest'))[:12]}...",
            where=path.name,
            fix=f"give that pack; this is {world.digest[:12]}...",
        )
    session = _begin(world, header, path)
    ticks, cut = 0, False
    first: Difference | None = None
    for number, line, whole in _lines(path):
        cut = not whole
        if number == 1 or cut:
            continue
        try:
            session, frame = _follow(world, session, line, path, number)
        except ReplayError:
            raise
        except WorldSDKError as error:
            raise ReplayError(
                f"cannot be followed ({error.what})", where=f"{path.name}, line {number}"
            ) from error
        ticks += 1
        recorded, made = _field(line, "digest", str, path, number), frame.digest()
        if made != recorded or frame.tick != line.get("tick"):
            first = Difference(number, frame.tick, recorded, made)
            break
    exact = bool(header.get("deterministic"))
    return Report(world.manifest.name, ticks, first, exact, cut)


def _begin(world: World, header: Mapping[str, Any], path: Path) -> Session:
    try:
        if "snapshot" in header:
            session = world.restore(_bytes(header, "snapshot", path, 1))
        else:
            session = world.session(header["seed"], header["start"])
        session.steps = world.check_steps(header["steps"])
    except (WorldSDKError, KeyError) as error:
        raise ReplayError(f"its session cannot be begun ({error})", where=f"{path.name}, line 1") from error
    return session


def _follow(
    world: World, session: Session, line: Mapping[str, Any], path: Path, number: int
) -> tuple[Session, Frame]:
    event = line.get("event")
    if event is None:
        return session, session.replay(_tick(session, line, path, number))
    if event == "reset":
        session = world.session(_field(line, "seed", int, path, number), line.get("start", 0))
        return session, session.frame
    if event == "restore":
        session = world.restore(_bytes(line, "snapshot", path, number))
        return session, session.frame
    if event == "rewind":
        return session, session.rewind(session.tick - _field(line, "tick", int, path, number))
    if event == "observe":
        shape = (world.spec.height, world.spec.width, 3)
        raw = _bytes(line, "pixels", path, number)
        if len(raw) != int(np.prod(shape)):
            raise ReplayError(f"pixels has {len(raw)} bytes", where=f"{path.name}, line {number}")
        pixels = np.frombuffer(raw, dtype=np.uint8).reshape(shape)
        session.set_state(_given(line, path, number))
        return session, session.observe(pixels, _field(line, "controls", dict, path, number))
    if event == "steps":
        return session, session.frame
    raise ReplayError(f"has an unknown event {event!r}", where=f"{path.name}, line {number}")


def _tick(session: Session, line: Mapping[str, Any], path: Path, number: int) -> Frame:
    """The frame of a line, as far as ``Session.replay`` looks at it."""
    planned = _field(line, "planned", int, path, number)
    taken = _field(line, "taken", int, path, number)
    last = session.frame
    controls = session.world.controls.parse(_field(line, "controls", dict, path, number))
    timing = Timing(steps_used=taken, rung=rung_of(planned).name)
    given = _given(line, path, number)
    return Frame(last.pixels, {}, {}, 0.0, False, last.tick + 1, controls, timing, given=given)


def _given(line: Mapping[str, Any], path: Path, number: int) -> dict[str, Any]:
    """State variables that were set before the frame of a line."""
    return _field(line, "given", dict, path, number) if "given" in line else {}


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any], bool]]:
    """Number from 1, content, and whether the line is whole: only the last one may not be."""
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(MAX_LINE):
                number += 1
                if not raw.endswith(b"\n"):
                    if len(raw) == MAX_LINE:
                        raise ReplayError("is too long", where=f"{path.name}, line {number}")
                    yield number, {}, False
                    return
                yield number, _parse(raw, path, number), True
    except OSError as error:
        raise ReplayError(
            f"cannot be read ({error.strerror})", where=path.name, fix="give the path of an input log"
        ) from error


def _parse(raw: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ReplayError("is not JSON", where=f"{path.name}, line {number}") from error
    if not isinstance(line, dict):
        raise ReplayError("is not a JSON object", where=f"{path.name}, line {number}")
    return line


def _field(line: Mapping[str, Any], name: str, kind: type, path: Path, number: int) -> Any:
    value = line.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ReplayError(f"{name} is missing or of the wrong type", where=f"{path.name}, line {number}")
    return value


def _bytes(line: Mapping[str, Any], name: str, path: Path, number: int) -> bytes:
    try:
        return base64.b64decode(_field(line, name, str, path, number), validate=True)
    except binascii.Error as error:
        raise ReplayError(f"{name} is not base64", where=f"{path.name}, line {number}") from error
