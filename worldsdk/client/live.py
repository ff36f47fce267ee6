"""A remote session on the server's clock: the newest frame, how old it is, and controls that hold.

::

    with session.realtime() as live:
        for frame in live:                       # ends when the world does not: break, or live.stop()
            live.set_controls({"forward": 1})    # until something else is set

Where the session is in lockstep, the world is handed over to a connection in real time by a snapshot when the
block begins, and handed back when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from worldsdk.client import verbs
from worldsdk.client.frames import RemoteFrame
from worldsdk.client.quality import Quality
from worldsdk.errors import SessionError

if TYPE_CHECKING:
    from worldsdk.client.session import RemoteSession
    from worldsdk.runtime.statistics import Statistics


class RemoteLive:
    """See this module's description; made by ``RemoteSession.realtime``.

    Attributes:
        session: that it was made from. live: the one that runs, the same where it is in real time itself.
        skipped: frames that were overtaken before the caller asked for one.
        statistics: the server's timings of the frames taken here. ``missed`` counts late ticks.
    """

    def __init__(self, session: RemoteSession, fps: float | None = None) -> None:
        self.session = session
        self.live = session
        self.skipped = 0
        self._speed = None if fps is None else fps / session.world.rate_hz
        if self._speed == 1.0:
            self._speed = None
        elif self._speed is not None:
            verbs.speed_args(self._speed)
        self._handed_over = False
        self._running = False
        self._stopped = False
        self._taken = 0
        self._statistics: Statistics | None = None

    def __enter__(self) -> Self:
        if self.session._dialogue.wishes.mode == "lockstep":
            self._hand_over()
        if self._speed is not None:
            self.live.set_speed(self._speed)
        self._running, self._stopped = True, False
        self._taken = self.live._dialogue.frames
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = False
        if self._handed_over:
            self._hand_back(well=error is None)
        elif self._speed is not None and error is None:
            self.live.set_speed(1.0)

    def __iter__(self) -> Iterator[RemoteFrame]:
        """Newest frames, as they come; what came while the caller was busy is skipped."""
        while not self._stopped:
            yield self.tick()

    @property
    def statistics(self) -> Statistics:
        if self._statistics is None:
            from worldsdk.runtime.statistics import Statistics

            self._statistics = Statistics()
        return self._statistics

    @property
    def missed(self) -> int:
        """Frames taken whose tick did not meet its deadline."""
        return self.statistics.missed

    @property
    def quality(self) -> Quality:
        return self.live.quality

    @property
    def age_ms(self) -> float:
        """Milliseconds since the server finished the newest frame, by the quickest round trip's clock offset;
        since it arrived, before there was one."""
        frame, dialogue = self.live.frame, self.live._dialogue
        now = self.live._link.settings.clock.seconds()
        offset = dialogue.meter.offset
        born = frame.wire.arrived if offset is None else frame.wire.pts / 1e6 + offset
        return max(0.0, now - min(born, frame.wire.arrived)) * 1000.0

    def set_controls(self, controls: Mapping[str, float] | None) -> None:
        """What the world applies from now on, until something else is set; None releases everything.

        Raises:
            ControlError: an unknown name or a value out of range; what was set before stays.
        """
        self.live.send(controls)

    def tick(
        self, controls: Mapping[str, float] | Callable[[], Mapping[str, float] | None] | None = None
    ) -> RemoteFrame:
        """The newest frame that has not been taken yet; waits for it where there is none.

        Args:
            controls: set before waiting, as by ``set_controls``, or a function that reads them, called then:
                what is sent early is there in time. None, of either, leaves what is set.

        Raises:
            SessionError: outside the ``with`` block. ConnectionTimeoutError, ConnectionLostError.
        """
        if not self._running:
            raise SessionError("the clock is not running", fix="use it as 'with session.realtime() as live:'")
        wanted = controls() if callable(controls) else controls
        if wanted is not None:
            self.set_controls(wanted)
        link, dialogue = self.live._link, self.live._dialogue
        link.wait(lambda: dialogue.frames > self._taken, what="frame")
        with link.lock:
            frame, number = self.live.frame, dialogue.frames
            dialogue.shown(frame, link.settings.clock.seconds())
        link.flush()
        self.skipped += number - self._taken - 1
        self._taken = number
        if not frame.held:
            self.statistics.add(frame.timing)
        self.statistics.miss(int(not frame.timing.deadline_met))
        return frame

    def stop(self) -> None:
        """Ends the iteration before its next frame."""
        self._stopped = True

    def _hand_over(self) -> None:
        from worldsdk.client.link import Link
        from worldsdk.client.session import RemoteSession

        world = self.session.world
        moment = self.session.snapshot()
        plan = world.plan.live()
        self.live = RemoteSession(world, Link(plan.settings, plan.wishes))
        self._handed_over = True
        try:
            self.live.restore(moment)
        except BaseException:
            self._hand_back(well=False)
            raise

    def _hand_back(self, *, well: bool) -> None:
        live, self.live, self._handed_over = self.live, self.session, False
        try:
            if well:
                live.pause()
                self.session.restore(live.snapshot())
        finally:
            live.close()
