"""Layers as pictures: which there are, and in which colours."""

import numpy as np

from worldsdk.pixels import colour_layer, colour_motion
from worldsdk.play.layer_view import layer_picture, picture_names

DEPTH = np.linspace(0.0, 50.0, 12, dtype=np.float32).reshape(3, 4)


def test_the_two_halves_of_motion_are_one_picture():
    layers = {"depth": DEPTH, "motion_x": DEPTH - 20.0, "motion_y": DEPTH * 0.0, "heat": DEPTH}
    assert picture_names(layers) == ("depth", "motion", "heat")
    shown = layer_picture(layers, "motion", {})
    assert (shown == colour_motion(layers["motion_x"], layers["motion_y"])).all()
    half = {"motion_x": DEPTH}
    assert picture_names(half) == ("motion_x",)
    assert layer_picture(half, "motion", {}) is None and layer_picture(half, "motion_x", {}) is not None


def test_limits_are_used_where_they_are_known():
    shown = layer_picture({"depth": DEPTH}, "depth", {"depth": (0.0, 100.0)})
    assert (shown == colour_layer(DEPTH, 0.0, 100.0)).all()
    assert (layer_picture({"depth": DEPTH}, "depth", {}) == colour_layer(DEPTH)).all()
    assert layer_picture({}, "depth", {}) is None and picture_names({}) == ()
