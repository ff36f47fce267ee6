"""The reader reads real play that it was not taught on, and says so itself where it cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation import toy, toy_board
from worldsdk.errors import DatasetError
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.lessons import LEAST_FRAMES, teach
from worldsdk.evaluation.reader import GRID, SHIFTS, WIDTHS, Reader, misfit, prepare


def test_real_play_is_read(reader: Reader) -> None:
    assert reader.pose is not None
    episode = toy_board.play(200, seed=7)
    seen = reader.read(episode.pixels)
    truth = reader.pose.motion(episode.variables[:-1], episode.variables[1:])
    assert np.corrcoef(seen.motion[:, 0], truth[:, 0])[0, 1] > 0.6
    assert np.corrcoef(seen.motion[:, 1], truth[:, 1])[0, 1] > 0.9
    off = np.linalg.norm(seen.place - reader.pose.place(episode.variables[1:]), axis=1)
    assert off.mean() < 0.3
    turned = np.abs(reader.pose.turned(episode.variables[1:, 2].astype(float), seen.heading))
    assert turned.mean() < 0.3
    assert np.corrcoef(seen.controls[:, 0], episode.controls[1:, 0])[0, 1] > 0.6
    assert seen.features.shape == (199, sum(WIDTHS))


def test_shuffled_frames_cannot_be_read(reader: Reader) -> None:
    assert reader.pose is not None
    episode = toy_board.play(200, seed=7)
    mixed = episode.pixels[np.random.default_rng(0).permutation(200)]
    truth = reader.pose.motion(episode.variables[:-1], episode.variables[1:])
    assert abs(np.corrcoef(reader.read(mixed).motion[:, 1], truth[:, 1])[0, 1]) < 0.3


def test_the_same_lessons_make_the_same_reader(lessons: HeldOut) -> None:
    frames = toy_board.play(20, seed=9).pixels
    first, again, other = (teach(lessons, 3, seed=seed).read(frames) for seed in (1, 1, 2))
    assert np.array_equal(first.place, again.place) and np.array_equal(first.features, again.features)
    assert not np.array_equal(first.place, other.place)


def test_a_game_without_a_pose_is_read_as_far_as_it_goes() -> None:
    lessons = toy.held_out(4, 60)
    told: list[int] = []
    seen = teach(lessons, 2, progress=told.append).read(lessons.episodes[0].pixels)
    assert np.isfinite(seen.controls).all() and np.isnan(seen.motion).all() and np.isnan(seen.heading).all()
    assert told == [1, 1]


def test_too_little_play_teaches_nothing() -> None:
    few = toy_board.held_out(1, LEAST_FRAMES - 1)
    with pytest.raises(DatasetError, match="at least 200 frames"):
        teach(few, 10)
    with pytest.raises(DatasetError):
        teach(replace(few, episodes=[]), 10)


@pytest.mark.parametrize("shift", [(0, 3), (0, -5), (2, 0), (0, 0)])
def test_the_shift_that_was_made_fits_best(shift: tuple[int, int]) -> None:
    early = np.random.default_rng(4).integers(0, 256, (1, 32, 64, 3), dtype=np.uint8)
    late = np.roll(early, shift, axis=(1, 2))
    costs = misfit(prepare(early, late)).view(len(SHIFTS), GRID[0] * GRID[1])
    assert SHIFTS[int(costs.mean(dim=1).argmin())] == shift
