"""Distances between pictures against cases worked out by hand and properties that must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import peak_signal_noise_ratio

from worldsdk.evaluation.estimate import estimate
from worldsdk.evaluation.metrics import PSNR_CAP, psnr, sharpness, ssim

FRAMES = arrays(np.uint8, (2, 8, 9, 3))


def test_psnr_of_a_known_error() -> None:
    black = np.zeros((3, 4, 5, 3), np.uint8)
    assert psnr(black, black) == pytest.approx([PSNR_CAP] * 3)
    assert psnr(black, black + 255) == pytest.approx([0.0] * 3)
    assert psnr(black, black + 10) == pytest.approx([20 * np.log10(25.5)] * 3)


@given(FRAMES, FRAMES)
def test_psnr_agrees_with_a_reference(real: np.ndarray, other: np.ndarray) -> None:
    for index, value in enumerate(psnr(real, other)):
        if np.array_equal(real[index], other[index]):
            assert value == PSNR_CAP
        else:
            expected = peak_signal_noise_ratio(real[index], other[index], data_range=255)
            assert value == pytest.approx(expected, abs=1e-4)


@given(FRAMES, FRAMES)
def test_psnr_and_ssim_are_symmetric(real: np.ndarray, other: np.ndarray) -> None:
    assert psnr(real, other) == pytest.approx(psnr(other, real))
    assert ssim(real, other) == pytest.approx(ssim(other, real), abs=1e-6)
    assert ssim(real, real) == pytest.approx([1.0, 1.0])


def test_psnr_averages_decibels_and_not_errors() -> None:
    real = np.zeros((2, 4, 4, 3), np.uint8)
    other = real.copy()
    other[1] = 255
    assert psnr(real, other).mean() == pytest.approx(PSNR_CAP / 2)


def test_sharpness_falls_with_blur_and_rises_with_noise() -> None:
    generator = np.random.default_rng(0)
    edges = np.repeat(generator.integers(60, 190, (1, 12, 12, 3)), 4, axis=2).repeat(4, axis=1)
    blurred = edges.copy()
    for _ in range(4):
        blurred = (np.roll(blurred, 1, 1) + np.roll(blurred, 1, 2) + 2 * blurred) // 4
    noisy = edges + generator.integers(-40, 40, edges.shape)
    soft, plain, rough = (sharpness(f.astype(np.uint8))[0] for f in (blurred, edges, noisy))
    assert soft < 0.8 * plain and rough > 1.5 * plain


def test_sharpness_of_a_ramp_is_its_slope() -> None:
    ramp = np.broadcast_to((np.arange(20, dtype=np.uint8) * 3)[None, None, :, None], (1, 10, 20, 3))
    assert sharpness(ramp) == pytest.approx([3.0], rel=1e-5)


@pytest.mark.parametrize(
    ("real", "other"),
    [
        (np.zeros((1, 4, 4, 3), np.uint8), np.zeros((1, 4, 5, 3), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)),
        (np.zeros((1, 4, 4, 3), np.uint8), np.zeros((1, 4, 4, 3), np.float32)),
    ],
)
def test_mismatched_frames_are_refused(real: np.ndarray, other: np.ndarray) -> None:
    with pytest.raises(ValueError, match="frames must be"):
        psnr(real, other)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40))
def test_interval_surrounds_the_mean(values: list[float]) -> None:
    found = estimate(np.array(values))
    assert found.low <= found.mean + 1e-9 and found.mean - 1e-9 <= found.high
    assert found == estimate(np.array(values)) and found.count == len(values)


def test_interval_covers_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    hits = 0
    for trial in range(200):
        found = estimate(generator.normal(5.0, 2.0, 60), seed=trial)
        hits += found.low <= 5.0 <= found.high
    assert 0.89 <= hits / 200 <= 0.99


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_no_estimate_of_nothing(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        estimate(np.array(values))


def test_windows_of_one_episode_do_not_count_as_many() -> None:
    generator = np.random.default_rng(3)
    levels = generator.normal(20.0, 3.0, 8)
    episodes = np.repeat(np.arange(8), 50)
    values = levels[episodes] + generator.normal(0.0, 0.1, 400)
    apart, together = estimate(values), estimate(values, episodes=episodes)
    assert apart.mean == together.mean and together.episodes == 8 and apart.episodes == 0
    # Eight levels of spread 3 leave the mean uncertain by about 1; four hundred would by 0.15.
    assert together.high - together.low > 4.0 * (apart.high - apart.low)


def test_an_interval_over_one_episode_is_over_its_windows() -> None:
    values = np.arange(10.0)
    alone = estimate(values, episodes=np.zeros(10, np.int64))
    assert (alone.low, alone.high, alone.episodes) == (estimate(values).low, estimate(values).high, 1)
    with pytest.raises(ValueError, match="3 episodes"):
        estimate(values, episodes=np.zeros(3, np.int64))
