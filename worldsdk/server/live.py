"""One session as the device thread sees it: its clock, the inputs that wait, and how a tick is taken.

Everything here belongs to the device thread; other threads reach it by ``Host.post`` alone.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from worldsdk.frame import Frame, Timing
from worldsdk.protocol.latch import InputLatch
from worldsdk.runtime.clock import Clock
from worldsdk.runtime.session import Session
from worldsdk.server.made import Applied, Made
from worldsdk.server.record import InputLog
from worldsdk.server.scheduler import Beats, begin_beats

LOOK_EVERY = 8
"""Ticks between two looks of the watchdog: a dream goes off over seconds, and a pass has no time to spare."""

Mode = Literal["realtime", "lockstep"]
Pause = Literal["command", "nobody", "drain"]


@dataclass
class Job:
    """One lockstep input and how far it has come: ``left`` ticks of it are still to be made."""

    seat: int
    controls: Mapping[str, float]
    applied: Applied
    left: int
    started: float = 0.0
    reward: float = 0.0
    cost_ms: float = 0.0


class Live:
    """A session and its place in the scheduler's order (see ``scheduler.Turn``).

    Args:
        session: to be stepped here and nowhere else.
        mode: who owns the clock.
        clock: whose seconds all moments are in.
        aligned: whether its beats should fall together with those of other sessions.
        publish: told of every new frame, on the device thread.
        failed: told once when the model failed and the session is over, on the device thread.

    Attributes:
        speed: of a real-time world, times its own rate.
        pauses: why a real-time world stands still; empty where it runs.
        log: where inputs are recorded, or None.
        dead: whether it is over.
    """

    def __init__(
        self,
        session: Session,
        *,
        mode: Mode,
        clock: Clock,
        aligned: bool,
        publish: Callable[[Made], None],
        failed: Callable[[str], None],
    ) -> None:
        self.session = session
        self.mode: Mode = mode
        self.speed = 1.0
        self.pauses: set[Pause] = set()
        self.log: InputLog | None = None
        self.dead = False
        self.publish = publish
        self.failed = failed
        self._clock = clock
        self._aligned = aligned
        self._beats: Beats | None = None
        self._due = 0.0
        self._lost = 0
        self._number = 0
        self._latches: dict[int, InputLatch] = {}
        self._applied: dict[int, Applied] = {}
        self._jobs: deque[Job | Callable[[], None]] = deque()
        self._ready_since = 0.0
        self._made_last: Made | None = None
        self._restart_clock()

    # What the scheduler looks at.

    @property
    def due(self) -> float:
        return math.inf if self._beats is None or self.pauses or self.dead else self._beats.due

    @property
    def waiting_since(self) -> float:
        if self.mode != "lockstep" or not self._jobs or self.pauses or self.dead:
            return math.inf
        return self._ready_since

    @property
    def group(self) -> int:
        return self.session.steps

    @property
    def rate_hz(self) -> float:
        """Ticks per second that it needs; 0 in lockstep."""
        return self.session.world.rate_hz * self.speed if self.mode == "realtime" else 0.0

    @property
    def budget_ms(self) -> float:
        return 1000.0 / (self.session.world.rate_hz * self.speed)

    # Inputs.

    def sit(self, seat: int, latch: InputLatch) -> None:
        """A seat whose inputs count from now on; the latch is fed by the event loop."""
        self._latches[seat] = latch

    def leave(self, seat: int) -> None:
        """Whoever sat there plays no more: what was held is let go."""
        latch = self._latches.pop(seat, None)
        if latch is not None:
            latch.release()

    def order(self, job: Job) -> None:
        """Lockstep: ticks to be taken, after all that were ordered before."""
        if not self._jobs:
            self._ready_since = job.applied.arrival
        self._jobs.append(job)

    def then(self, action: Callable[[], None]) -> None:
        """Does ``action`` after the ticks that were ordered before it: in real time, at once."""
        if self._jobs:
            self._jobs.append(action)
        else:
            action()

    def _job(self) -> Job:
        first = self._jobs[0]
        assert isinstance(first, Job)
        return first

    # Its clock.

    def pause(self, why: Pause) -> None:
        self.pauses.add(why)

    def resume(self, why: Pause) -> None:
        if why in self.pauses:
            self.pauses.discard(why)
            self._restart_clock()

    def set_speed(self, factor: float) -> None:
        self.speed = factor
        self._restart_clock()

    def _restart_clock(self) -> None:
        if self.mode == "realtime":
            rate = self.session.world.rate_hz * self.speed
            self._beats = begin_beats(self._clock.monotonic(), rate, aligned=self._aligned)

    # A tick.

    def begin(self, now: float) -> Mapping[str, float] | None:
        """The controls of the tick that starts now; None where an idle world stands still."""
        if self.mode == "lockstep":
            job = self._job()
            if not job.started:
                job.started = now
            return job.controls
        assert self._beats is not None
        self._beats, self._due, self._lost = self._beats.take(now)
        return self._shared()

    def _shared(self) -> Mapping[str, float] | None:
        merged = dict.fromkeys(self.session.world.controls.names, 0.0)
        self._applied = {}
        taken = sorted(
            ((latch.take(), seat) for seat, latch in self._latches.items()), key=lambda pair: pair[0].arrival
        )
        for latched, seat in taken:
            # Of two players the one who moved last decides, wherever that one moves something at all.
            merged.update({name: value for name, value in latched.controls.items() if value})
            if latched.seq:
                self._applied[seat] = Applied(latched.seq, latched.ts, latched.arrival, latched.fresh)
        idle = self.session.world.manifest.idle
        return None if idle == "pause" and not any(merged.values()) else merged

    def finish(self, frame: Frame, started: float, cost_ms: float) -> Made | None:
        """Takes the frame of the tick that ``begin`` began; what there is to publish, if anything.

        Args:
            started: moment at which its pass began. cost_ms: what that took, from controls to pixels in hand.
        """
        if self.log is not None and not frame.held:
            self.log.tick(frame)
        if self.mode == "lockstep":
            return self._finish_job(frame, cost_ms)
        now = self._clock.monotonic()
        met = now <= self._due + self.budget_ms / 1000.0
        return self._made(
            frame, self._applied, started, frame.reward, cost_ms=cost_ms, met=met, loss=self._lost
        )

    def _finish_job(self, frame: Frame, cost_ms: float) -> Made | None:
        job = self._job()
        job.reward += frame.reward
        job.cost_ms += cost_ms
        job.left = 0 if frame.ended else job.left - 1
        if not job.left:
            self._jobs.popleft()
        if self._jobs:
            # A long queue is its owner's own: each tick of it waits for its turn anew.
            self._ready_since = self._clock.monotonic()
        if job.left:
            return None
        return self._made(frame, {job.seat: job.applied}, job.started, job.reward, cost_ms=job.cost_ms)

    def digest_ahead(self, made: Made) -> None:
        """Begins to work out the digest of a frame that was just published, if the last one's was wanted.

        The event loop takes as long to wake up and to write the rest of the message.
        """
        last, self._made_last = self._made_last, made
        if last is not None and last.digested and not made.digested:
            made.digest()

    def follow_up(self) -> None:
        """Does what was to be done after the tick that was just published."""
        while self._jobs and not isinstance(self._jobs[0], Job):
            action = self._jobs.popleft()
            assert callable(action)
            action()

    def present(self) -> Made:
        """The frame of now, outside the order of ticks: after a reset, or for somebody who came late."""
        frame = self.session.frame
        moment = self._clock.monotonic()
        return replace(self._made(frame, {}, moment, frame.reward), fresh=True)

    def hold(self, started: float) -> Made:
        """The last frame once more, where an idle world stands still."""
        timing = Timing(budget_ms=self.budget_ms, rung=self.session.frame.timing.rung)
        frame = replace(self.session.frame, held=True, timing=timing)
        return self._made(frame, self._applied, started, 0.0)

    def _made(
        self,
        frame: Frame,
        applied: Mapping[int, Applied],
        started: float,
        reward: float,
        *,
        cost_ms: float = 0.0,
        met: bool = True,
        loss: int = 0,
    ) -> Made:
        self._number += 1
        return Made(
            frame=frame,
            number=self._number,
            pts_us=int(self._clock.monotonic() * 1e6),
            started=started,
            applied=applied,
            reward=reward,
            cost_ms=cost_ms,
            met=met,
            loss=loss,
            drift=self._drift(),
        )

    def _drift(self) -> float | None:
        """How far the dream is from real frames, as of the last look; None before there was one."""
        watchdog = self.session.watchdog
        if watchdog is None:
            # A restored session brings none.
            watchdog = self.session.watch(every=LOOK_EVERY)
        return watchdog.score if watchdog.verdict is not None else None
