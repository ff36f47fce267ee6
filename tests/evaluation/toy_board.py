"""A walled board seen from above, with a player who turns by quarters and walks: every pose is known.

Fields are 4 pixels wide. The player is a bright field with a coloured one before it that shows the heading;
the floor has a pattern, so that each place also looks different.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.controls import Control, ControlSpec
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.models.interface import (
    Condition,
    Context,
    ModelSpec,
    Output,
    State,
    Variable,
    WorldModel,
)

CELLS = 6
"""Fields along a side, the outermost of which are wall."""
SIDE = 4 * CELLS
HISTORY = 2
RATE_HZ = 10.0
CONTROLS = ControlSpec((Control("turn", "axis", -1.0, 1.0, values=(-1.0, 0.0, 1.0)), Control("walk")))
VARIABLES = (
    Variable("x", 0.0, CELLS - 1.0, "fields"),
    Variable("y", 0.0, CELLS - 1.0, "fields"),
    Variable("heading", 0.0, 4.0, "quarter turns", 4.0),
)
AHEAD = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])
_FLOOR = np.random.default_rng(8).integers(20, 110, (CELLS, CELLS, 3), dtype=np.uint8)
_FLOOR[[0, -1]] = _FLOOR[:, [0, -1]] = (90, 90, 90)


def draw(pose: NDArray[np.int64]) -> NDArray[np.uint8]:
    """int64 [..., 3] (x, y, heading) -> uint8 [..., SIDE, SIDE, 3]."""
    flat = pose.reshape(-1, 3)
    boards = np.repeat(_FLOOR[None], len(flat), axis=0)
    rows = np.arange(len(flat))
    nose = np.clip(flat[:, :2] + AHEAD[flat[:, 2] % 4], 0, CELLS - 1)
    boards[rows, nose[:, 1], nose[:, 0]] = (250, 60, 20)
    boards[rows, flat[:, 1], flat[:, 0]] = (255, 255, 255)
    return boards.repeat(4, axis=1).repeat(4, axis=2).reshape(*pose.shape[:-1], SIDE, SIDE, 3)


def move(pose: NDArray[np.int64], controls: NDArray[np.floating], walls: bool = True) -> NDArray[np.int64]:
    """One tick of the game: int64 [..., 3] and float [..., 2] -> int64 [..., 3]."""
    heading = (pose[..., 2] + np.rint(controls[..., 0]).astype(np.int64)) % 4
    ahead = pose[..., :2] + AHEAD[heading] * (controls[..., 1:] > 0.5)
    place = np.clip(ahead, 1, CELLS - 2) if walls else np.clip(ahead, -30, 30)
    return np.concatenate([place, heading[..., None]], axis=-1)


def play(ticks: int, seed: int) -> Episode:
    """An episode of mostly walking, with a turn now and then."""
    generator = np.random.default_rng(seed)
    turns = generator.integers(-1, 2, ticks) * (generator.uniform(size=ticks) < 0.4)
    walks = generator.uniform(size=ticks) < 0.6
    controls = np.stack([turns, walks], 1).astype(np.float32)
    poses = np.zeros((ticks, 3), np.int64)
    poses[0] = (*generator.integers(1, CELLS - 1, 2), generator.integers(4))
    for tick in range(1, ticks):
        poses[tick] = move(poses[tick - 1], controls[tick])
    return Episode(draw(poses), controls, poses.astype(np.float32))


def held_out(episodes: int = 6, ticks: int = 150, first_seed: int = 0) -> HeldOut:
    return HeldOut(
        [play(ticks, first_seed + number) for number in range(episodes)],
        VARIABLES,
        RATE_HZ,
        {"game": "board", "episodes": episodes, "frames": episodes * ticks},
    )


class BoardModel(WorldModel):
    """Reads the pose from the context's variables and knows the rules, or breaks them on purpose.

    Args:
        walls: whether walls block.
        late: ticks by which each command takes effect too late.
        deaf: whether commands do nothing.
    """

    def __init__(self, walls: bool = True, late: int = 0, deaf: bool = False) -> None:
        super().__init__()
        self.register_parameter("anchor", torch.nn.Parameter(torch.zeros(1)))
        self.walls, self.late, self.deaf = walls, late, deaf
        self.spec = ModelSpec(SIDE, SIDE, 2, HISTORY, (1,), variables=VARIABLES)

    def start(self, context: Context) -> State:
        waiting = torch.zeros(len(context.pixels), self.late + 1, 2)
        return {"pose": context.variables[:, -1].round().long(), "waiting": waiting}

    def condition(self, state: State, controls: Tensor) -> Condition:
        waiting = torch.cat([state["waiting"][:, 1:], controls[:, None]], dim=1)
        acted = torch.zeros_like(controls) if self.deaf else waiting[:, 0]
        pose = move(state["pose"].numpy(), acted.numpy(), self.walls)
        return {"pose": torch.from_numpy(pose), "waiting": waiting}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        pose = condition["pose"].numpy().copy()
        pose[:, :2] = np.clip(pose[:, :2], 0, CELLS - 1)
        return torch.from_numpy(draw(pose)).float()

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        pose, zeros = condition["pose"], torch.zeros(len(estimate))
        output = Output(estimate.to(torch.uint8), {}, pose.float(), zeros, zeros)
        return {"pose": pose, "waiting": condition["waiting"]}, output

    def observe(self, state: State, pixels: Tensor, controls: Tensor) -> tuple[State, Output]:
        raise AssertionError("evaluation never observes")


class Forgetful(BoardModel):
    """Shows the wrong place once it has looked the other way: what is out of sight is made up anew."""

    def start(self, context: Context) -> State:
        return super().start(context) | {"turned": torch.zeros(len(context.pixels))}

    def condition(self, state: State, controls: Tensor) -> Condition:
        turned = state["turned"] + controls[:, 0]
        return dict(super().condition(state, controls)) | {"turned": turned}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        pose = condition["pose"].numpy().copy()
        lost = condition["turned"].abs().numpy() >= 2
        pose[lost, :2] = CELLS - 1 - pose[lost, :2]
        return torch.from_numpy(draw(pose)).float()

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        state, output = super().commit(state, condition, estimate)
        return state | {"turned": condition["turned"]}, output
