"""The welcome: all that a client must know, from a world, its room and the server's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from worldsdk.models.interface import Layer
from worldsdk.protocol.commands import COMMANDS
from worldsdk.protocol.limits import MAX_KEYS
from worldsdk.protocol.messages import (
    Hello,
    LayerInfo,
    LimitsInfo,
    ServerInfo,
    StateInfo,
    Welcome,
    WorldInfo,
)
from worldsdk.protocol.schema import args_schema
from worldsdk.runtime.world import World
from worldsdk.server.lobby import Entry
from worldsdk.server.options import MAX_CREDIT, MAX_MESSAGE, ServeOptions
from worldsdk.server.security.images import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from worldsdk.server.security.rate import command_hz, input_hz

CAPABILITIES = (
    "snapshot",
    "fork",
    "rewind",
    "observe",
    "state",
    "record",
    "reset",
    "start",
    "speed",
    "quality",
    "image_start",
)


def welcome(
    hello: Hello,
    entry: Entry,
    world: World,
    options: ServeOptions,
    *,
    minor: int,
    codec: str,
    layers: Sequence[str],
    session_seconds: float,
) -> Welcome:
    """The answer to ``hello`` for a guest who was let in at ``entry``."""
    room = entry.room
    granted = capabilities(options, world, lockstep=room.mode == "lockstep")
    return Welcome(
        v=minor,
        session=room.session,
        room=room.name,
        role=hello.role,
        mode=room.mode,
        resume=entry.token,
        world=world_info(world),
        size=(world.spec.width, world.spec.height),
        codec=codec,
        rate=world.rate_hz,
        budget_ms=1000.0 / world.rate_hz,
        tick=room.latest.frame.tick if room.latest is not None else 0,
        controls=tuple(world.controls.to_json()),
        layers=layer_infos([layer for layer in world.spec.layers if layer.name in layers]),
        state=state_infos(world),
        starts=world.starts,
        commands=commands(granted, hello.role),
        limits=limits(options, world, session_seconds, lockstep=room.mode == "lockstep"),
        capabilities=granted,
        credit=min(hello.credit, MAX_CREDIT),
        server=server_info(),
        paused=room.paused,
        held_seq=entry.seat.held_seq if entry.seat is not None else 0,
    )


def capabilities(options: ServeOptions, world: World, *, lockstep: bool) -> tuple[str, ...]:
    """What can be asked of this server here."""
    lacking = set()
    if options.record_dir is None:
        lacking.add("record")
    if not world.rewind_ticks:
        lacking.add("rewind")
    if not world.settable:
        lacking.add("state")
    if lockstep:
        lacking.add("speed")
    return tuple(name for name in CAPABILITIES if name not in lacking)


def commands(granted: Sequence[str], role: str) -> dict[str, Mapping[str, Any]]:
    """Command -> JSON Schema of its arguments, of those that ``role`` may give here."""
    return {
        name: args_schema(name)
        for name, spec in COMMANDS.items()
        if role in spec.roles and (spec.capability is None or spec.capability in granted)
    }


def world_info(world: World) -> WorldInfo:
    manifest = world.manifest
    return {
        "name": manifest.name,
        "title": manifest.title,
        "summary": manifest.summary,
        "digest": world.digest,
        "license": manifest.licence,
    }


def layer_infos(layers: Sequence[Layer]) -> tuple[LayerInfo, ...]:
    return tuple(
        {"name": one.name, "low": one.low, "high": one.high, "unit": one.unit, "encoding": "u16"}
        for one in layers
    )


def state_infos(world: World) -> tuple[StateInfo, ...]:
    infos: list[StateInfo] = []
    for variable in world.spec.variables:
        info: StateInfo = {
            "name": variable.name,
            "low": variable.low,
            "high": variable.high,
            "unit": variable.unit,
        }
        if variable.period:
            info["cyclic"] = True
        if variable.name in world.settable:
            info["settable"] = True
        infos.append(info)
    return tuple(infos)


def limits(options: ServeOptions, world: World, session_seconds: float, *, lockstep: bool) -> LimitsInfo:
    return {
        "max_message": MAX_MESSAGE,
        "input_hz": input_hz(world.rate_hz, lockstep=lockstep),
        "command_hz": command_hz(lockstep=lockstep),
        "keys": MAX_KEYS,
        "image_bytes": MAX_IMAGE_BYTES,
        "image_pixels": MAX_IMAGE_PIXELS,
        "session_seconds": session_seconds,
        "idle_seconds": options.idle_seconds,
        "resume_seconds": options.resume_seconds,
        "rewind_ticks": world.rewind_ticks,
    }


def server_info() -> ServerInfo:
    try:
        number = version("worldsdk")
    except PackageNotFoundError:
        number = "unknown"
    return {"name": "worldsdk", "version": number}
