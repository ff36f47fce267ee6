"""Tours, walls and returns in worlds that hold together, and in ones that forget or let through."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation import toy, toy_board
from tests.evaluation.toy_board import CONTROLS, HISTORY, RATE_HZ, VARIABLES, BoardModel, Forgetful
from worldsdk.controls import Control, ControlSpec
from worldsdk.evaluation.dreamers import Dreamer, ModelDreamer, RepeatDreamer
from worldsdk.evaluation.drive import Drive
from worldsdk.evaluation.heldout import Episode, HeldOut
from worldsdk.evaluation.metrics import PSNR_CAP
from worldsdk.evaluation.players import DreamPlayer, GamePlayer
from worldsdk.evaluation.poses import Pose
from worldsdk.evaluation.reader import Reader
from worldsdk.evaluation.returns import PlaceBook, Stretch, find, same_place
from worldsdk.evaluation.tours import turnabout, walk
from worldsdk.evaluation.walls import Ground, crash, crash_script, off_in_real_play
from worldsdk.models.interface import Variable

HELD_OUT = toy_board.held_out(6, 150)
STARTS = HELD_OUT.gather(HELD_OUT.places(6, HISTORY, 1), HISTORY, 1).context
POSE = Pose(0, 1, 2, 4.0, "fields", "quarter turns")


def player(model: BoardModel) -> DreamPlayer:
    return DreamPlayer(ModelDreamer(model, 1), STARTS)


@pytest.fixture(scope="module")
def drive(lessons: HeldOut) -> Drive:
    found = Drive.learn(lessons, CONTROLS, POSE)
    assert found is not None
    return found


def test_controls_are_recognised_by_what_they_do(drive: Drive) -> None:
    assert drive.turn_ticks == 4 and abs(drive.turn).tolist() == [1.0, 0.0]
    assert drive.forward.tolist() == [0.0, 1.0] and 0.1 < drive.step <= 1.0


def test_poses_are_found_by_name() -> None:
    assert Pose.find(VARIABLES) == POSE
    assert Pose.find(toy.VARIABLES) is None
    assert Pose.find((Variable("x", 0, 1), Variable("y", 0, 1), Variable("heading", 0, 360))) is None


@pytest.mark.parametrize("away", [0.0, 2.0])
def test_a_turn_comes_back_to_what_was_there(drive: Drive, away: float) -> None:
    tour = turnabout(drive, RATE_HZ, away)
    right = walk(tour, player(BoardModel()), 6)
    assert right is not None and right.pictures.shape[:2] == (6, 3)
    assert right.figures["psnr"]["mean"] == PSNR_CAP and right.figures["halfway_psnr"]["mean"] < 40.0
    assert right.figures["recognised"] == 1.0
    late = walk(tour, player(BoardModel(late=3)), 6)
    assert late is not None and late.figures["recognised"] == 1.0
    wrong = walk(tour, player(Forgetful()), 6)
    assert wrong is not None and wrong.figures["recognised"] < 0.5 and wrong.figures["psnr"]["mean"] < 40.0


def test_a_world_that_never_turned_has_not_come_back(drive: Drive) -> None:
    still = walk(turnabout(drive, RATE_HZ), player(BoardModel(deaf=True)), 6)
    assert still is not None and still.figures["psnr"]["mean"] == PSNR_CAP
    assert still.figures["recognised"] == 0.0


def test_walls_block_or_do_not(drive: Drive, lessons: HeldOut, reader: Reader) -> None:
    ground, script = Ground(lessons, POSE), crash_script(drive, 4, 20.0, RATE_HZ, seed=3)
    assert script.shape == (4, 200, 2)
    blocked = crash(ground, POSE, player(BoardModel()), script, reader)
    through = crash(ground, POSE, player(BoardModel(walls=False)), script, reader)
    assert blocked is not None and through is not None
    assert blocked["off_ground"]["mean"] == 0.0 and blocked["distance"] > 10.0
    assert through["off_ground"]["mean"] > 0.5
    real = off_in_real_play(ground, HELD_OUT, POSE, reader)
    assert real["off_ground"] == 0.0 and real["off_ground_seen"] < 0.05
    assert blocked["off_ground_seen"]["mean"] < 0.05


def test_ground_far_outside_is_off(lessons: HeldOut) -> None:
    ground = Ground(lessons, POSE)
    places = np.array([[1.0, 1.0], [4.0, 4.0], [-50.0, 2.0], [2.0, 1e9]])
    assert ground.off(places).tolist() == [False, False, True, True]
    assert ground.extent == 3.0


def returned(
    dreamer: Dreamer, lessons: HeldOut, gap_s: float = 5.0
) -> tuple[list[Stretch], dict[str, object]]:
    extent = Ground(lessons, POSE).extent
    stretches = find(HELD_OUT, POSE, extent, gap_s, HISTORY, 8)
    book = PlaceBook(lessons, POSE)
    found = same_place(dreamer, HELD_OUT, book, POSE, extent, stretches, history=HISTORY)
    assert found is not None
    return stretches, found


def test_returns_are_real_ones_and_the_truth_comes_back(lessons: HeldOut) -> None:
    stretches, found = returned(ModelDreamer(BoardModel(), 1), lessons)
    assert found["returns"] == len(stretches) == 8 and len({s.episode for s in stretches}) == 6
    for stretch in stretches:
        variables = HELD_OUT.episodes[stretch.episode].variables
        assert np.array_equal(variables[stretch.start], variables[stretch.end])
        assert 40 <= stretch.end - stretch.start <= 60
        assert POSE.distance(variables[stretch.start], variables[stretch.away]) >= 1.0
    assert found["right"]["mean"] == found["ceiling"] == 1.0  # type: ignore[index]
    assert found["floor"] == 0.0


def test_a_world_that_goes_through_walls_does_not_come_back(lessons: HeldOut) -> None:
    _, found = returned(ModelDreamer(BoardModel(walls=False), 1), lessons)
    assert found["right"]["mean"] < 0.7  # type: ignore[index]


def test_standing_still_is_not_a_way_to_be_elsewhere(lessons: HeldOut) -> None:
    # A still picture is right about the place by definition; that is why it stands beside other figures.
    _, found = returned(RepeatDreamer(), lessons)
    assert found["right"]["mean"] == 1.0  # type: ignore[index]


def test_no_return_where_episodes_are_short(lessons: HeldOut) -> None:
    assert find(HELD_OUT, POSE, 3.0, 60.0, HISTORY, 8) == []
    dreamer, book = RepeatDreamer(), PlaceBook(lessons, POSE)
    assert same_place(dreamer, HELD_OUT, book, POSE, 3.0, [], history=HISTORY) is None


def test_the_real_game_passes_its_own_tours() -> None:
    pytest.importorskip("minigrid")
    from worldsdk.data.games.minigrid import MiniGridGame
    from worldsdk.models.interface import ModelSpec

    info = MiniGridGame("grid-rooms").info
    spec = ModelSpec(64, 64, len(info.controls), 1, (1,), variables=info.variables)
    turn = np.eye(6, dtype=np.float32)[1]
    drive = Drive(np.eye(6, dtype=np.float32)[2], turn, 4, 1.0)
    found = walk(turnabout(drive, 8.0), GamePlayer("grid-rooms", spec, info.controls), 3)
    assert found is not None and found.figures["psnr"]["mean"] == PSNR_CAP
    assert found.figures["recognised"] == 1.0 and found.figures["sessions"] == 3


def test_a_full_turn_of_an_axis_is_no_degree_more() -> None:
    spec = ControlSpec((Control("turn", "axis", -8.0, 8.0), Control("forward")))
    draw = np.random.default_rng(1)
    controls = np.stack([draw.uniform(-1, 1, 300), draw.integers(0, 2, 300)], 1).astype(np.float32)
    heading = np.cumsum(8.0 * controls[:, 0]) % 360.0
    x = np.cumsum(np.cos(np.radians(heading)) * controls[:, 1])
    y = np.cumsum(np.sin(np.radians(heading)) * controls[:, 1])
    variables = np.stack([x, y, heading], 1).astype(np.float32)
    pixels = np.zeros((300, 4, 4, 3), np.uint8)
    pose = Pose(0, 1, 2, 360.0, "metres", "degrees")
    found = Drive.learn(HeldOut([Episode(pixels, controls, variables)], (), 35.0, {}), spec, pose)
    assert found is not None
    # 45 ticks at the limit; half-way round must be a whole number of them.
    assert found.turn_ticks == 46
    assert found.turn[0] * 8.0 * 46 == pytest.approx(360.0, abs=0.1)
