from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worldsdk.errors import PixelError
from worldsdk.pixels.look import COLOURS, LEVELS, MOST_SAMPLES, look


def picture(height: int = 24, width: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_colours_are_quantiles_of_each_half_and_channel() -> None:
    frame = picture()
    colours, _ = look(frame)
    assert colours.shape == (COLOURS,)
    places = np.linspace(0.04, 0.96, LEVELS)
    expected = [
        np.quantile(half[..., channel], places, method="inverted_cdf")
        for half in (frame[:12], frame[12:])
        for channel in range(3)
    ]
    np.testing.assert_allclose(colours, np.concatenate(expected), atol=1.0)


def test_sharpness_is_that_of_the_brightness_gradient() -> None:
    frame = picture()
    light = frame.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    across, down = np.diff(light, axis=1)[:-1], np.diff(light, axis=0)[:, :-1]
    assert look(frame)[1] == pytest.approx(np.sqrt((across**2 + down**2).mean()), rel=1e-4)


def test_a_plain_picture_has_no_edges() -> None:
    colours, sharpness = look(np.full((8, 8, 3), (10, 20, 30), np.uint8))
    assert sharpness == 0.0
    assert sorted(set(colours.tolist())) == [10.0, 20.0, 30.0]


@given(arrays(np.uint8, st.tuples(st.integers(2, 9), st.integers(1, 9), st.just(3))))
def test_it_does_not_matter_which_way_round_a_picture_is(frame: np.ndarray) -> None:
    np.testing.assert_array_equal(look(frame)[0], look(np.ascontiguousarray(frame[:, ::-1]))[0])


def test_large_pictures_are_sampled_and_look_the_same() -> None:
    small = picture(64, 64)
    large = small.repeat(8, axis=0).repeat(8, axis=1)
    assert large.shape[0] * large.shape[1] > MOST_SAMPLES
    np.testing.assert_allclose(look(large)[0], look(small)[0], atol=1.0)


@pytest.mark.parametrize(
    "bad", [np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8), np.zeros((1, 8, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(PixelError, match="pixels are"):
        look(bad)
