from __future__ import annotations

import numpy as np
import pytest

from tests.support import tiny_model, tiny_starts
from worldsdk.errors import SessionError
from worldsdk.runtime.familiar import MOST_REFERENCES, Familiar


def scenes(count: int = 40, seed: int = 0) -> np.ndarray:
    """Brown ground with sharp lighter boxes, under a dark sky: uint8 [count, 24, 32, 3]."""
    rng = np.random.default_rng(seed)
    frames = np.empty((count, 24, 32, 3), np.uint8)
    frames[:, :12] = (30, 30, 50)
    frames[:, 12:] = (110, 80, 40)
    for frame in frames:
        for _ in range(6):
            y, x = rng.integers(0, 18), rng.integers(0, 26)
            frame[y : y + 6, x : x + 6] = rng.integers(90, 160)
    return frames


def blurred(frame: np.ndarray, times: int) -> np.ndarray:
    soft = frame.astype(np.float64)
    for _ in range(times):
        for axis in (0, 1):
            soft = (np.roll(soft, 1, axis) + soft + np.roll(soft, -1, axis)) / 3.0
    return soft.astype(np.uint8)


def test_real_frames_that_it_never_saw_are_familiar() -> None:
    familiar = Familiar.learn(scenes())
    scores = [familiar.judge(frame).score for frame in scenes(30, seed=1)]
    assert max(scores) < 1.0
    assert familiar.judge(scenes()[3]).strangeness == 0.0


def test_casts_blur_and_noise_are_not() -> None:
    familiar = Familiar.learn(scenes())
    frame = scenes(1, seed=2)[0]
    cast = np.clip(frame.astype(int) + np.array([60, 0, 0]), 0, 255).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, frame.shape, dtype=np.uint8)
    for worse in (cast, blurred(frame, 12), noise):
        assert familiar.judge(worse).unlike
    assert familiar.judge(blurred(frame, 12)).crispness < 0.5
    assert familiar.judge(noise).crispness > 2.0


def test_the_worse_the_higher_the_score() -> None:
    familiar = Familiar.learn(scenes())
    frame = scenes(1, seed=3)[0].astype(int)
    scores = [
        familiar.judge(np.clip(frame + cast, 0, 255).astype(np.uint8)).score for cast in (0, 20, 40, 60, 80)
    ]
    assert scores == sorted(scores)


def test_frames_of_one_moment_do_not_make_each_other_usual() -> None:
    frames = np.repeat(scenes(6), 4, axis=0)
    together = Familiar.learn(frames, np.repeat(np.arange(6), 4))
    apart = Familiar.learn(frames)
    assert together.strangeness_limit >= apart.strangeness_limit


def test_start_contexts_are_what_a_world_knows() -> None:
    model = tiny_model()
    starts = tiny_starts(model.spec)
    familiar = Familiar.of_starts(starts)
    assert familiar.judge(starts.pixels[1, 0].numpy()).score == pytest.approx(0.0, abs=0.2)


def test_one_frame_is_enough_and_many_are_thinned() -> None:
    assert not Familiar.learn(scenes(1)).judge(scenes(1)[0]).unlike
    many = np.zeros((MOST_REFERENCES + 500, 4, 4, 3), np.uint8)
    many[-1] = 255
    assert not Familiar.learn(many).judge(many[0]).unlike


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 4, 4, 3), np.uint8), np.zeros((2, 4, 4, 3)), np.zeros(3, np.uint8)]
)
def test_what_are_no_frames_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(SessionError, match="real frames are"):
        Familiar.learn(bad)
