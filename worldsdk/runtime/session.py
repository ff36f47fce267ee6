"""A session: one live world. Rolling memory, noise seed, tick counter, and a past to go back to."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls
from worldsdk.errors import ModelError, SessionError
from worldsdk.frame import Frame, Timing
from worldsdk.models.interface import Context
from worldsdk.runtime import engine, frames, snapshot
from worldsdk.runtime.budget import Gate
from worldsdk.runtime.clock import REAL_CLOCK, Clock
from worldsdk.runtime.engine import Cost, Request, Row
from worldsdk.runtime.history import History, Input, Moment
from worldsdk.runtime.ladder import OBSERVED, rung_of, start_of, start_rung, steps_of
from worldsdk.runtime.layers import Layers
from worldsdk.runtime.noise import SEED_LIMIT

if TYPE_CHECKING:
    from worldsdk.packs.manifest import Idle
    from worldsdk.runtime.familiar import Familiar
    from worldsdk.runtime.realtime import OnMiss, Realtime
    from worldsdk.runtime.watchdog import Drift, Reanchor, Watchdog
    from worldsdk.runtime.world import World


class Session:
    """Made by ``World.session``, ``World.restore`` and ``fork``; stepped from one thread at a time.

    Seed, start and inputs fix every pixel on a given machine, build and number of threads.

    Attributes:
        world: the weights it runs on.
        seed: of its noise.
        start: index of its start context; None where frames were given instead.
        steps: denoising steps of a tick, unless a call or a clock says otherwise.
        error: why it cannot go on, or None. ``reset`` and ``rewind`` clear it.
        watchdog: what ``watch`` set on it, or None.
    """

    def __init__(
        self,
        world: World,
        moment: Moment,
        *,
        seed: int,
        start: int | None,
        steps: int,
        context: Context | None = None,
        past: History | None = None,
    ) -> None:
        self.world = world
        self.seed = seed
        self.start = start
        self.steps = steps
        self.error: ModelError | None = None
        self.watchdog: Watchdog | None = None
        self._moment = moment
        self._context = context
        self._given: Mapping[str, float] = {}
        self._past = past if past is not None else History(moment, world.rewind_ticks)

    def __repr__(self) -> str:
        name = self.world.manifest.name
        return f"Session({name!r}, seed={self.seed}, start={self.start}, tick={self.tick})"

    @property
    def frame(self) -> Frame:
        """The latest frame; at tick 0 the last frame of the start context."""
        return self._moment.frame

    @property
    def tick(self) -> int:
        """Number of the latest frame."""
        return self._moment.tick

    @property
    def oldest(self) -> int:
        """The earliest tick that ``rewind`` can reach."""
        return self._past.oldest

    def step(self, controls: Mapping[str, float] | None = None, *, steps: int | None = None) -> Frame:
        """Generates the next frame.

        Args:
            controls: name -> value; what is missing is released. None releases everything.
            steps: denoising steps for this tick; the session's own number by default.

        Raises:
            ControlError: an unknown name or a value out of range. Nothing has moved.
            SessionError: this session has stopped, or ``steps`` is out of range.
            ModelError: NaN or infinity turned up: the session stays at its last good tick and refuses to
                go on until it is reset or rewound.
        """
        checked = self.world.controls.parse(controls)
        planned = self.steps if steps is None else self.world.check_steps(steps)
        return self._advance(checked, planned)

    def observe(self, pixels: NDArray[np.uint8], controls: Mapping[str, float] | None = None) -> Frame:
        """Appends a real frame to history instead of a generated one, as the next tick.

        Args:
            pixels: uint8 [H, W, 3], RGB, in the world's own size.
            controls: what led to it.
        """
        checked = self.world.controls.parse(controls)
        self._require_alive()
        picture = self.world.check_picture(pixels)
        made_by = self._input(checked, 0, 0, picture)
        return self._take(*self._observe(made_by), made_by)

    def set_state(self, values: Mapping[str, float]) -> None:
        """Sets state variables: the next tick starts from them. Teleports, heals, hands out ammunition.

        Until then ``frame.state`` says what was; calling it again before the next tick adds to it. It is an
        input like any other: ``rewind``, ``fork``, ``snapshot`` and ``replay`` give the same frames.

        Args:
            values: name -> value in the variable's unit; only names of ``world.settable``.

        Raises:
            VariableError: a variable that this world does not let be set, or a value out of range. Nothing
                has changed.
        """
        self._given = {**self._given, **self.world.check_variables(values)}

    def reanchor(self, start: int, controls: Mapping[str, float] | None = None) -> Frame:
        """Takes the memory of a stored start as the next tick: the dream goes on from there.

        Unlike ``reset`` it keeps seed, tick count and past, so that ``rewind`` goes back over it.

        Args:
            start: index of a start context.
            controls: recorded with the tick; nothing is made from them.

        Raises:
            ControlError, SessionError: bad controls or start, or this session has stopped.
        """
        checked = self.world.controls.parse(controls)
        self._require_alive()
        index = self.world.check_start(start)
        return self._take(*self._started(index), Input(self.tick + 1, checked, 0, 0, start=index))

    def watch(
        self,
        callback: Callable[[Drift], object] | None = None,
        *,
        reanchor: Reanchor | None = None,
        familiar: Familiar | None = None,
        every: int = 1,
    ) -> Watchdog:
        """Sets a watchdog on this session: how far is each frame from real ones? See ``runtime.watchdog``.

        It begins at the next tick, stays through ``reset``, ``rewind`` and ``fork``, and is no part of a
        snapshot. Calling this again replaces it.

        Args:
            callback: called when the session becomes lost, and when it was led back.
            reanchor: ``"observe"`` or ``"start"``: lead it back by itself. None, the default, never does.
            familiar: what real frames look like; what the pack's start contexts look like by default.
            every: looks at every so many ticks.

        Raises:
            SessionError: an unknown way to re-anchor, or ``every`` is not 1 to 1000.
        """
        from worldsdk.runtime.watchdog import Watchdog

        known = self.world.familiar if familiar is None else familiar
        self.watchdog = Watchdog(self.world, known, callback, reanchor, every)
        return self.watchdog

    def replay(self, frame: Frame) -> Frame:
        """Takes the tick that ``frame`` came from: its controls, and exactly the steps it took.

        Feeding all frames of a live run, in order, to a session with the same seed and start gives the same
        pixels, whatever the clock did to the number of steps. A held frame changes nothing.
        """
        if frame.held:
            return self.frame
        if frame.given:
            self.set_state(frame.given)
        if frame.timing.rung == OBSERVED:
            return self.observe(frame.pixels, frame.controls)
        start = start_of(frame.timing.rung)
        if start is not None:
            return self.reanchor(start, frame.controls)
        checked = self.world.controls.parse(frame.controls)
        planned = self.world.check_steps(steps_of(frame.timing.rung))
        return self._advance(checked, planned, limit=frame.timing.steps_used, led=False)

    def rewind(self, ticks: int) -> Frame:
        """Goes back ``ticks`` ticks and returns the frame of that moment.

        From there the same inputs give the same frames. The world's ``rewind_ticks`` (600 unless said
        otherwise) can always be reached, if the session is that old; ``oldest`` says how far exactly. Where
        the moment itself was not kept the ticks before it are run again, which is exact in a deterministic
        world and right to rounding in one that fuses batches.

        Raises:
            SessionError: not a number of ticks that can be reached.
        """
        back = _integer(ticks, "ticks")
        target = self.tick - back
        if back < 0 or target < self.oldest:
            raise SessionError(
                f"cannot go back {back} ticks from tick {self.tick}",
                where="rewind",
                fix=f"give 0 to {self.tick - self.oldest}",
            )
        if back or self.error is not None:
            kept, inputs = self._past.back_to(target)
            self._moment, self.error, self._given = kept, None, {}
            for made_by in inputs:
                self._moment = self._again(made_by)
            if self.watchdog is not None:
                self.watchdog.back_to(target)
        return self.frame

    def fork(self) -> Session:
        """An independent twin: same memory, seed, tick and past; from here the two can part."""
        twin = Session(
            self.world,
            self._moment,
            seed=self.seed,
            start=self.start,
            steps=self.steps,
            context=self._context,
            past=self._past.copy(),
        )
        twin.error, twin._given = self.error, self._given
        twin.watchdog = None if self.watchdog is None else self.watchdog.copy()
        return twin

    def reset(self, seed: int | None = None, start: int | None = None) -> Frame:
        """Begins again at tick 0, with another seed or start where one is given; returns the first frame."""
        chosen = self.seed if seed is None else check_seed(seed)
        if start is None and self._context is None:
            raise SessionError(
                "a session restored from given frames does not keep them", where="reset", fix="give start="
            )
        index = self.start if start is None else self.world.check_start(start)
        context = self._context if start is None else self.world.context(start)
        assert context is not None
        self.seed, self.start, self._context, self.error = chosen, index, context, None
        self._given = {}
        self._moment = self.world.first_moment(context)
        self._past = History(self._moment, self.world.rewind_ticks)
        if self.watchdog is not None:
            self.watchdog.clear()
        return self.frame

    def settle(self) -> None:
        """Does now what the tick before has left to be done: for loops that have time between two ticks.

        Without it the next tick does so.
        """
        self._past.tidy()

    def snapshot(self) -> bytes:
        """Everything the next frame depends on, as bytes for ``World.restore``, in any process."""
        return snapshot.dump(
            snapshot.Snapshot(
                pack=self.world.digest,
                seed=self.seed,
                start=self.start,
                steps=self.steps,
                frame=self.frame,
                state=self._moment.state,
                given=self._given,
            )
        )

    def realtime(
        self,
        fps: float | None = None,
        budget_ms: float | None = None,
        on_miss: OnMiss = "hold",
        idle: Idle | None = None,
        *,
        steps: int | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> Realtime:
        """The clock: paces this session. See ``runtime.realtime`` for the contract of a tick.

        Args:
            fps: beats per second; the world's own rate by default.
            budget_ms: what a tick may take from its beat; the whole beat by default.
            on_miss: ``"hold"``, ``"repeat"`` or ``"fewer"``.
            idle: what a tick without input does; the pack's own policy by default.
            steps: a fixed number of denoising steps: no ladder, so frames depend on inputs alone.
        """
        from worldsdk.runtime.realtime import Realtime

        return Realtime(
            self, fps=fps, budget_ms=budget_ms, on_miss=on_miss, idle=idle, steps=steps, clock=clock
        )

    # What the runtime's other parts (batch, realtime) use.

    def _request(self, controls: Controls) -> Request:
        if self._given:
            return self._request_for(self._input(controls, 0, 0))
        moment = self._moment
        vector = self.world.controls.to_vector(controls)
        return Request(moment.memory, vector, self.seed, moment.tick + 1, moment.vetted)

    def _input(
        self, controls: Controls, planned: int, taken: int, pixels: NDArray[np.uint8] | None = None
    ) -> Input:
        """All that makes the next tick, what was set for it included."""
        return Input(self.tick + 1, controls, planned, taken, pixels, given=self._given)

    def _require_alive(self) -> None:
        if self.error is not None:
            raise SessionError(
                f"this session stopped at tick {self.tick}: {self.error.what}",
                fix="rewind() or reset() it, or restore a snapshot",
            )

    def _advance(
        self,
        controls: Controls,
        planned: int,
        *,
        limit: int | None = None,
        gate: Gate | None = None,
        clock: Clock = REAL_CLOCK,
        led: bool = True,
    ) -> Frame:
        """One generated tick; or, where the watchdog wants it and ``led`` allows it, one led back."""
        if self.error is not None:
            self._require_alive()
        if led and self.watchdog is not None and self.watchdog.reanchor is not None:
            back = self._lead_back(controls, gate)
            if back is not None:
                return back
        world = self.world
        rows, cost = engine.advance(
            world.model,
            [self._request(controls)],
            planned,
            limit=limit,
            gate=gate,
            clock=clock,
            device=world.device,
        )
        return self._take(rows[0], cost, self._input(controls, planned, cost.steps), gate)

    def _lead_back(self, controls: Controls, gate: Gate | None = None) -> Frame | None:
        """The next tick as the watchdog wants it; None where it is to be generated as usual."""
        start = None if self.watchdog is None else self.watchdog.wanted(self.frame)
        if self.watchdog is None or start is None:
            return None
        tick = self.tick + 1
        if self.watchdog.reanchor == "start":
            return self._take(*self._started(start), Input(tick, controls, 0, 0, start=start), gate)
        picture = self.world.check_picture(self.world.context(start).pixels[0, -1].cpu().numpy())
        made_by = self._input(controls, 0, 0, picture)
        return self._take(*self._observe(made_by), made_by, gate)

    def _started(self, start: int) -> tuple[Row, Cost]:
        """What a tick that takes the memory of a stored start comes to."""
        moment = self.world.first_moment(self.world.context(start))
        frame = moment.frame
        variables = np.array([frame.state[v.name] for v in self.world.spec.variables], np.float32)
        return Row(moment.state, True, frame.pixels, Layers({}), variables, 0.0, False), Cost({}, 0.0, 0)

    def _observe(self, made_by: Input) -> tuple[Row, Cost]:
        assert made_by.pixels is not None
        request = self._request_for(made_by)
        return engine.observe(self.world.model, request.memory, made_by.pixels, request.controls)

    def _request_for(self, made_by: Input) -> Request:
        memory, vetted = self._moment.memory, self._moment.vetted
        if made_by.given:
            vetted = False
            known = {**self.frame.state, **made_by.given}
            variables = np.array([known[v.name] for v in self.world.spec.variables], np.float32)
            memory = engine.instate(self.world.model, self._moment.state, variables)
        vector = self.world.controls.to_vector(made_by.controls)
        return Request(memory, vector, self.seed, made_by.tick, vetted)

    def _take(self, row: Row, cost: Cost, made_by: Input, gate: Gate | None = None) -> Frame:
        """Makes an engine's row this session's latest moment."""
        moment = self._moment_of(row, cost, made_by, gate)
        self._moment = moment
        self._past.add(moment, made_by)
        if made_by.given:
            self._given = {}
        watchdog = self.watchdog
        # It looks at some ticks only: those that it has no use for are not shown to it.
        if watchdog is not None and (not moment.tick % watchdog.every or not made_by.planned):
            watchdog.take(moment.frame)
        return moment.frame

    def _again(self, made_by: Input) -> Moment:
        """The next moment, from inputs that made it once before."""
        if made_by.pixels is not None:
            row, cost = self._observe(made_by)
        elif made_by.start is not None:
            row, cost = self._started(made_by.start)
        else:
            request = [self._request_for(made_by)]
            rows, cost = engine.advance(self.world.model, request, made_by.planned, limit=made_by.taken)
            row = rows[0]
        return self._moment_of(row, cost, made_by)

    def _moment_of(self, row: Row, cost: Cost, made_by: Input, gate: Gate | None = None) -> Moment:
        if not row.sane:
            self.error = ModelError(
                f"the model produced NaN or infinity at tick {made_by.tick}",
                where=f"world {self.world.manifest.name!r}, seed {self.seed}",
                fix="rewind() or reset() the session, or restore a snapshot",
            )
            raise self.error
        timing = frames.filled(
            Timing,
            total_ms=cost.total_ms,
            stages=cost.stages,
            steps_used=cost.steps,
            budget_ms=gate.budget_ms if gate is not None else float("inf"),
            deadline_met=gate.met() if gate is not None else True,
            rung=_rung(made_by),
        )
        frame = frames.generated(self.world.spec, row, made_by, timing)
        return Moment(made_by.tick, row.memory, frame, vetted=made_by.start is None)


def check_seed(seed: Any) -> int:
    """Raises SessionError for anything but an integer from 0 to 2**64 - 1."""
    number = _integer(seed, "seed")
    if not 0 <= number < SEED_LIMIT:
        raise SessionError(f"seed is {number}", fix="give 0 to 2**64 - 1")
    return number


def _rung(made_by: Input) -> str:
    if made_by.start is not None:
        return start_rung(made_by.start)
    return _rung_name(made_by.planned) if made_by.pixels is None else OBSERVED


@cache
def _rung_name(planned: int) -> str:
    return rung_of(planned).name


def _integer(value: SupportsIndex, name: str) -> int:
    try:
        return operator.index(value)
    except TypeError as error:
        raise SessionError(f"{name} is {value!r}", fix="give a whole number") from error
