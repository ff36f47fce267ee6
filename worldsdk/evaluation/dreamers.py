"""What is evaluated: anything that continues a real history under given controls.

A world is a ``ModelDreamer``; the baseline that every figure stands beside is the ``RepeatDreamer``.
The instrument itself is tested with dreamers that know the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.errors import ModelError
from worldsdk.models.interface import Context, ModelSpec, Output, State, WorldModel
from worldsdk.runtime.noise import noise


@dataclass(frozen=True)
class Dream:
    """Frames that followed a context.

    Attributes:
        pixels: uint8 [B, T, H, W, 3].
        variables: float32 [B, T, V].
        layers: name -> float32 [B, T, H, W].
    """

    pixels: NDArray[np.uint8]
    variables: NDArray[np.float32]
    layers: Mapping[str, NDArray[np.float32]]


class Dreamer(Protocol):
    """Continues histories."""

    def dream(self, context: Context, controls: Tensor, seeds: Sequence[int]) -> Dream:
        """As many frames as ``controls`` (float32 [B, T, A]) has ticks."""
        ...


class RepeatDreamer:
    """Repeats the last real frame, its variables and its place: what doing nothing scores."""

    def dream(self, context: Context, controls: Tensor, seeds: Sequence[int]) -> Dream:
        ticks = controls.shape[1]
        pixels = context.pixels[:, -1:].expand(-1, ticks, -1, -1, -1)
        variables = context.variables[:, -1:].expand(-1, ticks, -1)
        return Dream(pixels.cpu().numpy(), variables.cpu().numpy(), {})


class ModelDreamer:
    """A world model, dreaming on its own frames.

    The noise is that of sessions: a window with seed s dreams what a session with seed s would.

    Args:
        model: in inference form, on its device.
        steps: denoising steps a frame.
        shrink: frames are handed out so many times smaller, by means over blocks: to be held against real
            ones that were recorded so.
    """

    def __init__(self, model: WorldModel, steps: int, shrink: int = 1) -> None:
        self.model = model
        self.steps = steps
        self.shrink = shrink

    @property
    def spec(self) -> ModelSpec:
        """The model's, with frames as they are handed out."""
        spec = self.model.spec
        return replace(spec, height=spec.height // self.shrink, width=spec.width // self.shrink)

    def start(self, context: Context) -> State:
        """Memory of the sessions that begin at ``context``."""
        with torch.inference_mode():
            return self.model.start(context.to(self.model.device))

    def tick(self, state: State, controls: Tensor, seeds: Sequence[int], tick: int) -> tuple[State, Output]:
        """One frame of each session. controls: float32 [B, A]; tick: of the frame made, 1 the first.

        Raises:
            ModelError: an estimate that is not finite.
        """
        device, shape = self.model.device, self.model.spec.noise_shape
        with torch.inference_mode():
            condition = self.model.condition(state, controls.to(device))
            estimate: Tensor | None = None
            for step in range(self.steps):
                draws = np.stack([noise(seed, tick, step, shape) for seed in seeds])
                drawn = torch.from_numpy(draws).to(device)
                estimate = self.model.denoise(condition, estimate, drawn, step, self.steps)
            if estimate is None or not bool(torch.isfinite(estimate).all()):
                raise ModelError(
                    "the frame is not finite" if estimate is not None else "no denoising step was taken",
                    where=f"tick {tick}",
                    fix="evaluate with at least one step and an undamaged pack",
                )
            state, output = self.model.commit(state, condition, estimate)
            return state, shrunk(output, self.shrink)

    def dream(self, context: Context, controls: Tensor, seeds: Sequence[int]) -> Dream:
        state = self.start(context)
        outputs: list[Output] = []
        for tick in range(controls.shape[1]):
            state, output = self.tick(state, controls[:, tick], seeds, tick + 1)
            outputs.append(output)
        return Dream(
            _stack([o.pixels for o in outputs]),
            _stack([o.variables for o in outputs]),
            {name: _stack([o.layers[name] for o in outputs]) for name in outputs[0].layers},
        )


def shrunk(output: Output, by: int) -> Output:
    """``output`` with pixels and layers that are means over blocks of ``by`` x ``by``."""
    if by == 1:
        return output
    pixels = F.avg_pool2d(output.pixels.movedim(-1, 1).float(), by).round().to(torch.uint8)
    layers = {name: F.avg_pool2d(layer[:, None], by)[:, 0] for name, layer in output.layers.items()}
    return replace(output, pixels=pixels.movedim(1, -1), layers=layers)


def _stack(tensors: list[Tensor]) -> NDArray[Any]:
    array: NDArray[Any] = torch.stack([t.cpu() for t in tensors], dim=1).numpy()
    return array
