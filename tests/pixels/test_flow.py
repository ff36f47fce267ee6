"""Colours of motion: a hue for each direction, the stronger the faster."""

import colorsys

import numpy as np
import pytest

from worldsdk.errors import PixelError
from worldsdk.pixels import colour_motion


def colours(x, y, **more):
    layers = (np.array([values], np.float32) for values in (x, y))
    return colour_motion(*layers, **more)[0]


def test_directions_have_the_hues_of_the_wheel():
    angles = np.arange(0, 360, 15)
    turned = np.radians(angles)
    shown = colours(9.0 * np.cos(turned), 9.0 * np.sin(turned))
    hues = np.array([colorsys.rgb_to_hsv(*(pixel / 255.0))[0] * 360.0 for pixel in shown])
    apart = (hues - angles + 180.0) % 360.0 - 180.0
    assert np.abs(apart).max() < 3.0
    right, down = colours([9.0, 0.0], [0.0, 9.0]).astype(int)
    assert right[0] > right[1] + 100 and right[0] > right[2] + 100
    assert down[1] > down[2] + 100


def test_strength_grows_with_speed_and_standing_still_is_grey():
    shown = colours([0.0, 0.5, 2.0, 6.0, 60.0, np.nan], [0.0] * 6).astype(int)
    spread = shown.max(axis=1) - shown.min(axis=1)
    assert spread[0] == spread[5] == 0 and shown[0, 0] > 200
    assert (np.diff(spread[:5]) > 0).all() and spread[3] == pytest.approx(235 / 2, abs=1)
    assert colours([2.0], [0.0], reach=2.0)[0].tolist() == shown[3].tolist()


@pytest.mark.parametrize("reach", [0.0, -1.0, float("nan"), float("inf")])
def test_wrong_arguments_are_named(reach):
    layer = np.zeros((2, 3), np.float32)
    with pytest.raises(PixelError, match="reach"):
        colour_motion(layer, layer, reach)
    with pytest.raises(PixelError, match="shapes"):
        colour_motion(layer, layer.T)
    with pytest.raises(PixelError, match="shapes"):
        colour_motion(layer[:0], layer[:0])
