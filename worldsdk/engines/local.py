"""A feed whose world runs in this process: one thread owns the session and beats its clock."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from worldsdk.client.quality import Meter, Quality
from worldsdk.client.verbs import speed_args
from worldsdk.engines.feed import Feed, refuse
from worldsdk.errors import NotCapableError, SessionError, WorldSDKError
from worldsdk.play.slot import NewestSlot
from worldsdk.protocol.codes import CODES, NORMAL_CLOSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from worldsdk.controls import Controls
    from worldsdk.frame import Frame
    from worldsdk.runtime.realtime import OnMiss, Realtime
    from worldsdk.runtime.session import Session

T = TypeVar("T")

SAMPLE_BEFORE = 0.002
"""Seconds before a beat at which devices are read: late enough to be fresh, early enough to be in it."""

IDLE_SECONDS = 0.25
"""Longest sleep of a paused world's thread."""


class LocalFeed(Feed):
    """A session of a world in this process.

    The model computes on a thread of its own, and frees Python's lock for most of that; an engine that needs
    all of a processor's cores is better served by a world in a process of its own (``worldsdk serve``).

    Args:
        session: not to be touched by others while the feed lives, except through ``ask``.
        fps, budget_ms, on_miss: as for ``Session.realtime``.
    """

    def __init__(
        self,
        session: Session,
        *,
        fps: float | None = None,
        budget_ms: float | None = None,
        on_miss: OnMiss = "hold",
    ) -> None:
        world = session.world
        self.title, self.rate_hz = world.manifest.title, world.rate_hz
        self.width, self.height = world.spec.width, world.spec.height
        self.layers = {layer.name: (layer.low, layer.high) for layer in world.spec.layers}
        super().__init__(world.controls, session.frame)
        self.hands.on_change = self._moved
        self._session = session
        self._fps = fps or world.rate_hz
        self._options: dict[str, Any] = {"budget_ms": budget_ms, "on_miss": on_miss}
        self._idles = world.manifest.idle == "pause"
        self._speed = 1.0
        self._wishes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._frames: NewestSlot[tuple[Frame, int, float]] = NewestSlot()
        self._meter = Meter()
        # How many times the player did something, when last, and how many of those a tick has seen.
        self._acts, self._act_at, self._seen_acts = 0, 0.0, 0
        self._missed = self._held = 0
        self._paused = self._closed = False
        self._error: BaseException | None = None
        self._clock = ExitStack()
        self._live: Realtime | None = None
        self._next_beat = 0.0
        self._owed: Controls | None = None
        self._thread = threading.Thread(target=self._run, name="worldsdk-device", daemon=True)
        self._thread.start()

    # What the engine asks for.

    def ask(self, question: Callable[[Session], T], *, verb: str = "", stops_clock: bool = True) -> Future[T]:
        """Calls ``question`` with the session between two ticks, on the thread that owns it.

        Args:
            verb: told as ``applied`` when it is done; nothing is told where it is empty.
            stops_clock: whether the time that it takes is no missed beat.
        """
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(SessionError("the feed is closed", where=self.title, fix="make another"))
            return future

        def wish() -> None:
            if stops_clock:
                self._stop_clock()
            try:
                result = question(self._session)
            except BaseException as error:
                self._refused(error)
                future.set_exception(error)
                return
            if verb:
                self._tell("applied", verb)
            future.set_result(result)

        self._wishes.put(wish)
        return future

    def pause(self) -> Future[None]:
        return self.ask(lambda _: self._set_paused(True), verb="pause")

    def resume(self) -> Future[None]:
        return self.ask(lambda _: self._set_paused(False), verb="resume")

    def reset(self, seed: int | None = None, start: int | None = None) -> Future[None]:
        return self._jump("reset", lambda session: session.reset(seed=seed, start=start))

    def snapshot(self) -> Future[bytes]:
        return self.ask(lambda session: session.snapshot(), verb="snapshot", stops_clock=False)

    def restore(self, blob: bytes) -> Future[None]:
        def go(session: Session) -> None:
            self._session = session.world.restore(blob)

        return self._jump("restore", go)

    def rewind(self, ticks: int) -> Future[None]:
        return self._jump("rewind", lambda session: session.rewind(ticks))

    def fork(self) -> Future[Session]:
        return self.ask(lambda session: session.fork(), verb="fork", stops_clock=False)

    def observe(self, pixels: NDArray[Any], controls: Mapping[str, float] | None = None) -> Future[None]:
        return self._jump("observe", lambda session: session.observe(pixels, controls))

    def set_state(self, values: Mapping[str, float]) -> Future[None]:
        return self.ask(lambda session: session.set_state(values), verb="set_state", stops_clock=False)

    def set_speed(self, factor: float) -> Future[None]:
        def go(_: Session) -> None:
            speed_args(factor)
            self._speed = factor

        return self.ask(go, verb="set_speed")

    def set_quality(self, *, steps: int) -> Future[None]:
        def go(session: Session) -> None:
            self._options["steps"] = session.world.check_steps(steps)

        return self.ask(go, verb="set_quality")

    def set_prompt(self, text: str) -> Future[None]:
        return self._cannot("prompt")

    def set_anchor(self, pixels: NDArray[Any]) -> Future[None]:
        return self._cannot("anchor")

    def record(self, on: bool = True) -> Future[str]:
        return self._cannot("record")

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._wishes.put(lambda: None)
        self._thread.join()
        self._tell("disconnected", NORMAL_CLOSE, "closed", False)

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def error(self) -> BaseException | None:
        return self._error

    @property
    def quality(self) -> Quality:
        """``late`` counts missed beats, ``dropped`` frames that were overtaken before ``update`` came."""
        return replace(self._meter.read(), dropped=self._frames.dropped, held=self._held, late=self._missed)

    def _take(self) -> Frame | None:
        taken = self._frames.take()
        if taken is None:
            return None
        frame, acts, since = taken
        self._meter.shown(acts, int(since * 1e6) if acts else None, time.perf_counter())
        return frame

    def _moved(self) -> None:
        # The first of several changes before a tick is what the player waits for longest.
        if self._acts == self._seen_acts:
            self._act_at = time.perf_counter()
            self._acts += 1

    # The thread.

    def _run(self) -> None:
        try:
            while not self._closed:
                if self._paused:
                    self._meet(time.perf_counter() + IDLE_SECONDS)
                else:
                    self._meet(self._next_beat - SAMPLE_BEFORE)
                    if not (self._paused or self._closed):
                        self._tick()
        except BaseException as error:
            self._error = error
            self._refused(error)
            self._tell("disconnected", CODES["session_failed"].close, str(error), False)
        finally:
            self._closed = True
            self._stop_clock()
            # Nobody waits for an answer that will not come.
            while not self._wishes.empty():
                self._wishes.get()()

    def _meet(self, until: float) -> None:
        """Fulfils what is asked, now and up to a moment of ``time.perf_counter``."""
        paused = self._paused
        while not self._closed and self._paused == paused:
            left = until - time.perf_counter()
            try:
                wish = self._wishes.get(timeout=left) if left > 0 else self._wishes.get_nowait()
            except queue.Empty:
                return
            wish()

    def _tick(self) -> None:
        if self._live is None:
            self._next_beat = 0.0
            fps = self._fps * self._speed
            budget = self._options["budget_ms"]
            options = {**self._options, "budget_ms": None if budget is None else min(budget, 1000.0 / fps)}
            self._live = self._clock.enter_context(self._session.realtime(fps=fps, **options))
        acts = self._seen_acts = self._acts
        since = self._act_at
        controls, owed = self.hands.sample_here(), self._owed
        if owed is not None:
            controls = self.controls.parse({name: value or owed[name] for name, value in controls.items()})
            self._owed = None
        # In a world that stands still without input, hands off the keys are no input.
        idle = self._idles and not any(controls.values())
        missed = self._live.missed
        try:
            frame = self._live.tick(None if idle else controls)
        except WorldSDKError as error:
            # The model lost its way in this session; going back or beginning again heals it.
            self._stop_clock()
            self._paused = True
            self._refused(error)
            return
        self._missed += self._live.missed - missed
        self._next_beat = (
            time.perf_counter() - frame.timing.total_ms / 1000.0 + 1.0 / (self._fps * self._speed)
        )
        if frame.held:
            self._held += 1
            if not frame.timing.deadline_met:
                # The beat passed without a tick: a tap that was meant for it goes into the next.
                self._owed = controls
            return
        self._meter.frames += 1
        self._frames.put((frame, acts, since))

    def _jump(self, verb: str, go: Callable[[Session], object]) -> Future[None]:
        def moved(session: Session) -> None:
            go(session)
            # What the hand did before was not meant for where the world is now.
            self.hands.forget_motion()
            self._owed = None
            self._frames.put((self._session.frame, 0, 0.0))

        return self.ask(moved, verb=verb)

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        self.hands.forget_motion()

    def _cannot(self, verb: str) -> Future[Any]:
        def go(_: Session) -> None:
            raise NotCapableError(
                f"a world in this process cannot {verb}",
                where=self.title,
                fix="play it on a server that can: worldsdk.engines.connect",
            )

        return self.ask(go, stops_clock=False)

    def _stop_clock(self) -> None:
        self._live = None
        self._next_beat = 0.0
        self._clock.close()

    def _refused(self, error: BaseException) -> None:
        self._tell("failed", *refuse(error))
