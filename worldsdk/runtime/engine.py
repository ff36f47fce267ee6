"""One tick on the device: a batch of session memories in, their next memories and pictures out.

Pure but for the clock it measures with: it knows no session and keeps nothing. Batching is concatenation
of states along dimension 0 (see ``models.interface``).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.interface import Context, Output, State, WorldModel
from worldsdk.runtime.budget import Gate
from worldsdk.runtime.clock import REAL_CLOCK, Clock
from worldsdk.runtime.layers import Layers
from worldsdk.runtime.noise import noise
from worldsdk.runtime.sanity import sane
from worldsdk.runtime.shares import Share, join, own, share_out

_Scalar = TypeVar("_Scalar", bound=np.generic)


class Request(NamedTuple):
    """What one session brings to a tick.

    Attributes:
        memory: a batch of one, or its share of what a pass left behind.
        controls: float32 [controls], scaled to [-1, 1].
        seed, tick: of the frame to make; its noise depends on nothing else.
        vetted: whether ``memory`` is known to hold no NaN and no infinity.
    """

    memory: State | Share
    controls: NDArray[np.float32]
    seed: int
    tick: int
    vetted: bool = False


class Row(NamedTuple):
    """What one session takes from a tick: memory (a batch of one, or a share) and host arrays of its own.

    Attributes:
        sane: False where NaN or infinity turned up in this session's part; the rest is then worthless.
        pixels: uint8 [H, W, 3]. layers: float32 [H, W] each, derived ones when looked at.
        variables: float32 [variables].
    """

    memory: State | Share
    sane: bool
    pixels: NDArray[np.uint8]
    layers: Layers
    variables: NDArray[np.float32]
    reward: float
    ended: bool

    @property
    def state(self) -> State:
        """Its memory, a batch of one."""
        return own(self.memory)


class Cost(NamedTuple):
    """What the pass took: ms by stage and in all, and the denoising steps that were taken."""

    stages: Mapping[str, float]
    total_ms: float
    steps: int


class _Passing(threading.local):
    """Inference mode, made once for each thread: making it takes as long as a small world's layers do."""

    def __init__(self) -> None:
        self.mode = torch.inference_mode()


_passing = _Passing()


class _Stopwatch:
    """Stage times by one clock. On CUDA a stage ends when the device is done, if ``exact``."""

    __slots__ = ("_device", "_last", "_monotonic", "_started", "_wait", "stages")

    def __init__(self, clock: Clock, device: torch.device, exact: bool) -> None:
        self._monotonic = clock.monotonic
        self._device = device
        self._wait = exact and device.type == "cuda"
        self._started = self._last = self._monotonic()
        self.stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        if self._wait:
            torch.cuda.synchronize(self._device)
        now = self._monotonic()
        self.stages[stage] = (now - self._last) * 1000.0
        self._last = now

    @property
    def total_ms(self) -> float:
        return (self._last - self._started) * 1000.0


@torch.inference_mode()
def begin(model: WorldModel, context: Context) -> State:
    """Memory of sessions that start at ``context`` (any device)."""
    return model.start(context.to(model.device))


def advance(
    model: WorldModel,
    requests: Sequence[Request],
    planned: int,
    *,
    limit: int | None = None,
    gate: Gate | None = None,
    clock: Clock = REAL_CLOCK,
    device: torch.device | None = None,
    together: bool = False,
) -> tuple[list[Row], Cost]:
    """Generates the next frame of every request in one pass.

    Args:
        planned: denoising steps that the model is told of.
        limit: stop after this many all the same (as an earlier, budgeted tick did).
        gate: asked after each step whether another fits. Stage times are then exact on CUDA, too.
        device: the model's, of whoever knows it: asking the model takes a while.
        together: leaves the memories of several sessions as shares of one. Sessions that are to be stepped
            together again then need no joining; one that is kept for long keeps all of them.
    """
    with _passing.mode:
        if device is None:
            device = model.device
        watch = _Stopwatch(clock, device, exact=gate is not None)
        alone = requests[0] if len(requests) == 1 else None
        if alone is not None:
            memory = own(alone.memory)
            controls = _uploaded(alone.controls, device)
            vetted = memory if alone.vetted else {}
        else:
            memory = join([request.memory for request in requests])
            controls = _upload([request.controls for request in requests], device)
            vetted = memory if all(request.vetted for request in requests) else {}
        condition = model.condition(memory, controls)
        watch.lap("condition")
        estimate: Tensor | None = None
        taken, shape = 0, model.spec.noise_shape
        while taken < planned:
            if taken and (taken == limit or (gate is not None and not gate.another())):
                break
            if alone is not None:
                draw = _uploaded(noise(alone.seed, alone.tick, taken, shape), device)
            else:
                draw = _upload([noise(r.seed, r.tick, taken, shape) for r in requests], device)
            estimate = model.denoise(condition, estimate, draw, taken, planned)
            if gate is not None and device.type == "cuda":
                torch.cuda.synchronize(device)
            taken += 1
        watch.lap("denoise")
        if estimate is None:
            raise ValueError("planned must be at least 1")
        state, output = model.commit(memory, condition, estimate)
        watch.lap("commit")
        if alone is not None:
            rows = [_row(model, state, output, estimate, vetted)]
        else:
            rows = _rows(model, state, output, len(requests), estimate, vetted, together=together)
        watch.lap("pixels")
        return rows, Cost(watch.stages, watch.total_ms, taken)


@torch.inference_mode()
def instate(model: WorldModel, state: State, variables: NDArray[np.float32]) -> State:
    """One session's memory with its variables, float32 [variables], set to these."""
    return model.set_variables(state, _upload([variables], model.device))


@torch.inference_mode()
def observe(
    model: WorldModel, memory: State | Share, pixels: NDArray[np.uint8], controls: NDArray[np.float32]
) -> tuple[Row, Cost]:
    """Appends a real frame, uint8 [H, W, 3], to one session's memory."""
    device = model.device
    watch = _Stopwatch(REAL_CLOCK, device, exact=False)
    state, output = model.observe(own(memory), _upload([pixels], device), _upload([controls], device))
    watch.lap("commit")
    row = _row(model, state, output)
    watch.lap("pixels")
    return row, Cost(watch.stages, watch.total_ms, 0)


def _upload(
    arrays: Sequence[NDArray[np.float32]] | Sequence[NDArray[np.uint8]], device: torch.device
) -> Tensor:
    if len(arrays) == 1:
        return _uploaded(arrays[0], device)
    uploaded = torch.from_numpy(np.stack(arrays))
    return uploaded if device.type == "cpu" else uploaded.to(device)


def _uploaded(array: NDArray[np.float32] | NDArray[np.uint8], device: torch.device) -> Tensor:
    """A batch of one."""
    # A view where that is safe: torch must not be handed what is not to be written to.
    uploaded = torch.from_numpy(array[None] if array.flags.writeable else array[None].copy())
    return uploaded if device.type == "cpu" else uploaded.to(device)


def _suspects(
    model: WorldModel, state: State, output: Output, estimate: Tensor | None, known: State
) -> list[Tensor]:
    """Where NaN and infinity may be; of ``state``, the tensors that are those of ``known`` have been seen."""
    suspects = [tensor for name, tensor in state.items() if tensor is not known.get(name)]
    suspects += output.layers.values()
    if estimate is not None:
        suspects.append(estimate)
    if model.spec.variables:
        suspects.append(output.variables)
    return suspects


def _row(
    model: WorldModel,
    state: State,
    output: Output,
    estimate: Tensor | None = None,
    vetted: State | None = None,
) -> Row:
    """``_rows`` of a batch of one, in fewer steps."""
    spec = model.spec
    suspects = _suspects(model, state, output, estimate, vetted or {})
    (well,) = sane(suspects, 1) if suspects else (True,)
    made = {name: _own(_host(layer)[0]) for name, layer in output.layers.items()} if output.layers else {}
    later = [layer.name for layer in spec.layers if layer.name not in made] if spec.layers else ()
    clues = {name: _own(_host(clue)[0]) for name, clue in output.clues.items()} if later else {}
    (reward,), (ended,) = output.reward.tolist(), output.ended.tolist()
    return Row(
        state,
        well and math.isfinite(reward) and math.isfinite(ended),
        _own(_host(output.pixels)[0]),
        _layers(model, made, later, clues),
        _host(output.variables)[0] if spec.variables else _NO_VARIABLES,
        reward,
        ended > 0.5,
    )


_NO_VARIABLES = np.zeros(0, np.float32)
_NO_VARIABLES.setflags(write=False)


def _host(tensor: Tensor) -> NDArray[Any]:
    """It as an array; floats as float32."""
    if tensor.dtype is not torch.float32 and tensor.is_floating_point():
        tensor = tensor.float()
    return tensor.numpy() if tensor.is_cpu else tensor.cpu().numpy()


def _rows(
    model: WorldModel,
    state: State,
    output: Output,
    count: int,
    estimate: Tensor | None = None,
    vetted: State | None = None,
    *,
    together: bool = False,
) -> list[Row]:
    """What each session takes; of ``state``, the tensors that are those of ``vetted`` need no second look."""
    well = sane(_suspects(model, state, output, estimate, vetted or {}), count)
    pixels = output.pixels.cpu().numpy()
    layers = {name: layer.float().cpu().numpy() for name, layer in output.layers.items()}
    clues = {name: clue.cpu().numpy() for name, clue in output.clues.items()}
    later = [layer.name for layer in model.spec.layers if layer.name not in layers]
    variables = output.variables.float().cpu().numpy()
    rewards, ended = output.reward.tolist(), output.ended.tolist()
    memories = share_out(state, count) if together and count > 1 else None
    return [
        Row(
            memory=_split(state, index, count) if memories is None else memories[index],
            sane=well[index] and math.isfinite(rewards[index]) and math.isfinite(ended[index]),
            pixels=_own(pixels[index]),
            layers=_layers(
                model,
                {name: _own(layer[index]) for name, layer in layers.items()},
                later,
                {name: _own(clue[index]) for name, clue in clues.items()},
            ),
            variables=variables[index],
            reward=rewards[index],
            ended=ended[index] > 0.5,
        )
        for index in range(count)
    ]


def _layers(
    model: WorldModel,
    made: Mapping[str, NDArray[np.float32]],
    later: Sequence[str],
    clues: Mapping[str, NDArray[Any]],
) -> Layers:
    return Layers(made, later, partial(model.derive, made, clues)) if later else Layers(made)


def _split(state: State, index: int, count: int) -> State:
    if count == 1:
        return state
    # A copy: a view would keep the whole batch's memory alive for as long as one session remembers it.
    return {name: tensor[index : index + 1].clone() for name, tensor in state.items()}


def _own(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """A read-only copy: frames are values, shared by history and snapshots."""
    copy = np.array(array, order="C")
    copy.setflags(write=False)
    return copy
