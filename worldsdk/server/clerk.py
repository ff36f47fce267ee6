"""The commands of one connection: who may give which, the two receipts, and those that concern the connection
itself (``quality``) or the lobby (``fork``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from worldsdk.errors import NotAllowedError, NotCapableError, WorldSDKError
from worldsdk.protocol.commands import COMMANDS, QualityArgs, parse_args
from worldsdk.protocol.messages import Accepted, Applied, Command, Event
from worldsdk.runtime.session import Session
from worldsdk.server import commands, greeting
from worldsdk.server.capacity import RETRY_MS
from worldsdk.server.encode import CODECS
from worldsdk.server.hooks import ImageReader, RefusedError
from worldsdk.server.lobby import Lobby
from worldsdk.server.room import Room, Seat

if TYPE_CHECKING:
    from worldsdk.server.guest import Guest

_log = logging.getLogger("worldsdk.server")


class Clerk:
    """Lives on the event loop. ``seat`` is where the guest sits, in ``room``."""

    def __init__(self, guest: Guest, room: Room, seat: Seat, lobby: Lobby, images: ImageReader) -> None:
        self._guest = guest
        self._room = room
        self._seat = seat
        self._lobby = lobby
        self._images = images
        self._world = lobby.host.world
        self._capabilities = greeting.capabilities(
            lobby.options, self._world, lockstep=room.mode == "lockstep"
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, command: Command) -> None:
        """Answers a command: ``accepted``, and later ``applied`` or an error; or an error at once.

        Returns when the next message may be looked at: pictures are decoded before, so that inputs that were
        sent after a command are applied after it.
        """
        try:
            args = self._checked(command)
            if isinstance(args, QualityArgs):
                self._quality(command, args)
            elif command.name == "fork":
                self._fork(command)
            else:
                order = await commands.prepare(command, self._room, self._lobby, self._images)
                self._carry_out(command, order)
        except WorldSDKError as error:
            self._failed(command, error)
        except Exception:
            _log.exception("a command failed")
            self._failed(command, RefusedError("internal", "the command failed on the server"))

    def close(self) -> None:
        """The guest has gone: nobody waits for an answer."""
        for task in self._tasks:
            task.cancel()

    def _checked(self, command: Command) -> Any:
        args = parse_args(command)
        spec = COMMANDS[command.name]
        if self._seat.role not in spec.roles:
            raise NotAllowedError(f"a {self._seat.role} may not {command.name}")
        if spec.capability is not None and spec.capability not in self._capabilities:
            raise NotCapableError(
                f"there is no {command.name} here", fix=f"there is {', '.join(self._capabilities)}"
            )
        return args

    # Receipts.

    def _carry_out(self, command: Command, order: commands.Order) -> None:
        """Accepts an order and has it done."""

        def finish(tick: int, result: Mapping[str, Any]) -> None:
            self._guest.send(Applied(re=command.id, tick=tick, result=result))
            if order.news:
                self._room.tell(Event(name=order.news, data={**order.data, **result}))

        self._guest.send(Accepted(re=command.id))
        self._on_device(command, order, finish)

    def _on_device(
        self, command: Command, order: commands.Order, finish: Callable[[int, Mapping[str, Any]], None]
    ) -> None:
        live, lobby = self._room.live, self._lobby
        assert live is not None

        def done(tick: int, result: Mapping[str, Any]) -> None:
            lobby.on_loop(finish, tick, result)

        def refused(error: WorldSDKError) -> None:
            lobby.on_loop(self._failed, command, error)

        lobby.host.post(lambda: commands.carry_out(live, order, done, refused))

    def _failed(self, command: Command, error: WorldSDKError) -> None:
        self._guest.refuse(error, re=command.id)

    # Those that are more than a deed.

    def _quality(self, command: Command, args: QualityArgs) -> None:
        if args.codec is not None and args.codec not in CODECS:
            raise NotCapableError(f"there is no codec {args.codec!r}", fix=f"there is {', '.join(CODECS)}")
        if args.steps is not None:
            self._world.check_steps(args.steps)
        now = self._guest.set_quality(
            codec=args.codec, jpeg_quality=args.jpeg_quality, credit=args.credit, digests=args.hash
        )
        if args.steps is None:
            order = commands.Order(lambda live: {**now, "steps": live.session.steps})
        else:
            steps = args.steps
            order = commands.Order(lambda live: {**now, **commands.set_steps(live, steps)}, news="quality")
        self._carry_out(command, order)

    def _fork(self, command: Command) -> None:
        rate = self._world.rate_hz * self._room.speed if self._room.mode == "realtime" else 0.0
        if not self._lobby.admission.fits(rate):
            raise RefusedError("no_capacity", "there is no place for a twin now", retry_after_ms=RETRY_MS)
        self._guest.send(Accepted(re=command.id))
        order = commands.Order(lambda live: {"twin": live.session.fork()})
        self._on_device(
            command, order, lambda tick, made: self._spawn(self._open_twin(command, tick, made["twin"]))
        )

    async def _open_twin(self, command: Command, tick: int, twin: Session) -> None:
        try:
            room, token = await self._lobby.twin(self._room, self._seat.role, twin)
        except WorldSDKError as error:
            self._failed(command, error)
            return
        result = {"room": room.name, "session": room.session, "resume": token}
        self._guest.send(Applied(re=command.id, tick=tick, result=result))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
