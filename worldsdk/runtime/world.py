"""A world: a pack loaded on a device. Weights and start contexts, no history; many sessions share one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from worldsdk.controls import ControlSpec
from worldsdk.errors import SessionError, SnapshotError, VariableError
from worldsdk.frame import Frame
from worldsdk.models.interface import Context, ModelSpec, WorldModel
from worldsdk.models.variants import DEFAULT
from worldsdk.packs.manifest import Manifest
from worldsdk.packs.pack import open_pack
from worldsdk.runtime import batch, engine, frames, snapshot
from worldsdk.runtime.device import resolve_device
from worldsdk.runtime.history import REWIND_TICKS, Moment
from worldsdk.runtime.session import Session, _integer, check_seed

if TYPE_CHECKING:
    from worldsdk.models.interface import State
    from worldsdk.models.streaming import Pool
    from worldsdk.runtime.familiar import Familiar
    from worldsdk.runtime.measured import Expected


def load(
    name_or_path: str | Path,
    device: str | torch.device = "auto",
    *,
    deterministic: bool | None = None,
    steps: int | None = None,
    rewind_ticks: int = REWIND_TICKS,
    variant: str | None = None,
    memory_limit: float | None = None,
) -> World:
    """Loads a world pack, every byte of it checked.

    Args:
        name_or_path: a bundled world, or the folder of any pack.
        device: ``"auto"`` (CUDA where there is some), ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
        deterministic: whether ``step_many`` gives each session the very bits it gets alone. Kernels differ
            with the batch size, so this means one pass for each session. Default: yes on a CPU, where a
            batch saves little, and no on CUDA, where it saves most of the time.
        steps: denoising steps a tick; the pack's own number by default.
        rewind_ticks: how far sessions can be wound back; 0 for servers that never do.
        variant: another form of the model (see ``models.variants``): a name, or several joined by ``+``. Of
            ``"float32"``, ``"sliding"`` and the like ``worldsdk bench --matrix`` lists those of a world.
            Where it changes the pack's config, it is another world to snapshots. ``"auto"`` takes the one of
            the highest fidelity that fits the world's own tick, by what that command found on this machine;
            the pack's own form where it was never run.
        memory_limit: MB (10**6 bytes) that weights may take on the device. Those that do not fit are fetched
            right before they are needed: the same frames to the bit, more slowly. See ``models.streaming``.

    Raises:
        PackNotFoundError, PackError (also: of the variant), PackChecksumError, DeviceError
        (also: the limit), SessionError (of steps).
    """
    from worldsdk.runtime.forms import load_form

    pack = open_pack(name_or_path)
    found = load_form(pack, resolve_device(device), variant, memory_limit)
    return World(
        found.manifest,
        found.model,
        pack.load_starts(found.model.spec),
        deterministic=deterministic,
        steps=steps,
        rewind_ticks=rewind_ticks,
        weights=found.weights,
        expected=found.expected,
        variant=found.variant,
    )


class World:
    """Made by ``load``; or directly from a model that is ready to run.

    Attributes:
        manifest: the pack's. digest: of the whole pack; snapshots are tied to it.
        model: on its device. spec: its shape.
        deterministic: see ``load``.
        steps: denoising steps of new sessions.
        rewind_ticks: how far sessions can be wound back.
        weights: what fetches weights right before they run, under a memory limit; else None.
        expected: what ticks cost here when they were last measured, for clocks to begin with; or None.
        variant: name of the form that was loaded; "default" for the pack as it is.
    """

    def __init__(
        self,
        manifest: Manifest,
        model: WorldModel,
        starts: Context,
        *,
        deterministic: bool | None = None,
        steps: int | None = None,
        rewind_ticks: int = REWIND_TICKS,
        weights: Pool | None = None,
        expected: Expected | None = None,
        variant: str = DEFAULT.name,
    ) -> None:
        self.manifest = manifest
        self.digest = manifest.digest
        self.model = model
        self.spec: ModelSpec = model.spec
        self.device = model.device
        self.deterministic = self.device.type == "cpu" if deterministic is None else deterministic
        self.steps = self.check_steps(manifest.default_steps if steps is None else steps)
        self.rewind_ticks = max(0, _integer(rewind_ticks, "rewind_ticks"))
        self.weights = weights
        self.expected = expected
        self.variant = variant
        self._starts = model.enlarge(starts)
        self._template: State | None = None
        self._familiar: Familiar | None = None

    def __repr__(self) -> str:
        return f"World({self.manifest.name!r}, device={str(self.device)!r}, starts={self.starts})"

    @property
    def controls(self) -> ControlSpec:
        """What the world listens to."""
        return self.manifest.controls

    @property
    def rate_hz(self) -> float:
        """The world's own beat, ticks per second."""
        return self.manifest.rate_hz

    @property
    def settable(self) -> tuple[str, ...]:
        """Names of the state variables that ``Session.set_state`` takes; empty where there are none."""
        return self.spec.settable

    @property
    def starts(self) -> int:
        """How many start contexts there are."""
        return int(self._starts.pixels.shape[0])

    @property
    def familiar(self) -> Familiar:
        """What its start contexts look like, for watchdogs; worked out once."""
        if self._familiar is None:
            from worldsdk.runtime.familiar import Familiar

            self._familiar = Familiar.of_starts(self._starts)
        return self._familiar

    def session(
        self,
        seed: int = 0,
        start: int = 0,
        *,
        frames: ArrayLike | None = None,
        variables: ArrayLike | None = None,
    ) -> Session:
        """A new session.

        Args:
            seed: of its noise, 0 to 2**64 - 1.
            start: index of a start context, 0 to ``starts`` - 1; not looked at where frames are given.
            frames: uint8 [history, H, W, 3], RGB, oldest first: begin at these instead. The controls that
                led to them are taken to be at rest.
            variables: the state variables at ``frames``: [variables] for all, or [history, variables]. Left
                out, they are those of the stored start whose pictures are nearest (mean absolute difference
                over all its pixels). What else the model remembers (``spec.memory``) is that start's in
                either case.

        Raises:
            SessionError: a bad seed, start, or shape.
        """
        chosen = check_seed(seed)
        if frames is None:
            if variables is not None:
                raise SessionError("variables without frames", fix="give frames too")
            context, index = self.context(start), self.check_start(start)
            return Session(
                self, self.first_moment(context), seed=chosen, start=index, steps=self.steps, context=context
            )
        given = self._given_context(frames, variables)
        return Session(
            self, self.first_moment(given), seed=chosen, start=None, steps=self.steps, context=given
        )

    def restore(self, blob: bytes) -> Session:
        """The session that ``Session.snapshot`` wrote, to be continued bit for bit.

        It can be wound back to the moment of the snapshot, not beyond.

        Raises:
            SnapshotError, SnapshotVersionError, SnapshotWorldError, SnapshotChecksumError.
        """
        if self._template is None:
            self._template = self.first_moment(self.context(0)).state
        kept = snapshot.parse(blob, self.digest, self.controls, self._template)
        moment = Moment(kept.frame.tick, kept.state, kept.frame)
        try:
            self.check_picture(kept.frame.pixels)
            session = Session(
                self,
                moment,
                seed=check_seed(kept.seed),
                start=kept.start,
                steps=self.check_steps(kept.steps),
                context=None if kept.start is None else self.context(kept.start),
            )
            session.set_state(kept.given)
            return session
        except (SessionError, VariableError) as error:
            raise SnapshotError(f"the snapshot's {error.what}", fix=error.fix) from error

    def step_many(
        self, sessions: Sequence[Session], controls: Sequence[Mapping[str, float] | None]
    ) -> list[Frame]:
        """Steps distinct sessions of this world, each with its own controls.

        In a deterministic world each session gets the very frame it would get alone; else one fused pass
        serves them all (one for each number of steps) and frames are equal to rounding.

        Raises:
            ControlError, SessionError: before any session has moved.
            ModelError: a session produced NaN: it has stopped (its ``error`` says so), all others have moved
                and have their new frame in ``frame``.
        """
        return batch.step_many(self, sessions, controls)

    def check_start(self, start: int) -> int:
        """Raises SessionError for an index of no start context."""
        index = _integer(start, "start")
        if not 0 <= index < self.starts:
            raise SessionError(f"start is {index}", fix=f"give 0 to {self.starts - 1}")
        return index

    def check_steps(self, steps: int) -> int:
        """Raises SessionError for a number of denoising steps that the model does not take."""
        number = _integer(steps, "steps")
        if not 1 <= number <= self.spec.max_steps:
            raise SessionError(f"steps is {number}", fix=f"give 1 to {self.spec.max_steps}")
        return number

    def check_variables(self, values: Mapping[str, float]) -> dict[str, float]:
        """State variables as floats, cyclic ones brought into their range.

        Raises VariableError for one that cannot be set, and for a value that is no number or out of range.
        """
        known = {variable.name: variable for variable in self.spec.variables}
        checked = {}
        for name, value in values.items():
            if name not in self.settable:
                raise VariableError(
                    f"{name!r} cannot be set here",
                    where=self.manifest.name,
                    fix=f"settable are {list(self.settable)}" if self.settable else "nothing is settable",
                )
            variable = known[name]
            number = float(value) if isinstance(value, (int, float, np.number)) else math.nan
            if variable.period and math.isfinite(number):
                number %= variable.period
            elif not variable.low <= number <= variable.high:
                raise VariableError(
                    f"{name} is {value!r}", fix=f"give {variable.low:g} to {variable.high:g} {variable.unit}"
                )
            checked[name] = number
        return checked

    def check_picture(self, pixels: Any) -> NDArray[np.uint8]:
        """A read-only copy of a frame. Raises SessionError unless uint8 [H, W, 3] in the world's size."""
        picture = np.array(pixels, order="C")
        shape = (self.spec.height, self.spec.width, 3)
        if picture.dtype != np.uint8 or picture.shape != shape:
            raise SessionError(f"pixels are {picture.dtype} {picture.shape}", fix=f"give uint8 {shape}")
        picture.flags.writeable = False
        return picture

    def context(self, start: int) -> Context:
        """The start context of that index, a batch of one."""
        return self._starts.select(self.check_start(start))

    def first_moment(self, context: Context) -> Moment:
        """Tick 0 of a session that begins at ``context`` (a batch of one)."""
        return Moment(0, engine.begin(self.model, context), frames.first(self.spec, self.controls, context))

    def _given_context(self, given: ArrayLike, variables: ArrayLike | None) -> Context:
        spec = self.spec
        pictures = np.asarray(given)
        shape = (spec.history, spec.height, spec.width, 3)
        if pictures.dtype != np.uint8 or pictures.shape != shape:
            raise SessionError(f"frames are {pictures.dtype} {pictures.shape}", fix=f"give uint8 {shape}")
        pixels = torch.tensor(pictures)[None]
        controls = torch.zeros(1, spec.history, spec.controls)
        nearest = None
        if variables is None or spec.memory:
            nearest = self._starts.select(self._nearest_start(pixels))
        memory = {} if nearest is None else {name: t.clone() for name, t in nearest.memory.items()}
        if variables is None:
            assert nearest is not None
            return Context(pixels, controls, nearest.variables.clone(), memory)
        wanted = (spec.history, len(spec.variables))
        try:
            values = np.broadcast_to(np.asarray(variables, dtype=np.float32), wanted)
        except (ValueError, TypeError) as error:
            raise SessionError(
                f"variables cannot be used ({error})", fix=f"give numbers of shape {wanted[1:]} or {wanted}"
            ) from error
        if not np.isfinite(values).all():
            raise SessionError("variables hold NaN or infinity", fix="give finite numbers")
        return Context(pixels, controls, torch.tensor(values)[None], memory)

    def _nearest_start(self, pixels: torch.Tensor) -> int:
        wanted = pixels[0].to(torch.int16)
        # One at a time: all starts as int16 at once could be hundreds of megabytes.
        distances = [
            float((start.to(torch.int16) - wanted).abs().float().mean()) for start in self._starts.pixels
        ]
        return int(np.argmin(distances))
