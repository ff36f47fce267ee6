"""The driver of a world on a server: sends what the player holds, shows what comes at its due moment.

The same verbs as ``worldsdk.play.driver.Driver``. One thread looks at devices and pictures; the client's own
reads the socket; a third asks the server for whatever the player wishes: no question stops the picture.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from worldsdk.client.frames import RemoteFrame
from worldsdk.client.present import Presenter
from worldsdk.client.warp import CameraWarp, heading_of, shifted
from worldsdk.controls import Controls
from worldsdk.errors import SessionError
from worldsdk.frame import Frame, Timing
from worldsdk.play.driver import GRAPH_TICKS, Mode, View
from worldsdk.play.link_view import LinkView
from worldsdk.play.mouse import MouseBindings
from worldsdk.play.slot import NewestSlot
from worldsdk.play.wishes import Wishes, wait_for

if TYPE_CHECKING:
    from worldsdk.client.session import RemoteSession
    from worldsdk.client.sync import RemoteWorld

LONGEST_WAIT = 0.1
"""Seconds the loop sleeps when nothing is due: how soon it notices a lost connection."""


INPUT_GAP_BEATS = 0.3
"""Least time between two inputs, in ticks: servers allow a few inputs a tick and refuse a flood."""


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
        self.warp = warp
        self._world = world
        self._session = session
        self._bindings = bindings
        self._on_frame = on_frame
        self._clock = session.clock
        self._period = 1.0 / world.rate_hz
        self._plays = world.plan.wishes.role != "viewer"
        # In a room that was joined the clock belongs to all: reading the help must not stop it.
        self._own_clock = self._plays and world.plan.wishes.room is None
        self._presenter: Presenter[RemoteFrame] = Presenter(self._period)
        self._camera = CameraWarp(heading_of(tuple(v.name for v in world.spec.variables)))
        self._inbox: queue.SimpleQueue[RemoteFrame] = queue.SimpleQueue()
        self._stirred = threading.Event()
        self._changed = False
        self._said: Controls | None = None
        self._running = True
        self._rewinding = False
        self._was_paused = False
        self._held_by_panel = False
        self._warped = 0
        self._shift = 0
        self._last: RemoteFrame = session.frame
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
        self.warp = not self.warp
        self.say(f"Late frames are {'turned with the camera' if self.warp else 'held still'}")

    def say(self, sentence: str) -> None:
        self.notices.put(sentence)
        self._stirred.set()

    # The loop.

    def run(self) -> None:
        try:
            self._session.listen(self._heard)
            self._bindings.on_change = self._moved
            self._publish(self._last)
            sent, next_input = 0.0, self._clock.seconds()
            while self._running:
                if self._session.error is not None:
                    raise self._session.error
                now = self._clock.seconds()
                if self._changed:
                    # Sent at once, an input may still make the tick that is about to begin.
                    next_input = min(next_input, sent + INPUT_GAP_BEATS * self._period)
                if now >= next_input:
                    self._changed = False
                    self._send_input()
                    sent, next_input = now, now + self._period
                self._watch_connection()
                self._show(now)
                due = self._presenter.next_due()
                wait = min(next_input, due if due is not None else now + LONGEST_WAIT) - self._clock.seconds()
                if self._stirred.wait(min(max(wait, 0.0), LONGEST_WAIT)):
                    self._stirred.clear()
        except BaseException as error:
            self.error = error
        finally:
            self._session.listen(None)

    def _moved(self) -> None:
        self._changed = True
        self._stirred.set()

    def _heard(self, frame: RemoteFrame) -> None:
        self._inbox.put(frame)
        self._stirred.set()

    def _send_input(self) -> None:
        if not self._plays or not self._session.connected or self._session.paused:
            # What the hand does while time stands still is not meant for the world.
            self._bindings.forget_motion()
            self._said = None
            return
        controls, mouse = self._bindings.sample_with_mouse()
        # Levels hold at the server: repeating them would only blur what action-to-photon measures.
        if controls != self._said or any(mouse):
            self._said = controls
            self._session.send(controls, mouse=mouse)

    def _show(self, now: float) -> None:
        while not self._inbox.empty():
            frame = self._inbox.get()
            if frame.tick <= self._last.tick or self._session.paused:
                self._camera.forget()
            self._presenter.add(frame, frame.wire.pts, frame.wire.arrived)
        fresh = self._presenter.take(now)
        if fresh is not None:
            self._show_fresh(fresh)
        elif self.mode != "playing":
            if not self._was_paused:
                self._presenter.restart()
                self._publish(self._last)
            self._was_paused = True
            return
        else:
            self._bridge(now)
        if self._was_paused and self.mode == "playing":
            self._was_paused = False
            self._moments.clear()
            self._publish(self._last)

    def _show_fresh(self, frame: RemoteFrame) -> None:
        self._last, self._shift = frame, 0
        self._camera.learn(frame.tick, frame.pixels, dict(frame.state))
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

    def _bridge(self, now: float) -> None:
        """The next frame is late: the last one stays, turned as far as the camera would have turned."""
        held = self._presenter.hold(now)
        shift = self._camera.shift(self._presenter.overdue(now)) if self.warp else 0
        self._warped += held and shift != 0
        if shift != self._shift:
            self._shift = shift
            self._publish(replace(self._last, pixels=shifted(self._last.pixels, shift), held=True))

    def _watch_connection(self) -> None:
        connected = self._session.connected
        if connected != self._connected:
            self._connected = connected
            self._presenter.restart()
            self.notices.put("Back again" if connected else "The connection was lost: trying again")
            self._publish(self._last)

    @property
    def mode(self) -> Mode:
        if self._rewinding:
            return "rewinding"
        return "paused" if self._session.paused else "playing"

    def _publish(self, frame: RemoteFrame) -> None:
        moments, presenter, session = self._moments, self._presenter, self._session
        span = moments[-1] - moments[0] if moments else 0.0
        quality = replace(
            session.quality,
            late=presenter.late,
            dropped=presenter.dropped,
            held=presenter.held,
            warped=self._warped,
        )
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
                link=LinkView(quality, session.room, 1000.0 * presenter.delay, self._connected, self.warp),
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
