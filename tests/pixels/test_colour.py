import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worldsdk.errors import PixelError
from worldsdk.pixels import colour_layer

layers = arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(-1e6, 1e6, width=32),
)


@settings(deadline=None)
@given(layers)
def test_far_is_never_lighter_than_near(layer):
    out = colour_layer(layer)
    assert out.shape == (*layer.shape, 3) and out.dtype == np.uint8
    light = (out.astype(int) @ [2, 7, 1]).ravel()[np.argsort(layer, axis=None, kind="stable")]
    assert (np.diff(light) <= 0).all()


def test_values_outside_the_limits_are_clamped_and_nan_is_near():
    row = colour_layer(np.array([[-5.0, 0.0, 1.0, 9.0, np.nan, np.inf, -np.inf]], np.float32), 0.0, 1.0)[0]
    near, far = row[1].tolist(), row[2].tolist()
    assert near != far
    assert [pixel.tolist() for pixel in row] == [near, near, far, far, near, far, near]


def test_a_flat_layer_is_one_colour():
    assert len(np.unique(colour_layer(np.full((3, 4), 2.5, np.float32)).reshape(-1, 3), axis=0)) == 1
    assert len(np.unique(colour_layer(np.full((3, 4), np.nan, np.float32)).reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("limits", [(1.0, 0.0), (0.0, float("nan")), (float("-inf"), 0.0)])
def test_bad_limits_are_refused(limits):
    with pytest.raises(PixelError, match="limits"):
        colour_layer(np.zeros((2, 2), np.float32), *limits)


@pytest.mark.parametrize("shape", [(2,), (2, 2, 1), (0, 3)])
def test_bad_shapes_are_refused(shape):
    with pytest.raises(PixelError, match="shape"):
        colour_layer(np.zeros(shape, np.float32))
