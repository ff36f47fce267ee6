"""The inputs of one seat, on their way to the device thread."""

from __future__ import annotations

from functools import partial

from worldsdk.protocol.connection import ServerConnection
from worldsdk.protocol.messages import Input
from worldsdk.server.crossing import Crossing
from worldsdk.server.hooks import RefusedError
from worldsdk.server.host import Host
from worldsdk.server.live import Job
from worldsdk.server.made import Applied
from worldsdk.server.options import LOCKSTEP_WAITING
from worldsdk.server.outbox import Outbox
from worldsdk.server.room import Room, Seat


class Inbox:
    """Lives on the event loop.

    In real time an input goes into the seat's latch, which the device thread reads at every tick. In lockstep
    it orders ticks, and waits in the seat until there will be credit for their frame.
    """

    def __init__(
        self,
        room: Room,
        seat: Seat,
        host: Host,
        crossing: Crossing,
        protocol: ServerConnection,
        outbox: Outbox,
    ) -> None:
        self._room = room
        self._seat = seat
        self._host = host
        self._crossing = crossing
        self._protocol = protocol
        self._outbox = outbox

    def take(self, given: Input, arrival: float) -> None:
        """An input that arrived at ``arrival``; one that is not newer than the newest changes nothing.

        Raises:
            ControlError: the world has no such control.
            RefusedError: ``rate_limited``: too many wait for credit.
        """
        seat = self._seat
        if self._room.mode == "lockstep" and len(seat.waiting) >= LOCKSTEP_WAITING:
            raise RefusedError("rate_limited", "too many inputs wait for credit")
        if not seat.latch.feed(given, arrival):
            return
        seat.held_seq = given.seq
        if self._room.mode == "lockstep":
            applied = Applied(given.seq, given.ts, arrival)
            seat.waiting.append(Job(seat.id, seat.latch.take().controls, applied, given.ticks))
            self.order()

    def order(self) -> None:
        """Lockstep: has as many ticks taken as there will be credit for their frames."""
        seat, live = self._seat, self._room.live
        assert live is not None
        while seat.waiting and seat.ordered < self._credit:
            seat.ordered += 1
            job = seat.waiting.popleft()
            if not self._crossing.around(partial(self._host.at_once, live, job)):
                self._host.post(partial(live.order, job))

    @property
    def _credit(self) -> int:
        """Frames that may still be made: those on their way have used up their share."""
        return self._protocol.credit - self._protocol.in_flight - self._outbox.frames
