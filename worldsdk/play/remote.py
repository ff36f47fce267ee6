"""The driver of a world on a server: sends what the player holds, shows what comes at its due moment.

The same verbs as ``worldsdk.play.driver.Driver``. One thread looks at devices and pictures; the client's own
reads the socket; a third asks the server for whatever the player wishes: no question stops the picture.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from worldsdk.client.showing import Showing
from worldsdk.client.steering import Steering
from worldsdk.errors import SessionError
from worldsdk.frame import Frame, Timing
from worldsdk.play.driver import GRAPH_TICKS, Mode, View
from worldsdk.play.link_view import LinkView
from worldsdk.play.mouse import MouseBindings
from worldsdk.play.slot import NewestSlot
from worldsdk.play.wishes import Wishes, wait_for

if TYPE_CHECKING:
    from worldsdk.client.frames import RemoteFrame
    from worldsdk.client.session import RemoteSession
    from worldsdk.client.sync import RemoteWorld

LONGEST_WAIT = 0.1
"""Seconds the loop sleeps when nothing is due: how soon it notices a lost connection."""


class RemoteDriver(threading.Thread):
    """Plays one session on a server until told to stop.

    Args:
        world, session: connected, in real time.
        bindings: sampled once a tick and sent.
        warp: whether late frames are bridged by turning the last one with the camera.
        on_frame: called on this thread with every new frame shown; must not wait.

    Attributes:
        views, notices, error: as of ``Driver``.
    """

    def __init__(
        self,
        world: RemoteWorld,
        session: RemoteSession,
        bindings: MouseBindings,
        *,
        warp: bool = True,
        on_frame: Callable[[Frame], None] | None = None,
    ) -> None:
        super().__init__(name="worldsdk-remote", daemon=True)
        self.views: NewestSlot[View] = NewestSlot()
        self.notices: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self._world = world
        self._session = session
        self._bindings = bindings
        self._on_frame = on_frame
        self._clock = session.clock
        self._period = 1.0 / world.rate_hz
        self._showing = Showing(session, warp=warp)
        self._steering = Steering(session, bindings)
        # In a room that was joined the clock belongs to all: reading the help must not stop it.
        self._own_clock = self._steering.plays and world.plan.wishes.room is None
        self._stirred = threading.Event()
        self._running = True
        self._rewinding = False
        self._mode: Mode = "playing"
        self._held_by_panel = False
        self._timings: deque[Timing] = deque(maxlen=GRAPH_TICKS)
        self._moments: deque[float] = deque(maxlen=40)
        self._ticks = self._missed = 0
        self._told_ended = False
        self._connected = True
        self._wishes = Wishes(self.say)

    # What the window asks for; see ``Driver``.

    def stop(self) -> None:
        """Ends the threads, leaves the room and waits for both."""
        self._running = False
        self._stirred.set()
        self._wishes.stop()
        if self.is_alive():
            self.join()
        self._session.close()

    def pause(self) -> None:
        self._wish(lambda: self._set_paused(not self._session.paused))

    def hold(self) -> None:
        def wish() -> None:
            if self._own_clock and not self._session.paused:
                self._held_by_panel = True
                self._set_paused(True)

        self._wish(wish)

    def play(self) -> None:
        def wish() -> None:
            if self._held_by_panel:
                self._held_by_panel = False
                self._set_paused(False)

        self._wish(wish)

    def step(self) -> None:
        def wish() -> None:
            self._set_paused(True)
            before = self._session.tick
            self._session.resume()
            wait_for(lambda: self._session.tick > before)
            self._session.pause()
            # The server's clock does not stop on the very tick: back to it.
            beyond = self._session.tick - before - 1
            if beyond > 0:
                self._session.rewind(beyond)
            self._stirred.set()

        self._wish(wish)

    def rewind(self, held: bool) -> None:
        if held and not self._rewinding:
            self._rewinding = True
            self._wish(self._run_back)
        elif not held:
            self._rewinding = False

    def save(self, store: Callable[[bytes], str]) -> None:
        self._wish(lambda: self.say(store(self._session.snapshot())))

    def load(self, fetch: Callable[[], bytes]) -> None:
        def wish() -> None:
            frame = self._session.restore(fetch())
            self._begin(f"Loaded: tick {frame.tick}")

        self._wish(wish)

    def reset(self, seed: int | None = None, start_by: int = 0) -> None:
        def wish() -> None:
            start = ((self._session.start or 0) + start_by) % max(1, self._world.starts)
            self._session.reset(seed=seed, start=start)
            self._set_paused(False)
            said = f"Start {start + 1} of {self._world.starts}"
            self._begin(said + (f", seed {self._session.seed}" if self._session.seed is not None else ""))

        self._wish(wish)

    def toggle_warp(self) -> None:
        """Switches the turning of late frames on or off."""
        self._showing.warp = not self._showing.warp
        self.say(f"Late frames are {'turned with the camera' if self._showing.warp else 'held still'}")

    def say(self, sentence: str) -> None:
        self.notices.put(sentence)
        self._stirred.set()

    # The loop.

    def run(self) -> None:
        try:
            self._session.listen(self._heard)
            self._bindings.on_change = self._moved
            self._publish(self._showing.last)
            while self._running:
                if self._session.error is not None:
                    raise self._session.error
                now = self._clock.seconds()
                self._steering.update(now)
                self._watch_connection()
                self._show(now)
                due = self._showing.next_due()
                due = min(self._steering.next_due(), now + LONGEST_WAIT if due is None else due)
                if self._stirred.wait(min(max(due - self._clock.seconds(), 0.0), LONGEST_WAIT)):
                    self._stirred.clear()
        except BaseException as error:
            self.error = error
        finally:
            self._session.listen(None)

    def _moved(self) -> None:
        self._steering.moved()
        self._stirred.set()

    def _heard(self, frame: RemoteFrame) -> None:
        self._showing.hear(frame)
        self._stirred.set()

    def _show(self, now: float) -> None:
        fresh = self._showing.take(now)
        if fresh is not None:
            self._show_fresh(fresh)
        elif self.mode == "playing" and (bridged := self._showing.bridge(now)) is not None:
            self._publish(bridged)
        self._watch_mode()

    def _watch_mode(self) -> None:
        """The window says at once whether the world moves, whether or not a picture comes."""
        mode = self.mode
        if mode == self._mode:
            return
        self._mode = mode
        if mode == "playing":
            self._moments.clear()
        else:
            self._showing.restart()
        self._publish(self._showing.last)

    def _show_fresh(self, frame: RemoteFrame) -> None:
        if not (frame.held and frame.timing.deadline_met):
            self._ticks += 1
            self._missed += not frame.timing.deadline_met
            self._timings.append(frame.timing)
        if frame.ended and not self._told_ended:
            self.notices.put("The world says this episode is over")
        self._told_ended = frame.ended
        self._moments.append(self._clock.seconds())
        if self._on_frame is not None:
            self._on_frame(frame)
        self._publish(frame)
        self._session.shown(frame)

    def _watch_connection(self) -> None:
        connected = self._session.connected
        if connected != self._connected:
            self._connected = connected
            self._showing.restart()
            self.notices.put("Back again" if connected else "The connection was lost: trying again")
            self._publish(self._showing.last)

    @property
    def warp(self) -> bool:
        """Whether late frames are bridged by turning the last one with the camera."""
        return self._showing.warp

    @property
    def mode(self) -> Mode:
        if self._rewinding:
            return "rewinding"
        return "paused" if self._session.paused else "playing"

    def _publish(self, frame: Frame) -> None:
        moments, showing, session = self._moments, self._showing, self._session
        span = moments[-1] - moments[0] if moments else 0.0
        self.views.put(
            View(
                frame=frame,
                mode=self.mode,
                seed=session.seed or 0,
                start=session.start,
                timings=tuple(self._timings),
                ticks=self._ticks,
                missed=self._missed,
                rate=(len(moments) - 1) / span if span > 0 and self.mode == "playing" else 0.0,
                link=LinkView(
                    showing.quality, session.room, 1000.0 * showing.delay, self._connected, showing.warp
                ),
            )
        )

    # Wishes, met on their own thread.

    def _wish(self, wish: Callable[[], None]) -> None:
        self._wishes.put(wish)

    def _set_paused(self, paused: bool) -> None:
        if paused != self._session.paused:
            if paused:
                self._session.pause()
            else:
                self._session.resume()
        self._stirred.set()

    def _begin(self, sentence: str) -> None:
        self._timings.clear()
        self._ticks = self._missed = 0
        self.say(sentence)

    def _run_back(self) -> None:
        """Backwards at the world's own rate while the key is held, however long the way to the server is."""
        was_paused = self._session.paused
        self._set_paused(True)
        before = self._clock.seconds()
        try:
            while self._rewinding and self._running:
                self._clock.sleep(max(0.0, before + self._period - self._clock.seconds()))
                now = self._clock.seconds()
                self._session.rewind(max(1, round((now - before) / self._period)))
                before = now
        except SessionError:
            was_paused = True
            self.say("This is as far back as it remembers")
        finally:
            self._rewinding = False
            self._set_paused(was_paused)
