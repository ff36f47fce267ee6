"""The device thread: owns the session, beats its clock, and leaves pictures for the window.

The window never calls the model and the model never waits for the window: pictures go through a slot
in which the newest wins, the player's wishes come through a queue of their own and are met between
two ticks.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from worldsdk.controls import Controls
from worldsdk.errors import SessionError, WorldSDKError
from worldsdk.frame import Frame, Timing
from worldsdk.play.bindings import Bindings
from worldsdk.play.link_view import LinkView
from worldsdk.play.slot import NewestSlot

if TYPE_CHECKING:
    from worldsdk.runtime.realtime import OnMiss, Realtime
    from worldsdk.runtime.session import Session
    from worldsdk.runtime.world import World

Mode = Literal["playing", "paused", "rewinding"]

GRAPH_TICKS = 127
"""Ticks of timing kept for the overlay's graph."""

WISHES_UNTIL = 0.002
"""Seconds before a beat from which on the player's wishes wait until after it."""


@dataclass(frozen=True)
class View:
    """All that a window needs to draw one moment.

    Attributes:
        frame: the session's latest frame.
        mode: what the driver is doing.
        seed, start: of the session; start is ``None`` where it began at given frames.
        timings: of the last generated frames, oldest first.
        ticks, missed: ticks played and deadlines missed since this session began or was changed.
        rate: frames per second really shown over the last second or so.
        link: of a world on a server, how the connection is; else None.
    """

    frame: Frame
    mode: Mode
    seed: int
    start: int | None
    timings: tuple[Timing, ...] = ()
    ticks: int = 0
    missed: int = 0
    rate: float = 0.0
    link: LinkView | None = None


class Driver(threading.Thread):
    """Plays one session until told to stop.

    Args:
        world: for restoring saves.
        session: not to be touched by others while the driver lives.
        bindings: sampled on every beat, right before its frame is generated.
        fps, budget_ms, on_miss: as for ``Session.realtime``.
        on_frame: called on this thread with every frame shown; must not wait.

    Attributes:
        views: newest picture for the window.
        notices: sentences for the player; unlike pictures, none is ever dropped.
        error: what ended the thread, if it ended badly.
    """

    def __init__(
        self,
        world: World,
        session: Session,
        bindings: Bindings,
        *,
        fps: float | None = None,
        budget_ms: float | None = None,
        on_miss: OnMiss = "hold",
        on_frame: Callable[[Frame], None] | None = None,
    ) -> None:
        super().__init__(name="worldsdk-device", daemon=True)
        self.views: NewestSlot[View] = NewestSlot()
        self.notices: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self._world = world
        self._session = session
        self._bindings = bindings
        self._fps = fps or world.rate_hz
        self._budget_ms = budget_ms
        self._on_miss: OnMiss = on_miss
        self._on_frame = on_frame
        self._wishes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._mode: Mode = "playing"
        self._after_rewind: Mode = "playing"
        self._before_hold: Mode = "playing"
        self._ended = False
        self._running = True
        self._live: Realtime | None = None
        self._beat = ExitStack()
        self._timings: deque[Timing] = deque(maxlen=GRAPH_TICKS)
        self._moments: deque[float] = deque(maxlen=40)
        self._ticks = self._missed = self._missed_before = 0
        self._next_beat = 0.0

    def run(self) -> None:
        try:
            self._publish()
            while self._running:
                # The clock waits for its beat inside a tick, where no wish is met: most of that wait is here.
                self._meet_wishes(until=self._next_beat - WISHES_UNTIL)
                if not self._running:
                    break
                if self._mode == "playing":
                    self._tick()
                elif self._mode == "rewinding":
                    self._tick_back()
                else:
                    self._meet_wishes(until=time.perf_counter() + 0.25)
        except BaseException as error:
            self.error = error
        finally:
            self._stop_clock()

    def stop(self) -> None:
        """Ends the thread after the tick in hand, and waits for it."""
        self._wish(self._finish)
        if self.is_alive():
            self.join()

    def pause(self) -> None:
        """Pauses, or goes on where paused."""
        self._wish(lambda: self._enter("paused" if self._mode == "playing" else "playing"))

    def hold(self) -> None:
        """Pauses for a panel; ``play`` then goes on only if time was running before."""

        def wish() -> None:
            self._before_hold = self._mode if self._mode != "rewinding" else self._after_rewind
            self._enter("paused")

        self._wish(wish)

    def play(self) -> None:
        """Ends a ``hold``."""
        self._wish(lambda: self._enter(self._before_hold))

    def step(self) -> None:
        """One tick, then pause."""

        def wish() -> None:
            self._tick()
            self._enter("paused")

        self._wish(wish)

    def rewind(self, held: bool) -> None:
        """Backwards while held, then as before."""

        def wish() -> None:
            if held and self._mode != "rewinding":
                self._after_rewind = self._mode
                self._enter("rewinding")
            elif not held and self._mode == "rewinding":
                self._enter(self._after_rewind)

        self._wish(wish)

    def save(self, store: Callable[[bytes], str]) -> None:
        """Hands a snapshot to ``store``, on this thread, and shows the sentence that it returns."""
        self._wish(lambda: self.say(store(self._session.snapshot())))

    def load(self, fetch: Callable[[], bytes]) -> None:
        """Goes on from the snapshot that ``fetch`` returns; where it is refused, says so and plays on."""

        def wish() -> None:
            session = self._world.restore(fetch())
            self._stop_clock()
            self._session = session
            self._begin(f"Loaded: tick {session.tick}")

        self._wish(wish)

    def reset(self, seed: int | None = None, start_by: int = 0) -> None:
        """Starts again, with another seed where one is given, ``start_by`` starting places further on."""

        def wish() -> None:
            self._stop_clock()
            start = ((self._session.start or 0) + start_by) % self._world.starts
            self._session.reset(seed=seed, start=start)
            self._enter("playing")
            self._begin(f"Start {start + 1} of {self._world.starts}, seed {self._session.seed}")

        self._wish(wish)

    def say(self, sentence: str) -> None:
        """Tells the player, and shows the picture that goes with it."""
        self.notices.put(sentence)
        self._publish()

    def _wish(self, wish: Callable[[], None]) -> None:
        self._wishes.put(wish)

    def _finish(self) -> None:
        self._running = False

    def _meet_wishes(self, until: float = 0.0) -> None:
        """Fulfils what is wished, now and until a moment of ``time.perf_counter``."""
        mode = self._mode
        while self._running and self._mode == mode:
            left = until - time.perf_counter()
            try:
                wish = self._wishes.get(timeout=left) if left > 0 else self._wishes.get_nowait()
            except queue.Empty:
                return
            try:
                wish()
            except WorldSDKError as error:
                # A refused wish (an empty slot, a damaged save) must not end the game.
                self.say(error.what + (f". {error.fix}" if error.fix else ""))

    def _enter(self, mode: Mode) -> None:
        if mode == "playing" and self._mode != "playing":
            self._moments.clear()
            # What the hand did while time stood still is not meant for the world.
            self._bindings.forget_motion()
        if mode != "playing":
            self._stop_clock()
        self._mode = mode
        self._publish()

    def _begin(self, sentence: str) -> None:
        self._bindings.forget_motion()
        self._timings.clear()
        self._moments.clear()
        self._ticks = self._missed = 0
        self._ended = False
        self.say(sentence)

    def _tick(self) -> None:
        if self._live is None:
            # A fresh clock for each stretch of play: time spent paused is no missed deadline.
            self._missed_before, self._next_beat = self._missed, 0.0
            self._live = self._beat.enter_context(
                self._session.realtime(fps=self._fps, budget_ms=self._budget_ms, on_miss=self._on_miss)
            )
        try:
            frame = self._live.tick(self._sample)
        except WorldSDKError as error:
            # The model has lost its way in this session; going back or starting again heals it.
            self._enter("paused")
            self.say(error.what + (f". {error.fix}" if error.fix else ""))
            return
        self._next_beat = time.perf_counter() - frame.timing.total_ms / 1000.0 + 1.0 / self._fps
        self._missed = self._missed_before + self._live.missed
        if not (frame.held and frame.timing.deadline_met):
            self._ticks += 1
            self._timings.append(frame.timing)
        if frame.ended and not self._ended:
            self.notices.put("The world says this episode is over")
        self._ended = frame.ended
        self._publish(frame)

    def _sample(self) -> Controls | None:
        controls = self._bindings.sample()
        # In a world that stands still without input, hands off the keys are no input.
        idle = self._world.manifest.idle == "pause" and not any(controls.values())
        return None if idle else controls

    def _tick_back(self) -> None:
        due = time.perf_counter() + 1.0 / self._fps
        try:
            self._session.rewind(1)
        except SessionError:
            self._mode = "paused"
            self._after_rewind = "paused"
            self.say("This is as far back as it remembers")
            return
        self._publish()
        self._meet_wishes(until=due)

    def _stop_clock(self) -> None:
        self._live = None
        self._next_beat = 0.0
        self._beat.close()

    def _publish(self, shown: Frame | None = None) -> None:
        now = time.perf_counter()
        self._moments.append(now)
        span = now - self._moments[0]
        # A held frame is shown by the clock and is not the session's own.
        frame = shown if shown is not None else self._session.frame
        if self._on_frame is not None and self._mode != "paused":
            self._on_frame(frame)
        self.views.put(
            View(
                frame=frame,
                mode=self._mode,
                seed=self._session.seed,
                start=self._session.start,
                timings=tuple(self._timings),
                ticks=self._ticks,
                missed=self._missed,
                rate=(len(self._moments) - 1) / span if span > 0 and self._mode == "playing" else 0.0,
            )
        )
