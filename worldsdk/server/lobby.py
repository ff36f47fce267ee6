"""All rooms of a server: who may come in, who comes back, and when a session is over.

Lives on the event loop; sessions are made and touched on the device thread only.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from worldsdk.errors import StorageError
from worldsdk.protocol.latch import InputLatch
from worldsdk.protocol.messages import Hello
from worldsdk.runtime.session import Session
from worldsdk.server.admission import Admission
from worldsdk.server.capacity import RETRY_MS
from worldsdk.server.crossing import Crossing
from worldsdk.server.hooks import Grant, Metrics, RefusedError, Role, StateStore
from worldsdk.server.host import Host
from worldsdk.server.keeper import Keeper
from worldsdk.server.live import Live, Mode
from worldsdk.server.options import ServeOptions
from worldsdk.server.record import InputLog, LogWriter, header_of
from worldsdk.server.room import Room, Seat, digest_of

if TYPE_CHECKING:
    from worldsdk.server.guest import Guest

MOST_SEATS = 8
"""Players who may share one room: more than a keyboard ever held."""

MODE_OF: dict[Role, Mode] = {"player": "realtime", "stepper": "lockstep"}

_log = logging.getLogger("worldsdk.server")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Entry:
    """Where a guest was let in. ``token`` opens the seat again; viewers have no seat and none."""

    room: Room
    seat: Seat | None
    token: str


class Lobby:
    """Args:
    host: the device thread.
    store: where sessions are saved.
    """

    def __init__(self, host: Host, options: ServeOptions, *, metrics: Metrics, store: StateStore) -> None:
        self.rooms: dict[str, Room] = {}
        self.options = options
        self.host = host
        self.draining = False
        self._metrics = metrics
        self.admission = Admission(host, self.rooms)
        self._making = asyncio.Lock()
        self._writer: LogWriter | None = None
        self._loop = asyncio.get_running_loop()
        self.crossing = Crossing()
        self.keeper = Keeper(self, store)

    # Going between the threads.

    async def on_device(self, work: Callable[[], _Result]) -> _Result:
        """Runs ``work`` on the device thread and returns, or raises, what it does."""
        done: asyncio.Future[_Result] = self._loop.create_future()

        def job() -> None:
            try:
                result = work()
            except Exception as error:
                self.on_loop(_fail, done, error)
            else:
                self.on_loop(_settle, done, result)

        self.host.post(job)
        return await done

    def on_loop(self, action: Callable[..., None], *args: object) -> None:
        """Has ``action`` called on the event loop, from any thread."""
        self.crossing.send(action, *args)

    # Coming in.

    async def enter(self, hello: Hello, grant: Grant, guest: Guest, visitor: str) -> Entry:
        """Lets a guest in.

        Args:
            visitor: who it is for the line of those who wait: a subject or an address.

        Raises:
            RefusedError: forbidden, no_room, conflict, session_over, no_capacity, bad_message.
        """
        if self.draining:
            raise RefusedError("no_capacity", "the server is leaving", retry_after_ms=RETRY_MS)
        if hello.role not in grant.roles:
            raise RefusedError("forbidden", f"this token does not let you be a {hello.role}")
        name = hello.room or grant.room
        if grant.room is not None and name != grant.room:
            raise RefusedError("forbidden", "this token is for another room")
        if hello.role == "viewer":
            return Entry(self._watch(name, guest), None, "")
        if hello.mode != MODE_OF[hello.role]:
            raise RefusedError(
                "bad_message",
                f"a {hello.role} cannot be in mode {hello.mode}",
                fix="player goes with realtime, stepper with lockstep",
            )
        if hello.resume:
            return await self._resume(hello, grant, guest)
        async with self._making:
            if name is not None and name in self.rooms:
                return self._join(self.rooms[name], hello.role, guest)
            self.admission.admit(visitor, hello.mode)
            session = await self.on_device(self.host.world.session)
            room = await self.open(name or self._new_name(), hello.mode, session)
        return self._sit(room, self.add_seat(room, hello.role), guest)

    def _watch(self, name: str | None, guest: Guest) -> Room:
        if name is None and len(self.rooms) == 1:
            name = next(iter(self.rooms))
        room = None if name is None else self.rooms.get(name)
        if room is None:
            raise RefusedError(
                "no_room",
                "a viewer must name the room to watch"
                if name is None
                else f"there is no room {name[:64]!r} to watch",
                fix="give the room that a player's welcome names",
            )
        room.watch(guest)
        return room

    def _join(self, room: Room, role: Role, guest: Guest) -> Entry:
        if room.mode != MODE_OF[role]:
            raise RefusedError("conflict", f"the room is in {room.mode}", fix="join as a viewer")
        if room.mode == "lockstep" or len(room.seats) >= MOST_SEATS:
            raise RefusedError("conflict", "every seat of the room is taken", fix="join as a viewer")
        return self._sit(room, self.add_seat(room, role), guest)

    def _sit(self, room: Room, seat: Seat, guest: Guest) -> Entry:
        seat.guest = guest
        if seat.expiry is not None:
            seat.expiry.cancel()
            seat.expiry = None
        token = seat.rotate()
        live = _live(room)

        def begin() -> None:
            live.sit(seat.id, seat.latch)
            live.resume("nobody")

        self.host.post(begin)
        self.keeper.save_soon(room)
        return Entry(room, seat, token)

    async def _resume(self, hello: Hello, grant: Grant, guest: Guest) -> Entry:
        digest = digest_of(hello.resume or "")
        for room in self.rooms.values():
            for seat in room.seats.values():
                if digest in seat.retired:
                    self._metrics.resumed("conflict")
                    raise RefusedError("conflict", "this resume token was used before")
                if digest == seat.token_digest:
                    self._check_resume(hello, grant, room, seat)
                    if seat.guest is not None:
                        seat.guest.end("conflict", "this seat was taken up from another connection")
                    self._metrics.resumed("resumed")
                    return self._sit(room, seat, guest)
        self._metrics.resumed("expired")
        raise RefusedError("session_over", "no session waits for this resume token", fix="start a new one")

    def _check_resume(self, hello: Hello, grant: Grant, room: Room, seat: Seat) -> None:
        if grant.room is not None and grant.room != room.name:
            raise RefusedError("forbidden", "this token is for another room")
        if hello.role != seat.role:
            raise RefusedError("conflict", f"the seat is a {seat.role}'s, not a {hello.role}'s")

    # Rooms.

    def _new_name(self) -> str:
        return f"room-{secrets.token_hex(6)}"

    async def open(self, name: str, mode: Mode, session: Session, session_id: str | None = None) -> Room:
        """A new room around a session that exists; its clock stands still until somebody sits down."""
        room = Room(name, session_id or secrets.token_hex(12), mode)

        def build() -> Live:
            live = Live(
                session,
                mode=mode,
                clock=self.host.clock,
                aligned=self.host.fused,
                publish=partial(self.crossing.send, room.publish),
                failed=lambda reason: self.on_loop(self.fail, room, reason),
            )
            live.pause("nobody")
            if self.options.record_all:
                self.record(live, room.session)
            self.host.add(live)
            return live

        # Known by its name at once, so that nobody else makes it meanwhile.
        self.rooms[name] = room
        try:
            live = await self.on_device(build)
            room.live = live
            room.latest = await self.on_device(live.present)
        except BaseException:
            del self.rooms[name]
            raise
        self._tell_load()
        return room

    def add_seat(self, room: Room, role: Role, held_seq: int = 0) -> Seat:
        """One more seat, nobody in it yet; ``held_seq`` is the newest input that was known from it."""
        seat = Seat(role, InputLatch(self.host.world.controls, held_seq), held_seq=held_seq)
        room.seats[seat.id] = seat
        return seat

    async def twin(self, room: Room, role: Role, session: Session) -> tuple[Room, str]:
        """A room of its own for a fork of ``room``'s session, and the token that opens its one seat."""
        twin = await self.open(self._new_name(), room.mode, session)
        twin.speed = room.speed
        seat = self.add_seat(twin, role)
        token = seat.rotate()
        self.expect(twin, seat)
        self.keeper.save_soon(twin)
        return twin, token

    def record(self, live: Live, name: str) -> str:
        """Begins a log of ``live``; called on the device thread. Returns its name.

        Raises:
            StorageError: there is no folder for logs, or it cannot be written.
        """
        if self.options.record_dir is None:
            raise StorageError("this server keeps no logs", fix="start it with --record-dir DIR")
        if live.log is None:
            if self._writer is None:
                self._writer = LogWriter(lambda log, why: _log.error("log %s ended: %s", log, why))
            header = header_of(live.session, mode=live.mode)
            unique = f"{name}-{secrets.token_hex(3)}"
            live.log = InputLog(self.options.record_dir, unique, header, self._writer)
        return live.log.name

    # Going away.

    def leave(self, room: Room, seat: Seat | None, guest: Guest, *, for_good: bool) -> None:
        """A guest has gone; a seat is kept for a while unless it was ``for_good``."""
        if seat is None:
            room.leave(guest)
            return
        if seat.guest is not guest or room.over:
            return
        seat.guest = None
        live = _live(room)
        self.host.post(lambda: live.leave(seat.id))
        if for_good or self.options.resume_seconds <= 0:
            self._give_up(room, seat)
        else:
            self.expect(room, seat)
            if not room.players:
                self.host.post(lambda: live.pause("nobody"))
            self.keeper.save_soon(room)

    def expect(self, room: Room, seat: Seat) -> None:
        """Keeps a seat that nobody sits in for as long as the options say."""
        seat.expiry = self._loop.call_later(self.options.resume_seconds, self._give_up, room, seat)

    def _give_up(self, room: Room, seat: Seat) -> None:
        if seat.expiry is not None:
            seat.expiry.cancel()
        room.seats.pop(seat.id, None)
        if not room.seats and not room.over:
            self.end(room, "session_over", "the last player has left")

    def fail(self, room: Room, reason: str) -> None:
        """The model failed in this room: it is over, and no other is."""
        _log.error("session %s failed: %s", room.session, reason)
        self.end(room, "session_failed", reason)

    def end(self, room: Room, code: str, message: str) -> None:
        """Ends a room and everybody's connection to it."""
        if room.over:
            return
        guests = list(room.guests)
        room.close()
        for guest in guests:
            guest.end(code, message)
        self.rooms.pop(room.name, None)
        live = _live(room)
        self.host.post(lambda: self.host.remove(live))
        self.keeper.forget(room)
        self._tell_load()

    def _tell_load(self) -> None:
        self._metrics.load(len(self.rooms), self.admission.utilisation)

    def close(self) -> None:
        """Ends the helpers; to be called when the device thread has ended."""
        for room in self.rooms.values():
            room.close()
            if room.live is not None and room.live.log is not None:
                room.live.log.close()
        if self._writer is not None:
            self._writer.close()
        self.keeper.close()


def _live(room: Room) -> Live:
    assert room.live is not None
    return room.live


def _settle(done: asyncio.Future[_Result], result: _Result) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[_Result], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
