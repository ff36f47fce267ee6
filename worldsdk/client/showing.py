"""What is on the screen of a served world: each frame at its due moment, and what bridges late ones."""

from __future__ import annotations

import queue
from dataclasses import replace
from typing import TYPE_CHECKING

from worldsdk.client.present import Presenter
from worldsdk.client.warp import CameraWarp, heading_of, shifted

if TYPE_CHECKING:
    from worldsdk.client.frames import RemoteFrame
    from worldsdk.client.quality import Quality
    from worldsdk.client.session import RemoteSession
    from worldsdk.frame import Frame


class Showing:
    """Between the thread that reads a session's frames and the one that draws them.

    Args:
        session: in real time.
        warp: whether late frames are bridged by turning the last one with the camera.

    Attributes:
        last: the newest frame that was due, as the server sent it.
    """

    def __init__(self, session: RemoteSession, *, warp: bool = True) -> None:
        world = session.world
        self.warp = warp
        self.last: RemoteFrame = session.frame
        self._session = session
        self._presenter: Presenter[RemoteFrame] = Presenter(1.0 / world.rate_hz)
        self._camera = CameraWarp(heading_of(tuple(variable.name for variable in world.spec.variables)))
        self._inbox: queue.SimpleQueue[RemoteFrame] = queue.SimpleQueue()
        self._shift = self._warped = 0

    def hear(self, frame: RemoteFrame) -> None:
        """A frame has arrived; from any thread, never waits."""
        self._inbox.put(frame)

    def take(self, now: float) -> RemoteFrame | None:
        """The frame to show from ``now`` on; None where what is shown stays.

        ``now`` is in seconds of the session's clock. Whoever puts it on a screen says so with
        ``session.shown``.
        """
        while not self._inbox.empty():
            frame = self._inbox.get()
            if frame.tick <= self.last.tick or self._session.paused:
                self._camera.forget()
            self._presenter.add(frame, frame.wire.pts, frame.wire.arrived)
        fresh = self._presenter.take(now)
        if fresh is not None:
            self.last, self._shift = fresh, 0
            self._camera.learn(fresh.tick, fresh.pixels, dict(fresh.state))
        return fresh

    def bridge(self, now: float) -> Frame | None:
        """While the next frame is late: the last one, turned as far as the camera would have turned by now.

        None where it is not late, or stays as it was shown last.
        """
        held = self._presenter.hold(now)
        shift = self._camera.shift(self._presenter.overdue(now)) if self.warp else 0
        self._warped += held and shift != 0
        if shift == self._shift:
            return None
        self._shift = shift
        return replace(self.last, pixels=shifted(self.last.pixels, shift), held=True)

    def restart(self) -> None:
        """Time stood still or jumped: the schedule is learnt anew."""
        self._presenter.restart()

    def next_due(self) -> float | None:
        """The moment the next frame that has arrived is due; None where none waits."""
        return self._presenter.next_due()

    @property
    def delay(self) -> float:
        """Seconds that frames are kept back at present, for evenness."""
        return self._presenter.delay

    @property
    def quality(self) -> Quality:
        """How good the connection is, and what it made of the picture."""
        presenter = self._presenter
        return replace(
            self._session.quality,
            late=presenter.late,
            dropped=presenter.dropped,
            held=presenter.held,
            warped=self._warped,
        )
