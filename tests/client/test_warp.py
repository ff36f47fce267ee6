"""Turning the last picture with the camera: the gain is learnt from the pictures themselves."""

import numpy as np
import pytest

from worldsdk.client.warp import ENOUGH, LONGEST_BEATS, CameraWarp, heading_of, shifted

PIXELS_PER_DEGREE = -0.8
WIDTH, HEIGHT = 64, 48


@pytest.fixture(scope="module")
def panorama():
    """A smooth ring of colours, 360 degrees around."""
    rng = np.random.default_rng(1)
    width = round(360 * abs(PIXELS_PER_DEGREE))
    angle = np.arange(width) * 2 * np.pi / width
    waves = sum(rng.normal() * np.sin(n * angle + rng.uniform(0, 6)) for n in range(1, 25))
    row = 128 + 90 * waves / np.abs(waves).max()
    return np.repeat(np.repeat(row[None, :, None], HEIGHT, 0), 3, 2).astype(np.uint8)


def view(panorama, heading):
    """What a camera sees; a rising heading moves the picture by ``PIXELS_PER_DEGREE``."""
    left = round(-heading * PIXELS_PER_DEGREE)
    return np.take(panorama, np.arange(left, left + WIDTH), axis=1, mode="wrap")


def learn(warp, panorama, headings):
    for tick, heading in enumerate(headings):
        warp.learn(tick, view(panorama, heading), {"heading": heading % 360.0})


def test_the_gain_is_learnt_with_its_sign(panorama):
    warp = CameraWarp("heading")
    learn(warp, panorama, np.cumsum([5.0] * 20))
    assert warp.gain == pytest.approx(PIXELS_PER_DEGREE, rel=0.05)
    other = CameraWarp("heading")
    learn(other, panorama, 400.0 - np.cumsum([5.0] * 90))
    assert other.gain == pytest.approx(PIXELS_PER_DEGREE, rel=0.05)


def test_a_late_frame_is_guessed_better_than_held(panorama):
    warp = CameraWarp("heading")
    headings = np.cumsum([5.0] * 20)
    learn(warp, panorama, headings)
    last, coming = view(panorama, headings[-1]), view(panorama, headings[-1] + 5.0)
    shift = warp.shift(1.0)
    guessed = shifted(last, shift)
    assert shift == round(5.0 * PIXELS_PER_DEGREE)
    error = np.abs(guessed.astype(int) - coming).mean()
    assert error < 0.4 * np.abs(last.astype(int) - coming).mean()
    assert warp.shift(100.0) == warp.shift(LONGEST_BEATS)


def test_nothing_is_turned_where_nothing_turned(panorama):
    warp = CameraWarp("heading")
    learn(warp, panorama, [*np.cumsum([5.0] * 20), 100.0, 100.0])
    assert warp.gain is not None and warp.shift(1.0) == 0


def test_too_few_pairs_and_worlds_without_a_camera_teach_nothing(panorama):
    few = CameraWarp("heading")
    learn(few, panorama, np.cumsum([5.0] * ENOUGH))
    assert few.gain is None and few.shift(2.0) == 0
    rng = np.random.default_rng(2)
    noise = CameraWarp("heading")
    for tick in range(40):
        pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        noise.learn(tick, pixels, {"heading": 7.0 * tick % 360})
    assert noise.gain is None
    assert CameraWarp(None).shift(1.0) == 0
    missing = CameraWarp("heading")
    missing.learn(0, view(panorama, 0.0), {"x": 1.0})
    assert missing.gain is None


def test_a_jump_says_nothing_about_the_next_frame(panorama):
    warp = CameraWarp("heading")
    learn(warp, panorama, np.cumsum([5.0] * 20))
    warp.forget()
    assert warp.shift(1.0) == 0 and warp.gain is not None
    warp.learn(3, view(panorama, 10.0), {"heading": 10.0})
    warp.learn(2, view(panorama, 90.0), {"heading": 90.0})
    assert warp.shift(1.0) == 0


def test_shifting_moves_and_repeats_the_edge():
    picture = np.arange(5, dtype=np.uint8)[None, :, None].repeat(2, 0).repeat(3, 2)
    assert shifted(picture, 2)[0, :, 0].tolist() == [0, 0, 0, 1, 2]
    assert shifted(picture, -2)[0, :, 0].tolist() == [2, 3, 4, 4, 4]
    assert np.array_equal(shifted(picture, 0), picture) and shifted(picture, 50).max() == 0


def test_which_variable_is_the_heading():
    assert heading_of(("x", "y", "heading")) == "heading" and heading_of(("yaw",)) == "yaw"
    assert heading_of(("x",)) is None
