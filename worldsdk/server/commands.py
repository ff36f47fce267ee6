"""Commands: from a message on the event loop to a deed on the device thread, with two receipts.

Deeds run in order with the inputs of their session: in lockstep after the ticks that were asked for before,
in real time between two ticks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import SessionError, WorldSDKError
from worldsdk.protocol import commands as wire
from worldsdk.protocol.messages import Command
from worldsdk.runtime.session import Session
from worldsdk.server.capacity import RETRY_MS
from worldsdk.server.hooks import ImageReader, RefusedError
from worldsdk.server.live import Live
from worldsdk.server.lobby import Lobby

if TYPE_CHECKING:
    from worldsdk.server.room import Room

_log = logging.getLogger("worldsdk.server")

Pixels = NDArray[np.uint8]
Deed = Callable[[Live], Mapping[str, Any]]
"""Runs on the device thread; what it returns is the command's result."""


@dataclass(frozen=True)
class Order:
    """A command made ready: what to do, and what to tell the room of it.

    Attributes:
        deed: on the device thread.
        fresh: whether the present is another one afterwards, and must be shown.
        news: name of the event that tells everybody, with ``data``; empty for none.
    """

    deed: Deed
    fresh: bool = False
    news: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


async def prepare(command: Command, room: Room, lobby: Lobby, images: ImageReader) -> Order:
    """Checks a command's arguments and decodes its pictures.

    ``quality`` and ``fork`` are more than a deed and are not looked at here.

    Raises:
        ProtocolError: unknown, or bad arguments. RefusedError, WorldSDKError: it cannot be done.
    """
    args = wire.parse_args(command)
    spec = lobby.host.world.spec

    async def read(data: bytes) -> Pixels:
        return await images.read(data, spec.width, spec.height)

    if isinstance(args, wire.StartArgs):
        return await _start(args, read, lobby)
    if isinstance(args, wire.ObserveArgs):
        pixels = await read(args.image) if args.image is not None else _raw(args.pixels or b"", lobby)
        return Order(lambda live: _observe(live, pixels, args.controls), fresh=True)
    if isinstance(args, wire.ResetArgs):
        return Order(lambda live: _reset(live, args), fresh=True)
    if isinstance(args, wire.RewindArgs):
        return Order(lambda live: _rewind(live, args.ticks), fresh=True)
    if isinstance(args, wire.RestoreArgs):
        return Order(lambda live: _restore(live, args.snapshot), fresh=True)
    if isinstance(args, wire.SnapshotArgs):
        return Order(lambda live: {"snapshot": live.session.snapshot()})
    if isinstance(args, wire.StateArgs):
        values = args.values
        return Order(_quiet(lambda live: live.session.set_state(values)))
    if isinstance(args, wire.RecordArgs):
        return Order(lambda live: _record(live, args.on, room, lobby), news="recording", data={"on": args.on})
    return _clock(args, room, lobby)


def _clock(args: object, room: Room, lobby: Lobby) -> Order:
    if isinstance(args, wire.SpeedArgs):
        return _speed(args.factor, room, lobby)
    if isinstance(args, wire.PauseArgs):
        room.paused = True
        return Order(_quiet(lambda live: live.pause("command")), news="paused")
    if isinstance(args, wire.ResumeArgs):
        room.paused = False
        return Order(_quiet(lambda live: live.resume("command")), news="resumed")
    raise RefusedError("not_capable", "this world cannot do that")


def _quiet(action: Callable[[Live], None]) -> Deed:
    """A deed without a result."""

    def deed(live: Live) -> Mapping[str, Any]:
        action(live)
        return {}

    return deed


def carry_out(
    live: Live, order: Order, done: Callable[[int, Mapping[str, Any]], None], refused: Refused
) -> None:
    """Does an order on the device thread, in its turn, and says how it went there."""

    def act() -> None:
        try:
            if live.dead:
                raise SessionError("the session is over")
            result = order.deed(live)
        except WorldSDKError as error:
            refused(error)
        except Exception:
            _log.exception("a command failed")
            refused(RefusedError("internal", "the command failed on the server"))
        else:
            done(live.session.tick, result)
            if order.fresh:
                live.publish(live.present())

    live.then(act)


Refused = Callable[[WorldSDKError], None]


async def _start(args: wire.StartArgs, read: Callable[[bytes], Any], lobby: Lobby) -> Order:
    given: Pixels | None = None
    history = lobby.host.world.spec.history
    if args.image is not None:
        given = np.repeat((await read(args.image))[None], history, axis=0)
    elif args.frames is not None:
        if len(args.frames) > history:
            raise SessionError(f"{len(args.frames)} frames were given", fix=f"give up to {history}")
        pictures = [await read(picture) for picture in args.frames]
        # What came before the oldest is not known: it stands for that, too.
        given = np.stack([pictures[0]] * (history - len(pictures)) + pictures)
    return Order(lambda live: _begin(live, args, given), fresh=True)


def _begin(live: Live, args: wire.StartArgs, given: Pixels | None) -> Mapping[str, Any]:
    world = live.session.world
    session = world.session(args.seed, args.start or 0, frames=given)
    _replace(live, session)
    if live.log is not None:
        live.log.reset(live.session)
    start = {} if session.start is None else {"start": session.start}
    return {"seed": session.seed, **start}


def _reset(live: Live, args: wire.ResetArgs) -> Mapping[str, Any]:
    live.session.reset(args.seed, args.start)
    if live.log is not None:
        live.log.reset(live.session)
    start = {} if live.session.start is None else {"start": live.session.start}
    return {"seed": live.session.seed, **start}


def _rewind(live: Live, ticks: int) -> Mapping[str, Any]:
    live.session.rewind(ticks)
    if live.log is not None:
        live.log.rewind(live.session)
    return {}


def _restore(live: Live, snapshot: bytes) -> Mapping[str, Any]:
    _replace(live, live.session.world.restore(snapshot))
    if live.log is not None:
        live.log.restore(live.session)
    return {}


def _replace(live: Live, session: Session) -> None:
    # The quality that was asked for outlives the session that it was asked in.
    session.steps = live.session.steps
    live.session = session


def _observe(live: Live, pixels: Pixels, controls: Mapping[str, float]) -> Mapping[str, Any]:
    frame = live.session.observe(pixels, controls)
    if live.log is not None:
        live.log.observe(frame)
    return {}


def _record(live: Live, on: bool, room: Room, lobby: Lobby) -> Mapping[str, Any]:
    if on:
        return {"name": lobby.record(live, room.session)}
    if live.log is None:
        return {}
    log, live.log = live.log, None
    log.close()
    return {"name": log.name}


def _speed(factor: float, room: Room, lobby: Lobby) -> Order:
    if room.mode != "realtime":
        raise SessionError(
            "a lockstep world has no clock to speed up", where="speed", fix="send inputs faster"
        )
    if not lobby.admission.fits_faster(room, factor):
        raise RefusedError("no_capacity", "the device cannot carry that speed now", retry_after_ms=RETRY_MS)
    room.speed = factor
    return Order(_quiet(lambda live: live.set_speed(factor)), news="speed", data={"factor": factor})


def set_steps(live: Live, steps: int) -> Mapping[str, Any]:
    """Another number of denoising steps for the whole session. Raises SessionError."""
    live.session.steps = live.session.world.check_steps(steps)
    if live.log is not None:
        live.log.steps(live.session)
    return {"steps": live.session.steps}


def _raw(data: bytes, lobby: Lobby) -> Pixels:
    spec = lobby.host.world.spec
    shape = (spec.height, spec.width, 3)
    if len(data) != spec.height * spec.width * 3:
        raise RefusedError(
            "image_invalid", f"pixels has {len(data)} bytes", fix=f"send {shape} as {np.prod(shape)} bytes"
        )
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
