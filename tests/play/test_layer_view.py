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
    shown = layer_picture({"heat": DEPTH}, "heat", {"heat": (0.0, 100.0)})
    assert (shown == colour_layer(DEPTH, 0.0, 100.0)).all()
    assert (layer_picture({"depth": DEPTH}, "depth", {}) == colour_layer(DEPTH)).all()
    assert layer_picture({}, "depth", {}) is None and picture_names({}) == ()


def test_depth_tells_the_walls_of_a_room_apart_before_a_far_horizon():
    room = np.array([[40.0, 80.0, 160.0, 320.0, 4096.0]], np.float32)
    near = layer_picture({"depth": room}, "depth", {"depth": (0.0, 4096.0)})[0].astype(int)
    # Twice as far is as much darker each time, and the horizon is the darkest.
    light = near @ [2, 7, 1]
    assert (np.diff(light) < -150).all()
    assert near[4].tolist() == colour_layer(np.array([[1.0]], np.float32), 0.0, 1.0)[0, 0].tolist()
