"""A game small enough to know everything about, and models of it that are right, idle or bad on purpose.

The game shows a textured ring that ``move`` turns by one column a tick; the column is its one variable.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.controls import Control, ControlSpec
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.models.interface import (
    Condition,
    Context,
    Layer,
    ModelSpec,
    Output,
    State,
    Variable,
    WorldModel,
)

SIDE = 16
HISTORY = 2
RATE_HZ = 10.0
CONTROLS = ControlSpec((Control("move", "axis", -1.0, 1.0, values=(-1.0, 0.0, 1.0)),))
VARIABLES = (Variable("x", 0.0, 16.0, "columns", period=16.0), Variable("y", 0.0, 1.0, "rows"))
LAYERS = (Layer("depth", 0.0, 16.0, "columns"),)
_TEXTURE = np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
PICTURES: NDArray[np.uint8] = np.stack([np.roll(_TEXTURE, x, axis=1) for x in range(SIDE)])
"""uint8 [16, 16, 16, 3]: what the game shows at each column."""


def play(ticks: int, seed: int) -> Episode:
    """An episode of random moves, often held for some ticks."""
    generator = np.random.default_rng(seed)
    moves = np.repeat(generator.integers(-1, 2, ticks), generator.integers(1, 5, ticks))[:ticks]
    moves[0] = 0
    x = (generator.integers(SIDE) + np.cumsum(moves)) % SIDE
    return Episode(
        pixels=PICTURES[x],
        controls=moves[:, None].astype(np.float32),
        variables=np.stack([x, np.zeros(ticks)], 1).astype(np.float32),
        layers={"depth": np.broadcast_to(x[:, None, None], (ticks, SIDE, SIDE)).astype(np.float16)},
    )


def held_out(episodes: int = 4, ticks: int = 60) -> HeldOut:
    return HeldOut(
        [play(ticks, seed) for seed in range(episodes)],
        VARIABLES,
        RATE_HZ,
        {"game": "toy", "episodes": episodes, "frames": episodes * ticks},
    )


class Oracle(WorldModel):
    """Recognises the column in the last real frame and knows the game's rule: always right."""

    def __init__(self) -> None:
        super().__init__()
        self.register_parameter("anchor", torch.nn.Parameter(torch.zeros(1)))
        self.pictures = torch.from_numpy(PICTURES).float()
        self.spec = ModelSpec(SIDE, SIDE, 1, HISTORY, (1,), max_steps=2, variables=VARIABLES, layers=LAYERS)

    def start(self, context: Context) -> State:
        last = context.pixels[:, -1].float()
        distance = (last[:, None] - self.pictures[None]).abs().flatten(2).mean(2)
        return {"x": distance.argmin(1), "frame": last}

    def condition(self, state: State, controls: Tensor) -> Condition:
        return {"x": (state["x"] + controls[:, 0].round().long()) % SIDE, "last": state["frame"]}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        return self.pictures[condition["x"]]

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        x = condition["x"]
        variables = torch.stack([x.float(), torch.zeros(len(x))], 1)
        depth = x.float()[:, None, None].expand(-1, SIDE, SIDE)
        pixels = estimate.clamp(0, 255).round().to(torch.uint8)
        output = Output(pixels, {"depth": depth}, variables, torch.zeros(len(x)), torch.zeros(len(x)))
        return {"x": x, "frame": estimate}, output

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        raise AssertionError("evaluation never observes")


class Idle(Oracle):
    """Repeats the last frame and its state for ever."""

    def condition(self, state: State, controls: Tensor) -> Condition:
        return {"x": state["x"], "last": state["frame"]}

    def denoise(self, condition: Condition, *rest: Any) -> Tensor:
        return condition["last"]


class Blurring(Oracle):
    """Right for ``good`` ticks, then each frame is a bit more of its own average: a dream that fades."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self.good = good

    def start(self, context: Context) -> State:
        return super().start(context) | {"age": torch.zeros(len(context.pixels))}

    def condition(self, state: State, controls: Tensor) -> Condition:
        return dict(super().condition(state, controls)) | {"age": state["age"] + 1}

    def denoise(self, condition: Condition, *rest: Any) -> Tensor:
        right = self.pictures[condition["x"]]
        grey = right.mean((1, 2, 3), keepdim=True)
        part = ((condition["age"] - self.good) / 20.0).clamp(0.0, 1.0)[:, None, None, None]
        return right * (1.0 - part) + grey * part

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        state, output = super().commit(state, condition, estimate)
        return state | {"age": condition["age"]}, output


class Broken(Oracle):
    """Makes numbers that are not finite."""

    def denoise(self, condition: Condition, *rest: Any) -> Tensor:
        return self.pictures[condition["x"]] * torch.nan
