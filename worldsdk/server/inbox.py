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
        self._lockstep = room.mode == "lockstep"

    def take(self, given: Input, arrival: float) -> None:
        """An input that arrived at ``arrival``; one that is not newer than the newest changes nothing.

        Raises:
            ControlError: the world has no such control.
            RefusedError: ``rate_limited``: too many wait for credit.
        """
        seat = self._seat
        if not self._lockstep:
            if seat.latch.feed(given, arrival):
                seat.held_seq = given.seq
            return
        if len(seat.waiting) >= LOCKSTEP_WAITING:
            raise RefusedError("rate_limited", "too many inputs wait for credit")
        controls = seat.latch.step(given, arrival)
        if controls is None:
            return
        seat.held_seq = given.seq
        seat.waiting.append(Job(seat.id, controls, Applied(given.seq, given.ts, arrival), given.ticks))
        self.order()

    def order(self) -> None:
        """Lockstep: has as many ticks taken as there will be credit for their frames."""
        seat, live = self._seat, self._room.live
        assert live is not None
        while seat.waiting and seat.ordered < self._credit:
            seat.ordered += 1
            job = seat.waiting.popleft()
            if not self._crossing.around(self._host.at_once, live, job):
                self._host.post(partial(live.order, job))

    @property
    def _credit(self) -> int:
        """Frames that may still be made: those on their way have used up their share."""
        protocol = self._protocol
        return protocol.credit - (protocol.sent - protocol.acked) - self._outbox.frames
