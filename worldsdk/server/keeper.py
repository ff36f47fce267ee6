"""Sessions on disk: saving the rooms of a lobby, and taking saved ones up again after a restart."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from worldsdk.errors import WorldSDKError
from worldsdk.server.defaults import NothingKept
from worldsdk.server.hooks import Role, SavedSession, StateStore
from worldsdk.server.live import Mode
from worldsdk.server.room import Room

if TYPE_CHECKING:
    from worldsdk.server.lobby import Lobby

_log = logging.getLogger("worldsdk.server")


class Keeper:
    """Lives on the event loop; the store works on a thread of its own, one call at a time."""

    def __init__(self, lobby: Lobby, store: StateStore) -> None:
        self.active = not isinstance(store, NothingKept)
        self._lobby = lobby
        self._store = store
        self._disk = ThreadPoolExecutor(1, "worldsdk-state")
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    async def restore_all(self) -> int:
        """Opens the rooms that were saved, each waiting for its players; returns how many."""
        if not self.active:
            return 0
        opened = 0
        lobby = self._lobby
        for saved in await self._loop.run_in_executor(self._disk, self._store.load):
            if saved.world != lobby.host.world.digest or len(lobby.rooms) >= lobby.options.max_sessions:
                continue
            try:
                await self._restore(saved)
            except WorldSDKError as error:
                _log.warning("session %s cannot be taken up: %s", saved.session, error.what)
            else:
                opened += 1
        return opened

    async def _restore(self, saved: SavedSession) -> None:
        lobby = self._lobby
        session = await lobby.on_device(lambda: lobby.host.world.restore(saved.snapshot))
        mode: Mode = "lockstep" if saved.mode == "lockstep" else "realtime"
        room = await lobby.open(saved.room, mode, session, saved.session)
        room.paused, room.speed = saved.paused, saved.speed
        live = room.live
        assert live is not None

        def set_clock() -> None:
            live.set_speed(saved.speed)
            if saved.paused:
                live.pause("command")

        lobby.host.post(set_clock)
        for kept in saved.seats:
            role: Role = "stepper" if kept.role == "stepper" else "player"
            seat = lobby.add_seat(room, role, kept.held_seq)
            seat.token_digest = kept.token_sha256
            seat.retired.extend(kept.retired)
            if kept.seconds_left is not None:
                seat.until = lobby.host.clock.monotonic() + kept.seconds_left
            lobby.expect(room, seat)

    async def save_all(self) -> None:
        """Saves every session."""
        for room in list(self._lobby.rooms.values()):
            await self._save(room)

    def save_soon(self, room: Room) -> None:
        """Saves a session without being waited for: a token that changed hands must survive a crash."""
        if self.active:
            task = self._loop.create_task(self._save(room))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def forget(self, room: Room) -> None:
        """The session is over."""
        if self.active:
            self._disk.submit(self._store.remove, room.session)

    def close(self) -> None:
        self._disk.shutdown()

    async def _save(self, room: Room) -> None:
        """Saves one session as it is now; one that cannot be saved is logged and costs no other its place."""
        live, lobby = room.live, self._lobby
        if not self.active or room.over or live is None:
            return
        try:
            tick, snapshot = await lobby.on_device(lambda: (live.session.tick, live.session.snapshot()))
            now = lobby.host.clock.monotonic()
            saved = SavedSession(
                session=room.session,
                room=room.name,
                mode=room.mode,
                world=lobby.host.world.digest,
                snapshot=snapshot,
                tick=tick,
                paused=room.paused,
                speed=room.speed,
                seats=tuple(seat.saved(now) for seat in room.seats.values()),
            )
            if not room.over:
                await self._loop.run_in_executor(self._disk, self._store.save, saved)
        except (WorldSDKError, OSError) as error:
            _log.error("session %s was not saved: %s", room.session, error)
