"""Whether one more session is let in, and who comes first where places are few."""

from __future__ import annotations

from collections.abc import Mapping

from worldsdk.server.capacity import RETRY_MS, Line
from worldsdk.server.hooks import RefusedError
from worldsdk.server.host import Host
from worldsdk.server.live import Mode
from worldsdk.server.room import Room

MOST_PLACES = 16
"""How far the search for free places goes; it only orders those who wait."""


class Admission:
    """Lives on the event loop; ``rooms`` is the lobby's own."""

    def __init__(self, host: Host, rooms: Mapping[str, Room]) -> None:
        self._host = host
        self._rooms = rooms
        self._line = Line()

    def rate(self, mode: Mode) -> float:
        """Ticks per second that a new session needs; 0 in lockstep, which takes what is left."""
        return self._host.world.rate_hz if mode == "realtime" else 0.0

    @property
    def rates(self) -> list[float]:
        """Ticks per second of each real-time session."""
        rooms = [room for room in self._rooms.values() if room.mode == "realtime"]
        return [self._host.world.rate_hz * room.speed for room in rooms]

    @property
    def utilisation(self) -> float:
        """Share of the device's time that real-time sessions need."""
        return self._host.capacity.utilisation(self.rates)

    def fits(self, rate_hz: float) -> bool:
        """Whether one more session of that rate can be carried."""
        return self._host.capacity.fits(self.rates, len(self._rooms), rate_hz)

    def fits_faster(self, room: Room, factor: float) -> bool:
        """Whether a room that is there can run at ``factor`` times the world's rate."""
        others = self.rates
        others.remove(self._host.world.rate_hz * room.speed)
        rate = self._host.world.rate_hz * factor
        return factor <= room.speed or self._host.capacity.fits(others, len(self._rooms) - 1, rate)

    def admit(self, visitor: str, mode: Mode) -> None:
        """Lets ``visitor`` make a session.

        Raises:
            RefusedError: ``no_capacity``, with a place in line.
        """
        now = self._host.clock.monotonic()
        if not self._line.may_enter(visitor, now, self._places(self.rate(mode))):
            position = self._line.position(visitor, now)
            raise RefusedError(
                "no_capacity",
                f"all places are taken; you are number {position} in line",
                fix=f"try again in {RETRY_MS / 1000:g} s",
                retry_after_ms=RETRY_MS,
                position=position,
            )
        self._line.leave(visitor)

    def _places(self, rate_hz: float) -> int:
        rates, count = self.rates, len(self._rooms)
        for places in range(MOST_PLACES):
            more = [rate_hz] * places if rate_hz else []
            if not self._host.capacity.fits([*rates, *more], count + places, rate_hz):
                return places
        return MOST_PLACES
