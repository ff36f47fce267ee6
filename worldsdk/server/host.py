"""The device thread: it owns the world and all its sessions, and is the only one to touch them.

Other threads hand it work with ``post``; frames leave through each session's ``publish``. One ``turn`` does
what was posted, then at most one pass; ``run`` turns until it is told to stop and sleeps in between.

Handing work over to another thread and back takes 0.1 ms. Who has work that takes less may borrow the device
while its own thread sleeps, with ``at_once``.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
from collections.abc import Callable, Sequence

from worldsdk.errors import ModelError, WorldSDKError
from worldsdk.frame import Frame
from worldsdk.runtime.clock import REAL_CLOCK, Clock
from worldsdk.runtime.world import World
from worldsdk.server.capacity import Capacity
from worldsdk.server.hooks import Metrics
from worldsdk.server.live import Job, Live
from worldsdk.server.made import Made
from worldsdk.server.scheduler import pick, wake

WARM_UP_PASSES = 4
"""Of each size, before anybody plays: kernels and caches settle and admission learns what a pass costs. The
first of them is not measured."""

WARM_UP_SESSIONS = (1, 4)
"""Sizes of pass that are measured beforehand where sessions share one: two points make a line."""

LONGEST_SLEEP = 1.0
"""Seconds after which the thread looks about even if nothing was posted."""

BRIEF_MS = 0.5
"""A pass that is predicted to take no longer may be made by whoever asks for it."""

TIDY_SECONDS = 0.001
"""How long the thread sleeps before it tidies up after a pass: the loop, which sends the frame, is first."""

LONGEST_WORK = 32
"""Posted jobs done before the clock is looked at again: a flood of inputs must not make a tick late."""

_log = logging.getLogger("worldsdk.server")


class Host:
    """Args:
    world: loaded; must not be used elsewhere from now on.
    capacity: told what passes cost.
    clock: whose seconds all due moments are in.
    """

    def __init__(
        self, world: World, *, capacity: Capacity, metrics: Metrics, clock: Clock = REAL_CLOCK
    ) -> None:
        self.world = world
        self.capacity = capacity
        self.clock = clock
        self.lives: list[Live] = []
        self.fused = not world.deterministic
        self._metrics = metrics
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = False
        # Whoever holds it is the device thread, and touches the sessions.
        self._device = threading.Lock()
        self._counting = threading.Lock()
        self._posted = self._done = 0
        self._clocked = 0
        self._untidy: dict[Live, None] = {}
        # A device other than the processor remembers per thread what it was used for.
        self._lends = not self.fused and world.device.type == "cpu"

    # From any thread.

    def start(self) -> None:
        """Warms up, then runs in a thread of its own."""
        self.warm_up()
        self._thread = threading.Thread(target=self.run, name="worldsdk-device", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the pass that runs; what was posted before is done still."""
        self._put(None)
        if self._thread is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def post(self, job: Callable[[], None]) -> None:
        """Has ``job`` done on the device thread, in order, before its next pass."""
        self._put(job)

    def at_once(self, live: Live, job: Job) -> bool:
        """Orders ``job`` of a lockstep session and makes its pass here and now, as the device thread would.

        Only where the pass is brief and nobody waits for another: nothing was posted before it, no session
        has a clock to keep to, and sessions share no passes. Else nothing is done, and it is to be posted.

        Returns:
            whether it was done.
        """
        if not self._lends or job.left * self.capacity.pass_ms(1) > BRIEF_MS:
            return False
        if not self._device.acquire(blocking=False):
            return False
        try:
            if self._posted != self._done or self._stopping or self._clocked:
                return False
            live.order(job)
            now = self.clock.monotonic()
            if live.waiting_since <= now:
                self._pass_alone(live, now)
                self._tidy()
            left = live.waiting_since < math.inf
        finally:
            self._device.release()
        if left:
            self.post(_look_about)
        return True

    def _put(self, job: Callable[[], None] | None) -> None:
        with self._counting:
            self._posted += 1
            self._jobs.put(job)

    # On the device thread.

    def warm_up(self) -> None:
        """Runs passes whose results are thrown away, and learns what the world looks like."""
        # Else the first frame of the first session would wait for it.
        _ = self.world.familiar
        for size in WARM_UP_SESSIONS if self.fused else WARM_UP_SESSIONS[:1]:
            sessions = [self.world.session(seed=index) for index in range(size)]
            for index in range(WARM_UP_PASSES):
                begun = self.clock.monotonic()
                self.world.step_many(sessions, [None] * size)
                if index:
                    self.capacity.add(size, (self.clock.monotonic() - begun) * 1000.0)

    def run(self) -> None:
        """Turns until stopped."""
        while not self._stopping:
            with self._device:
                sleep = self.turn()
            if sleep <= 0.0:
                continue
            try:
                job = self._jobs.get(timeout=min(sleep, TIDY_SECONDS if self._untidy else LONGEST_SLEEP))
            except queue.Empty:
                with self._device:
                    self._tidy()
                continue
            with self._device:
                self._do(job)

    def turn(self) -> float:
        """Does what was posted and then at most one pass.

        Returns:
            seconds until there may be more to do: 0 for at once.
        """
        for _ in range(LONGEST_WORK):
            try:
                self._do(self._jobs.get_nowait())
            except queue.Empty:
                break
        now = self.clock.monotonic()
        spare = self._spare_seconds()
        chosen = pick(self.lives, now, fused=self.fused, spare_seconds=spare)
        if chosen:
            self._pass(chosen, now)
            now = self.clock.monotonic()
        return 0.0 if not self._jobs.empty() else wake(self.lives, now, spare_seconds=spare) - now

    def add(self, live: Live) -> None:
        self.lives.append(live)
        self._clocked += live.mode == "realtime"

    def remove(self, live: Live) -> None:
        """Forgets a session; its log ends."""
        live.dead = True
        if live in self.lives:
            self.lives.remove(live)
            self._clocked -= live.mode == "realtime"
        if live.log is not None:
            live.log.close()
            live.log = None

    def _tidy(self) -> None:
        """What a tick has left to be done, which the next would begin with."""
        for live in self._untidy:
            live.session.settle()
        self._untidy.clear()

    def _do(self, job: Callable[[], None] | None) -> None:
        self._done += 1
        if job is None:
            self._stopping = True
            return
        try:
            job()
        except Exception:
            # A job answers for its own errors; one that does not must not end everybody's world.
            _log.exception("a job on the device thread failed")

    def _spare_seconds(self) -> float:
        """See ``scheduler.pick``: how late a real-time tick may start, less the time of a lockstep pass."""
        budgets = [live.budget_ms for live in self.lives if live.mode == "realtime" and not live.pauses]
        if not budgets:
            return math.inf
        cost = self.capacity.pass_ms(1)
        # Half of what is left of a beat: the other half absorbs a slow pass.
        return (0.5 * max(0.0, min(budgets) - cost) - cost) / 1000.0

    def _pass_alone(self, live: Live, now: float) -> None:
        """``_pass`` of one session, in fewer steps."""
        try:
            values = live.begin(now)
        except WorldSDKError as error:
            self._end(live, error)
            return
        if values is None:
            live.publish(live.hold(now))
            return
        session = live.session
        try:
            self.world.step_many((session,), (values,))
        except ModelError:
            self._metrics.rejected("session_failed")
        except Exception as error:
            self._end(live, error)
            return
        cost_ms = (self.clock.monotonic() - now) * 1000.0
        self.capacity.add(1, cost_ms)
        if session.error is not None:
            self._end(live, session.error)
            return
        made = self._finish(live, session.frame, now, cost_ms)
        # Only in time that nobody waits for.
        if made is not None and self._posted == self._done:
            live.digest_ahead(made)

    def _pass(self, chosen: Sequence[Live], now: float) -> None:
        if len(chosen) == 1:
            self._pass_alone(chosen[0], now)
            return
        ready: list[Live] = []
        controls = []
        for live in chosen:
            try:
                values = live.begin(now)
            except WorldSDKError as error:
                self._end(live, error)
                continue
            if values is None:
                live.publish(live.hold(now))
                continue
            ready.append(live)
            controls.append(values)
        if not ready:
            return
        try:
            self.world.step_many([live.session for live in ready], controls)
        except ModelError:
            # Those that moved are told apart below by their own error.
            self._metrics.rejected("session_failed")
        except Exception as error:
            self._one_by_one(ready, controls, now, error)
            return
        cost_ms = (self.clock.monotonic() - now) * 1000.0
        self.capacity.add(len(ready), cost_ms)
        made = [
            (live, self._finish(live, live.session.frame, now, cost_ms))
            for live in ready
            if live.session.error is None
        ]
        for live in ready:
            if live.session.error is not None:
                self._end(live, live.session.error)
        for live, one in made:
            # Only in time that nobody waits for.
            if one is not None and self._posted == self._done:
                live.digest_ahead(one)

    def _one_by_one(
        self, ready: Sequence[Live], controls: Sequence[object], now: float, error: Exception
    ) -> None:
        """After a pass that failed as a whole, before any session moved: only who is to blame ends."""
        if len(ready) == 1:
            self._end(ready[0], error)
            return
        for live, values in zip(ready, controls, strict=True):
            try:
                frame = live.session.step(values)  # type: ignore[arg-type]
            except Exception as own:
                self._end(live, own)
            else:
                self._finish(live, frame, now, frame.timing.total_ms)

    def _finish(self, live: Live, frame: Frame, started: float, cost_ms: float) -> Made | None:
        made = live.finish(frame, started, cost_ms)
        if made is not None:
            live.publish(made)
            live.follow_up()
        self._untidy[live] = None
        self._metrics.tick(frame.timing.stages, cost_ms, met=made is None or made.met)
        return made

    def _end(self, live: Live, error: Exception) -> None:
        """Ends one session for good; the others never notice."""
        if isinstance(error, WorldSDKError):
            reason = error.what
        else:
            # The words of a library's exception may tell about this machine: they stay in the log.
            _log.error("a session failed", exc_info=error)
            reason = "the model failed"
        self.remove(live)
        live.failed(reason)


def _look_about() -> None:
    """A job for a thread that sleeps longer than it should by now."""
