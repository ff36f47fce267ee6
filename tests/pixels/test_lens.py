"""From the world to the screen and back: the inverse of each other, and the camera of the anchored family."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import PixelError
from worldsdk.models.camera import Camera, CameraConfig
from worldsdk.pixels import Lens

LENS = Lens(480, 640)


@given(
    st.floats(-500, 500), st.floats(-500, 500), st.floats(0, 360), st.integers(0, 47), st.integers(0, 63),
    st.floats(5, 900),
)  # fmt: skip
def test_a_pixel_s_place_in_the_world_is_seen_at_that_pixel(x, y, heading, row, column, depth):
    state = {"x": x, "y": y, "heading": heading, "health": 3.0}
    layer = np.full((48, 64), depth, np.float32)
    places = [axis[row, column] for axis in LENS.unproject(state, layer)]
    seen = LENS.project(state, *places)
    assert seen.column == pytest.approx((column + 0.5) * 10, abs=1e-3)
    assert seen.row == pytest.approx((row + 0.5) * 10, abs=1e-3)
    assert seen.depth == pytest.approx(float(np.float32(depth)), rel=1e-4)


def test_it_is_the_camera_that_the_model_has():
    config = CameraConfig(fov_degrees=75.0, pixel_aspect=1.1, eye_height=30.0)
    camera = Camera(config, 48, 64)
    lens = Lens(48, 64, config.fov_degrees, config.pixel_aspect, config.eye_height, config.far)
    pose, depth = torch.tensor([[12.0, -7.0, 130.0]]), torch.rand(1, 48, 64) * 300.0 + 5.0
    expected = camera.world_points(pose, depth)[0].numpy()
    found = lens.unproject({"x": 12.0, "y": -7.0, "heading": 130.0}, depth[0].numpy())
    np.testing.assert_allclose(np.stack(found), expected, atol=1e-3)


def test_directions_and_sizes():
    state = {"x": 0.0, "y": 0.0, "heading": 90.0}
    ahead = LENS.project(state, 0.0, 100.0, 41.0)
    assert (ahead.column, ahead.row, ahead.depth) == pytest.approx((320.0, 240.0, 100.0))
    # Looking north, east is to the right; what is on the ground is below the middle.
    right = LENS.project(state, 10.0, 100.0)
    assert right.column > 320.0 and right.row > 240.0
    assert right.column - 320.0 == pytest.approx(10.0 * right.across)
    assert right.down == pytest.approx(1.2 * right.across)
    behind = LENS.project(state, 0.0, -50.0)
    assert behind.depth == pytest.approx(-50.0) and np.isfinite(behind).all()


def test_impossible_lenses_and_layers_are_refused():
    for settings in ({"height": 0, "width": 4}, {"height": 3, "width": 4, "fov_degrees": 180.0}):
        with pytest.raises(PixelError, match="field of view"):
            Lens(**settings)
    with pytest.raises(PixelError, match="depth"):
        LENS.unproject({"x": 0.0, "y": 0.0, "heading": 0.0}, np.zeros(3, np.float32))
