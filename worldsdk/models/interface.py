"""The keystone: what every model family offers, and all that the rooms above may assume.

A model holds weights and no history. A session's memory is a ``State``: named tensors with the batch
as their first dimension, passed in and returned, never kept. So batching is concatenation, a fork is a
copy, a snapshot is the tensors as bytes, and rewinding is keeping old states.

One tick is::

    condition = model.condition(state, controls)                  # once: all that the steps share
    estimate  = None
    for step in range(steps):                                     # anytime: each estimate is a frame
        estimate = model.denoise(condition, estimate, noise(step), step, steps)
    state, output = model.commit(state, condition, estimate)      # once: heads, memory, uint8 pixels
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

State = dict[str, Tensor]
"""A batch of session memories: name -> tensor [B, ...]. Sizes never change from tick to tick."""

Condition = Mapping[str, Tensor]
"""What one tick's denoising steps share: name -> tensor [B, ...]."""


@dataclass(frozen=True)
class Variable:
    """A state variable (position, health) that a model tracks.

    Attributes:
        name: e.g. ``"x"``.
        low, high: the range seen in the data, in ``unit``.
        unit: e.g. ``"map units"``, ``"degrees"``, ``"points"``.
        period: the value wraps around at this number (360 for a heading); 0 where it does not.
    """

    name: str
    low: float
    high: float
    unit: str = ""
    period: float = 0.0


@dataclass(frozen=True)
class Layer:
    """A per-pixel layer that goes with the colour, float32 [H, W] in ``unit``: predicted by the model, or
    derived from what it predicted.
    """

    name: str
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """A model's shape as seen from outside.

    Attributes:
        height, width: of its frames, in pixels.
        controls: length of the control vector.
        history: frames of real context that ``start`` takes.
        noise_shape: shape of the noise of one step of one session.
        max_steps: most denoising steps that still change anything.
        variables: state variables tracked, in the order of ``Output.variables``.
        layers: those predicted, then those derived.
        settable: names of the variables that ``set_variables`` takes.
        memory: what ``start`` needs beyond pictures, controls and variables, as ``Context.memory`` has it:
            name of a dataset's layer -> shape of one frame's entry.
        enlarges: how many times larger, along each side, its frames are than those that it was taught on.
            ``start`` takes both sizes; ``enlarge`` makes the larger one.
    """

    height: int
    width: int
    controls: int
    history: int
    noise_shape: tuple[int, ...]
    max_steps: int = 1
    variables: tuple[Variable, ...] = ()
    layers: tuple[Layer, ...] = ()
    settable: tuple[str, ...] = ()
    memory: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    enlarges: int = 1


@dataclass(frozen=True)
class Context:
    """Recorded moments that sessions start from, oldest frame first.

    Attributes:
        pixels: uint8 [B, history, H, W, 3], RGB.
        controls: float32 [B, history, controls]; ``controls[:, t]`` is what led to ``pixels[:, t]``.
        variables: float32 [B, history, len(variables)], in the variables' units.
        memory: name -> float32 [B, history, ...]: what else was recorded of those moments, of all that
            ``ModelSpec.memory`` names.
    """

    pixels: Tensor
    controls: Tensor
    variables: Tensor
    memory: Mapping[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: slice | Sequence[int]) -> Context:
        """The moments of those indices, in that order; a slice gives views."""
        return self._each(lambda tensor: tensor[rows])

    def select(self, index: int) -> Context:
        """The one moment ``index`` as a batch of one."""
        return self.take(slice(index, index + 1))

    def to(self, device: torch.device | str) -> Context:
        """The same moments on ``device``."""
        return self._each(lambda tensor: tensor.to(device))

    @staticmethod
    def join(contexts: Sequence[Context]) -> Context:
        """One batch of all of them, one after the other; at least one, and all with the same memory."""
        return Context(
            torch.cat([context.pixels for context in contexts]),
            torch.cat([context.controls for context in contexts]),
            torch.cat([context.variables for context in contexts]),
            {name: torch.cat([context.memory[name] for context in contexts]) for name in contexts[0].memory},
        )

    def _each(self, change: Callable[[Tensor], Tensor]) -> Context:
        return Context(
            change(self.pixels),
            change(self.controls),
            change(self.variables),
            {name: change(tensor) for name, tensor in self.memory.items()},
        )


@dataclass(frozen=True)
class Output:
    """One tick's results.

    Attributes:
        pixels: uint8 [B, H, W, 3], RGB.
        layers: name -> float32 [B, H, W], those predicted.
        variables: float32 [B, len(variables)], in the variables' units.
        reward: float32 [B].
        ended: float32 [B], probability in [0, 1] that the episode ended with this frame.
        clues: name -> [B, ...]: what ``WorldModel.derive`` needs besides.
    """

    pixels: Tensor
    layers: Mapping[str, Tensor]
    variables: Tensor
    reward: Tensor
    ended: Tensor
    clues: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """A sub-module whose weights need not be in memory while it does not run (see ``models.streaming``).

    Attributes:
        name: of the sub-module.
        calls: methods that it is used by -> names of the children whose weights each needs; () for all.
    """

    name: str
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"forward": ()})


class WorldModel(nn.Module, ABC):
    """A family's model. Pure: no globals, no clock, no random generator, no memory between calls.

    All methods run under ``torch.inference_mode`` in the runtime and take tensors on the model's device.
    """

    spec: ModelSpec

    useful_threads: int | None = None
    """CPU threads beyond which one session's pass gains little; None: all that there are help. Fewer are also
    steadier: a pass waits at every operation for the slowest of its threads."""

    settles_after: int = 0
    """Ticks of a session after which all cost the same: until then memory fills up."""

    @abstractmethod
    def start(self, context: Context) -> State:
        """Memory of sessions that begin at ``context``; a pure function of it."""

    def enlarge(self, context: Context) -> Context:
        """``context`` with frames of the model's own size, where they have that which it was taught on."""
        return context

    @abstractmethod
    def condition(self, state: State, controls: Tensor) -> Condition:
        """Everything that depends on the past and the controls alone. controls: float32 [B, controls]."""

    @abstractmethod
    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        """A better estimate of the next frame, in the model's own space.

        Args:
            condition: of this tick.
            estimate: what the previous step returned; ``None`` at step 0.
            noise: standard normal float32 [B, *noise_shape] for this step.
            step: 0-based.
            steps: how many are planned; a caller may stop earlier, every estimate is valid.
        """

    @abstractmethod
    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        """Decodes the estimate and returns the memory that includes it. Must not modify ``state``."""

    @abstractmethod
    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        """As a tick, but with a real frame: pixels uint8 [B, H, W, 3] appended instead of a generated one."""

    def set_variables(self, state: State, variables: Tensor) -> State:
        """The memory of a session whose variables are from now on these: teleported, healed.

        Args:
            variables: float32 [B, len(variables)], in the variables' units; those that ``spec.settable`` does
                not name are as they were. Must not modify ``state``.
        """
        raise NotImplementedError(f"{type(self).__name__} has no settable variables")

    def derive(
        self, layers: Mapping[str, NDArray[np.float32]], clues: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[np.float32]]:
        """The rest of ``spec.layers`` for one session's frame: what ``Output.layers`` leaves out, because it
        follows from what is there and need not be worked out for frames whose layers nobody looks at.

        Called at the first look, on the host, from any thread.

        Args:
            layers: that frame's, float32 [H, W]. clues: that session's row of ``Output.clues``.

        Returns:
            name -> float32 [H, W], an array of its own each.
        """
        return {}

    def groups(self) -> Sequence[Group]:
        """What runs one after another, so that its weights can be fetched right before; by default nothing.

        Not for parts that other modules take weights from.
        """
        return ()

    def make_ready(self, device: torch.device) -> None:
        """Swaps parts for faster equals, once, after loading for play on ``device``; never while training."""

    @property
    def device(self) -> torch.device:
        # Made ready for play, a model may hold its weights in other forms than parameters.
        return next(chain(self.parameters(), self.buffers()), torch.empty(0)).device
