"""Errands in worlds that know their rooms, and in ones that forget, stand still or only claim to move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.evaluation import toy_board
from tests.evaluation.toy_board import CELLS, CONTROLS, HISTORY, RATE_HZ, BoardModel, draw
from worldsdk.evaluation.closed_loop import Run, dreamt, first_walks, in_the_game
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.errands import FAR, Timing, find_errands
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.judge import Judge
from worldsdk.evaluation.poses import Pose
from worldsdk.evaluation.returns import PlaceBook
from worldsdk.evaluation.steering import Steering
from worldsdk.evaluation.walls import Ground
from worldsdk.models.interface import Condition, Context, ModelSpec, Output, State

HELD_OUT = toy_board.held_out(4, 100)
POSE = Pose(0, 1, 2, 4.0, "fields", "quarter turns")


class Showing(BoardModel):
    """Moves as it should, and says so; shows what ``show`` makes of the pose and of how often it moved.

    Args:
        show: (pose int64 [B, 3], moves int64 [B], pose at the start int64 [B, 3]) -> pose shown.
    """

    def __init__(self, show: Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], NDArray[Any]]) -> None:
        super().__init__()
        self.show = show

    def start(self, context: Context) -> State:
        state = super().start(context)
        return state | {"first": state["pose"], "moves": torch.zeros(len(context.pixels))}

    def condition(self, state: State, controls: Tensor) -> Condition:
        found = dict(super().condition(state, controls))
        moved = (found["pose"][:, :2] != state["pose"][:, :2]).any(dim=1)
        return found | {"first": state["first"], "moves": state["moves"] + moved}

    def denoise(
        self, condition: Condition, estimate: Tensor | None, noise: Tensor, step: int, steps: int
    ) -> Tensor:
        pose, first = condition["pose"].numpy(), condition["first"].numpy()
        return torch.from_numpy(draw(self.show(pose, condition["moves"].numpy(), first))).float()

    def commit(self, state: State, condition: Condition, estimate: Tensor) -> tuple[State, Output]:
        state, output = super().commit(state, condition, estimate)
        return state | {"first": condition["first"], "moves": condition["moves"]}, output


def forgets(pose: NDArray[Any], moves: NDArray[Any], first: NDArray[Any]) -> NDArray[Any]:
    """After the first move, every field shows the one across the board."""
    across = np.concatenate([CELLS - 1 - pose[:, :2], pose[:, 2:]], axis=1)
    return np.where((moves > 1)[:, None], across, pose)


def frozen(pose: NDArray[Any], moves: NDArray[Any], first: NDArray[Any]) -> NDArray[Any]:
    return first


@pytest.fixture(scope="module")
def board(lessons: HeldOut) -> tuple[Steering, Judge]:
    extent = Ground(lessons, POSE).extent
    drive = Drive.learn(lessons, CONTROLS, POSE)
    assert drive is not None
    steering = Steering.learn(lessons, CONTROLS, POSE, drive, extent)
    assert steering is not None
    return steering, Judge(PlaceBook(lessons, POSE), POSE, extent)


def walked(model: BoardModel, board: tuple[Steering, Judge]) -> dict[str, Run]:
    bars: list[tuple[str, int]] = []
    dreamer = ModelDreamer(model, 1)
    found = dreamt(
        dreamer,
        HELD_OUT,
        *board,
        most=6,
        rate_hz=RATE_HZ,
        seed=0,
        begin=lambda name, total: bars.append((name, total)) or (lambda count: None),  # type: ignore[func-returns-value]
    )
    assert bars == [
        (f"errands of {gap} s", 6 * ticks) for gap, ticks in (("5", 50), ("15", 150), ("60", 600))
    ]
    runs = {gap: run for gap, run in found.items() if run is not None}
    assert len(runs) == 3 and all(run.figures["errands"] == 6 for run in runs.values())
    return runs


def share(run: Run, name: str) -> float:
    return float(run.figures[name]["mean"])


def test_a_world_that_knows_its_rooms_scores_full(board: tuple[Steering, Judge]) -> None:
    for run in walked(BoardModel(), board).values():
        assert [share(run, name) for name in ("arrived", "there", "right", "facing")] == [1.0] * 4
        assert run.figures["ceiling"] == {"there": 1.0, "right": 1.0, "facing": 1.0}
        assert run.figures["floor"] == 0.0 and run.figures["told"] == 1.0
        assert run.figures["least_distance"] >= 1.0 and run.figures["unit"] == "fields"
        first, away, last = run.pictures.swapaxes(0, 1)
        assert np.array_equal(first, last) and not (first == away).all(axis=(1, 2, 3)).any()


def test_a_world_that_says_a_and_shows_another_room_fails(board: tuple[Steering, Judge]) -> None:
    for run in walked(Showing(forgets), board).values():
        assert share(run, "arrived") == 1.0
        assert share(run, "right") == run.figures["floor"] == 0.0


def test_a_picture_that_never_left_has_not_come_back(board: tuple[Steering, Judge]) -> None:
    for run in walked(Showing(frozen), board).values():
        assert share(run, "arrived") == 1.0 and share(run, "there") == 0.0
        assert share(run, "right") == share(run, "facing") == 0.0


def test_who_gets_stuck_is_wrong_and_not_dropped(board: tuple[Steering, Judge]) -> None:
    for run in walked(BoardModel(deaf=True), board).values():
        assert run.figures["errands"] == 6
        assert share(run, "arrived") == share(run, "right") == 0.0


def test_errands_lead_far_enough_or_are_not_found(board: tuple[Steering, Judge]) -> None:
    steering, judge = board
    starts = [range(HISTORY - 1, 99)] * 4
    timing = Timing.of(5.0, RATE_HZ)
    assert timing == Timing(50, 5)
    found = find_errands(HELD_OUT, steering, judge.extent, timing, starts, 8)
    assert len(found) == 8 and {errand.episode for errand in found} == {0, 1, 2, 3}
    for errand in found:
        variables = HELD_OUT.episodes[errand.episode].variables
        assert np.array_equal(errand.way[0], POSE.place(variables[errand.start]))
        assert np.array_equal(errand.way[-1], POSE.place(variables[errand.away]))
        assert errand.distance >= FAR * judge.extent and 0 < errand.leave < 45
        # Neighbouring fields all along, none of them twice.
        assert np.abs(np.diff(errand.way, axis=0)).sum(axis=1).tolist() == [1.0] * (len(errand.way) - 1)
        assert len(np.unique(errand.way, axis=0)) == len(errand.way)
    assert find_errands(HELD_OUT, steering, judge.extent, Timing(5, 1), starts, 8) == []
    assert find_errands(HELD_OUT, steering, judge.extent, timing, [[]] * 4, 8) == []


def test_ways_end_where_something_else_than_walking_was_done(board: tuple[Steering, Judge]) -> None:
    steering, judge = board
    only_walking = Steering(**{**vars_of(steering), "moving": np.array([False, True])})
    for errand in find_errands(HELD_OUT, only_walking, judge.extent, Timing(50, 5), [range(1, 99)] * 4, 8):
        controls = HELD_OUT.episodes[errand.episode].controls[errand.start + 1 : errand.away + 1]
        assert not controls[:, 0].any()


def vars_of(steering: Steering) -> dict[str, Any]:
    return {name: getattr(steering, name) for name in steering.__dataclass_fields__}


def test_the_real_game_passes_its_own_errands() -> None:
    pytest.importorskip("minigrid")
    from worldsdk.data.games.minigrid import MiniGridGame

    info = MiniGridGame("grid-rooms").info
    spec = ModelSpec(64, 64, len(info.controls), 1, (1,), variables=info.variables)
    pose = Pose.find(info.variables)
    assert pose is not None
    play = first_walks("grid-rooms", spec, 12, seed=70)
    # The very games that are walked, so that every view is known and only the walking is in question.
    book = first_walks("grid-rooms", spec, 9, seed=5)
    extent = Ground(play, pose).extent
    drive = Drive.learn(play, info.controls, pose)
    assert drive is not None
    steering = Steering.learn(play, info.controls, pose, drive, extent)
    assert steering is not None
    assert steering.moving.tolist() == [True, True, True, False, False, False]
    judge = Judge(PlaceBook(book, pose), pose, extent)
    ticks: list[int] = []
    found = in_the_game(
        "grid-rooms",
        spec,
        info.controls,
        steering,
        judge,
        most=3,
        rate_hz=info.rate_hz,
        seed=5,
        begin=lambda name, total: ticks.append,
    )
    run = found["5"]
    assert run is not None and run.figures["errands"] == 3
    assert [share(run, name) for name in ("arrived", "right", "facing")] == [1.0] * 3
    assert sum(ticks) == 3 * sum(Timing.of(gap, info.rate_hz).ticks for gap in (5.0, 15.0, 60.0))
