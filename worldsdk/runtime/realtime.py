"""The real-time clock of a session.

**One tick.** ``tick`` waits for its beat, generates a frame and returns it. The beat's deadline is its due
moment plus the budget, an absolute time: a late call leaves less of the beat, and lateness never adds up.
After each denoising step the next is taken only if measured costs predict that it fits.

**A miss** is a beat without a frame in time; each is counted in ``statistics.missed``. ``on_miss`` says what
the world does about it:

* ``"hold"``: world time waits. Beats that have passed are skipped. Where too little of a beat is left even
  for one step, though a whole beat would do, the last frame is returned at once with ``held=True``, and the
  next beat starts fresh (never twice in a row).
* ``"repeat"``: world time keeps up with the wall. Beats that have passed are made good at one step each with
  the last controls repeated, at most ``MOST_CAUGHT_UP`` of them at a time.
* ``"fewer"``: as hold, but no frame is held: a miss sends the ladder to its lowest rung at once.

A frame that came late is returned all the same, with ``timing.deadline_met`` False.

**Input.** Controls that are handed to ``tick`` are as old as the wait for the beat is long. A function handed
to it instead is called after that wait, right before the frame is generated, so that what it reads is fresh.
It is not called for a beat that is held.

**Idle.** A tick without input follows the idle policy: ``"noop"`` releases everything, ``"repeat"`` keeps the
last controls, ``"pause"`` stands still and returns the last frame with ``held=True`` (no miss).
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args

from worldsdk.controls import Controls
from worldsdk.errors import SessionError
from worldsdk.frame import Frame
from worldsdk.packs.manifest import IDLE_POLICIES, Idle
from worldsdk.runtime import engine, frames
from worldsdk.runtime.budget import Costs, Gate
from worldsdk.runtime.clock import REAL_CLOCK, Clock
from worldsdk.runtime.ladder import Ladder, Rung, rung_of
from worldsdk.runtime.pacing import Beat, Pacer
from worldsdk.runtime.statistics import Statistics

if TYPE_CHECKING:
    from worldsdk.runtime.session import Session

OnMiss = Literal["hold", "repeat", "fewer"]

Sampler = Callable[[], Mapping[str, float] | None]
"""Reads the player's devices: controls, or None for no input."""

MOST_CAUGHT_UP = 4
WARM_UP_TICKS = 4
"""Passes before the first beat, whose results are thrown away: compilers and caches settle, costs become
known. The first is not measured."""


class Realtime:
    """A context manager that paces one session; see this module's description and ``Session.realtime``.

    ::

        with session.realtime(fps=35) as live:
            for frame in live:                       # ends when the world does not: break, or live.stop()
                live.set_controls({"forward": 1})    # for the next tick

    or call ``live.tick(controls)``, or ``live.tick(read_my_keys)``, in a loop of one's own.

    Inside the block Python's garbage collector leaves alone what existed before it: a full collection over
    torch's many objects takes longer than a beat.

    Attributes:
        session: the one that is paced.
        budget_ms: what a tick may take.
        statistics: exact record of the ticks so far. costs: what a tick is predicted to cost.
        beat: index of the latest beat, passed ones included.
    """

    def __init__(
        self,
        session: Session,
        *,
        fps: float | None = None,
        budget_ms: float | None = None,
        on_miss: OnMiss = "hold",
        idle: Idle | None = None,
        steps: int | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        rate = session.world.rate_hz if fps is None else fps
        if not (math.isfinite(rate) and 0.0 < rate <= 1000.0):
            raise SessionError(f"fps is {fps}", fix="give beats per second, above 0 and up to 1000")
        period_ms = 1000.0 / rate
        budget = period_ms if budget_ms is None else budget_ms
        if not 0.0 < budget <= period_ms:
            raise SessionError(f"budget_ms is {budget_ms}", fix=f"give above 0 and up to {period_ms:.1f}")
        if on_miss not in get_args(OnMiss):
            raise SessionError(f"on_miss is {on_miss!r}", fix=f"use one of {list(get_args(OnMiss))}")
        policy = session.world.manifest.idle if idle is None else idle
        if policy not in IDLE_POLICIES:
            raise SessionError(f"idle is {idle!r}", fix=f"use one of {list(IDLE_POLICIES)}")
        self.session = session
        self.budget_ms = budget
        self.statistics = Statistics()
        self.costs = Costs()
        self.beat = -1
        self._fixed = None if steps is None else rung_of(session.world.check_steps(steps))
        expected = session.world.expected
        self._ladder = Ladder(
            session.steps,
            to_bottom=on_miss == "fewer",
            measured=None if expected is None else expected.rungs,
        )
        self._on_miss = on_miss
        self._idle = policy
        self._clock = clock
        self._period = period_ms / 1000.0
        self._pacer: Pacer | None = None
        self._waiting: Controls | None = None
        self._held = False
        self._paused = False
        self._stopped = False

    def __enter__(self) -> Self:
        self.session._require_alive()
        self._warm_up()
        # Young garbage only: a full collection is the very pause that freezing avoids.
        gc.collect(1)
        gc.freeze()
        self._stopped = self._held = self._paused = False
        self.beat = -1
        self._pacer = Pacer(self._clock, self._period)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pacer = None
        gc.unfreeze()

    def __iter__(self) -> Iterator[Frame]:
        """Frames, beat by beat, each from the controls that ``set_controls`` was given last before it."""
        while not self._stopped:
            yield self.tick()

    @property
    def rung(self) -> Rung:
        """The quality that the next tick is planned with."""
        return self._fixed if self._fixed is not None else self._ladder.rung

    @property
    def missed(self) -> int:
        """Beats without a frame in time, so far."""
        return self.statistics.missed

    def set_controls(self, controls: Mapping[str, float] | None) -> None:
        """What the next tick uses; newest wins. None is no input. Safe to call from another thread.

        Raises:
            ControlError: an unknown name or a value out of range; what was set before stays.
        """
        self._waiting = None if controls is None else self.session.world.controls.parse(controls)

    def stop(self) -> None:
        """Ends the iteration before its next beat."""
        self._stopped = True

    def tick(self, controls: Mapping[str, float] | Sampler | None = None) -> Frame:
        """Waits for the next beat and returns its frame.

        Args:
            controls: of this tick, or a function that reads them, called as late as can be. None, of either,
                takes what ``set_controls`` gave since the last tick; where that is nothing either, the idle
                policy decides.

        Raises:
            ControlError: bad controls; no beat was used, but by a function that gave them. The world has not
                moved.
            SessionError: outside the ``with`` block, or the session has stopped.
            ModelError: as ``Session.step``.
        """
        if self._pacer is None:
            raise SessionError("the clock is not running", fix="use it as 'with session.realtime() as live:'")
        sampler = controls if callable(controls) else None
        given = self._checked(None if callable(controls) else controls)
        beat = self._pacer.wait()
        self.beat = beat.index
        if beat.lost and not self._paused:
            self.statistics.miss(beat.lost)
            if self._on_miss == "repeat":
                self._catch_up(beat.lost)
        # Left unread, a mouse's motion is there for the next beat. Whether a world pauses has to be read.
        if sampler is not None and (self._idle == "pause" or not self._must_hold(beat)):
            given = self._checked(sampler())
        chosen = self._choose(given)
        self._paused = chosen is None
        if chosen is None:
            return frames.held(self.session.frame, self.budget_ms, met=True)
        self._held = self._must_hold(beat)
        if self._held:
            self.statistics.miss()
            return frames.held(self.session.frame, self.budget_ms, met=False)
        frame = self._generate(chosen, beat)
        if not frame.timing.deadline_met:
            self.statistics.miss()
        self._ladder.update(self.costs, self.budget_ms, missed=not frame.timing.deadline_met)
        return frame

    def _checked(self, controls: Mapping[str, float] | None) -> Controls | None:
        return None if controls is None else self.session.world.controls.parse(controls)

    def _choose(self, given: Controls | None) -> Controls | None:
        """The controls of this tick, or None where the world pauses."""
        waiting, self._waiting = self._waiting, None
        if given is not None:
            return given
        if waiting is not None:
            return waiting
        if self._idle == "noop":
            return self.session.world.controls.rest
        return self.session.frame.controls if self._idle == "repeat" else None

    def _must_hold(self, beat: Beat) -> bool:
        """Whether this beat cannot be met any more, though a fresh one could."""
        if self._on_miss != "hold" or self._held:
            return False
        least_ms = self.costs.tick(self._fixed.steps if self._fixed is not None else 1)
        late_ms = (self._clock.monotonic() - beat.due) * 1000.0
        return late_ms + least_ms > self.budget_ms >= least_ms

    def _generate(self, controls: Controls, beat: Beat) -> Frame:
        deadline = beat.due + self.budget_ms / 1000.0
        gate = Gate(self.costs, self._clock, deadline, self.budget_ms, spare=self._fixed is None)
        frame = self.session._advance(controls, self.rung.steps, gate=gate, clock=self._clock)
        self.costs.add(frame.timing.stages, frame.timing.steps_used)
        self.statistics.add(frame.timing)
        return frame

    def _catch_up(self, lost: int) -> None:
        """Makes good what was lost, as cheaply as can be, with the last controls."""
        planned = self._fixed.steps if self._fixed is not None else 1
        for _ in range(min(lost, MOST_CAUGHT_UP)):
            frame = self.session._advance(self.session.frame.controls, planned, clock=self._clock)
            self.costs.add(frame.timing.stages, frame.timing.steps_used)
            self.statistics.add(frame.timing)

    def _warm_up(self) -> None:
        if self.costs.measured:
            return
        expected = self.session.world.expected
        if expected is not None:
            # What was once measured at leisure counts as one tick more, and is forgotten like one.
            self.costs.add(expected.stages, 1)
            self._ladder.begin(self.budget_ms)
        request = self.session._request(self.session.frame.controls)
        for index in range(WARM_UP_TICKS):
            _, cost = engine.advance(self.session.world.model, [request], self.rung.steps, clock=self._clock)
            if index:
                self.costs.add(cost.stages, cost.steps)
        self._ladder.update(self.costs, self.budget_ms, missed=False)
