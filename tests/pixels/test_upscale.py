import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import map_coordinates

from worldsdk.errors import PixelError
from worldsdk.pixels import METHODS, upscale
from worldsdk.pixels.edge import MIDDLE_PIXELS, middle_factor

sides = st.integers(1, 12)
pictures = st.tuples(sides, sides).flatmap(lambda s: arrays(np.uint8, (*s, 3)))
targets = st.integers(1, 70)
methods = st.sampled_from(METHODS)


@settings(deadline=None)
@given(pictures, targets, targets, methods)
def test_shape_is_as_asked_and_no_value_leaves_the_input_range(pixels, height, width, method):
    out = upscale(pixels, height, width, method)
    assert out.shape == (height, width, 3) and out.dtype == np.uint8
    for channel in range(3):
        assert out[..., channel].min() >= pixels[..., channel].min()
        assert out[..., channel].max() <= pixels[..., channel].max()


@settings(deadline=None)
@given(
    st.tuples(*[st.integers(0, 255)] * 3),
    st.tuples(sides, sides),
    targets,
    targets,
    methods,
)
def test_a_constant_picture_stays_constant(colour, shape, height, width, method):
    out = upscale(np.full((*shape, 3), colour, np.uint8), height, width, method)
    assert (out == colour).all()


@settings(deadline=None)
@given(pictures, methods)
def test_ratio_one_changes_nothing(pixels, method):
    assert (upscale(pixels, *pixels.shape[:2], method) == pixels).all()


@settings(deadline=None)
@given(pictures, st.integers(1, 6), st.integers(1, 6))
def test_nearest_repeats_pixels_at_whole_ratios(pixels, tall, wide):
    h, w = pixels.shape[:2]
    expected = pixels.repeat(tall, axis=0).repeat(wide, axis=1)
    assert (upscale(pixels, h * tall, w * wide, "nearest") == expected).all()


@settings(deadline=None)
@given(pictures, targets, targets)
def test_bilinear_agrees_with_scipy(pixels, height, width):
    h, w = pixels.shape[:2]
    ys = (np.arange(height) + 0.5) * h / height - 0.5
    xs = (np.arange(width) + 0.5) * w / width - 0.5
    grid = np.meshgrid(ys, xs, indexing="ij")
    out = upscale(pixels, height, width, "bilinear").astype(float)
    for channel in range(3):
        reference = map_coordinates(pixels[..., channel].astype(float), grid, order=1, mode="nearest")
        assert np.abs(out[..., channel] - reference).max() <= 0.51


def test_edge_draws_a_slanted_line_nearer_the_truth_than_bilinear():
    # A half-plane rendered fine and reduced by box averages, as a game's small picture would be.
    y, x = np.mgrid[0:480, 0:640]
    fine = np.where(y > 100 + 0.4 * x, 220, 30).astype(np.uint8)
    small = fine.reshape(48, 10, 64, 10).mean(axis=(1, 3)).round().astype(np.uint8)
    small = np.repeat(small[..., None], 3, axis=2)
    error = {
        method: np.abs(upscale(small, 480, 640, method)[..., 0].astype(int) - fine).mean()
        for method in METHODS
    }
    assert error["edge"] < 0.6 * error["bilinear"]
    assert error["edge"] < 0.8 * error["nearest"]


def test_edge_is_deterministic_and_takes_strided_input():
    pixels = np.random.default_rng(0).integers(0, 256, (48, 128, 3), dtype=np.uint8)[:, ::2]
    first = upscale(pixels, 480, 640, "edge")
    assert (first == upscale(pixels.copy(), 480, 640, "edge")).all()


def test_output_goes_into_the_buffer_given():
    buffer = np.zeros((20, 30, 3), np.uint8)
    pixels = np.full((4, 5, 3), 9, np.uint8)
    assert upscale(pixels, 20, 30, "edge", buffer) is buffer
    assert (buffer == 9).all()


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 2000), st.integers(1, 2000))
def test_the_middle_picture_is_bounded(height, width, out_height, out_width):
    factor = middle_factor(height, width, out_height, out_width)
    assert 1 <= factor <= 4
    assert factor == 1 or height * width * factor**2 <= MIDDLE_PIXELS


@pytest.mark.parametrize(
    ("pixels", "size", "method", "out", "says"),
    [
        (np.zeros((4, 4), np.uint8), (8, 8), "edge", None, "uint8 [4, 4]"),
        (np.zeros((4, 4, 3), np.float32), (8, 8), "edge", None, "float32"),
        (np.zeros((0, 4, 3), np.uint8), (8, 8), "edge", None, "[0, 4, 3]"),
        ([[1]], (8, 8), "edge", None, "list"),
        (np.zeros((4, 4, 3), np.uint8), (0, 8), "edge", None, "8x0"),
        (np.zeros((4, 4, 3), np.uint8), (8, 8), "lanczos", None, "lanczos"),
        (np.zeros((4, 4, 3), np.uint8), (8, 8), "edge", np.zeros((8, 9, 3), np.uint8), "[8, 9, 3]"),
        (np.zeros((4, 4, 3), np.uint8), (8, 8), "edge", np.zeros((16, 8, 3), np.uint8)[::2], "contiguous"),
    ],
)
def test_bad_input_is_refused_by_name(pixels, size, method, out, says):
    with pytest.raises(PixelError) as caught:
        upscale(pixels, *size, method, out)
    assert says in str(caught.value)
