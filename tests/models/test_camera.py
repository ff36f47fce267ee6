"""The camera against the pinhole formulas, worked out point by point."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.models.camera import Camera, CameraConfig, surface_code

CAMERA = Camera(CameraConfig(fov_degrees=90.0, pixel_aspect=1.2, eye_height=41.0), 48, 64)


def test_floor_depth_is_the_pinhole_formula() -> None:
    inverse = CAMERA.floor_inverse_depth()
    for row in (25, 30, 47):
        depth = 41.0 * (32.0 * 1.2) / (row + 0.5 - 24.0)
        assert float(inverse[row, 10]) == pytest.approx(1.0 / depth, rel=1e-5)
    assert float(inverse[:24].max()) == 0.0


def test_a_walker_facing_east_sees_east_ahead_and_south_to_the_right() -> None:
    pose = torch.tensor([[100.0, 200.0, 0.0]])
    points = CAMERA.world_points(pose, torch.full((1, 48, 64), 50.0))
    left, right = points[0, :, 24, 0], points[0, :, 24, 63]
    assert float(left[0]) == pytest.approx(150.0, abs=1e-3)
    assert float(left[1]) == pytest.approx(200.0 + 50.0 * 31.5 / 32.0, abs=1e-3)
    assert float(right[1]) == pytest.approx(200.0 - 50.0 * 31.5 / 32.0, abs=1e-3)


def test_points_on_the_floor_have_height_zero() -> None:
    depth = CAMERA.floor_inverse_depth().clamp(min=1e-6).reciprocal()[None]
    points = CAMERA.world_points(torch.tensor([[3.0, 4.0, 77.0]]), depth)
    assert float(points[0, 2, 25:].abs().max()) < 1e-2


@given(
    x=st.floats(-500, 500),
    y=st.floats(-500, 500),
    heading=st.floats(0, 360),
    depth=st.floats(2, 2000),
)
def test_reprojecting_into_the_same_pose_is_the_identity(
    x: float, y: float, heading: float, depth: float
) -> None:
    pose = torch.tensor([[x, y, heading]])
    points = CAMERA.world_points(pose, torch.full((1, 48, 64), depth))
    grid, seen = CAMERA.reproject(points, pose)
    columns = (torch.arange(64) + 0.5) / 32.0 - 1.0
    rows = (torch.arange(48) + 0.5) / 24.0 - 1.0
    torch.testing.assert_close(grid[0, 5, :, 0], columns, atol=2e-3, rtol=0.0)
    torch.testing.assert_close(grid[0, :, 7, 1], rows, atol=2e-3, rtol=0.0)
    assert float(seen[:, :, 1:-1, 1:-1].min()) == 1.0


def test_what_lies_behind_is_not_seen() -> None:
    here, turned = torch.tensor([[0.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 180.0]])
    points = CAMERA.world_points(here, torch.full((1, 48, 64), 100.0))
    _, seen = CAMERA.reproject(points, turned)
    assert float(seen.max()) == 0.0


def test_surface_code_repeats_with_its_longest_period_and_fades_far_away() -> None:
    points = torch.rand(1, 3, 4, 4) * 0.01  # neighbours close together: nothing fades
    base = surface_code(points, (64.0, 32.0, 16.0))
    torch.testing.assert_close(surface_code(points + 64.0, (64.0, 32.0, 16.0)), base, atol=1e-3, rtol=0.0)
    for number, period in enumerate((64.0, 32.0, 16.0)):
        expected = torch.sin(points * (2.0 * math.pi / period))
        torch.testing.assert_close(base[:, 6 * number : 6 * number + 3], expected, atol=1e-3, rtol=0.0)
    apart = torch.arange(16.0).view(1, 1, 4, 4).expand(1, 3, 4, 4) * 200.0
    assert float(surface_code(apart, (64.0, 32.0, 16.0)).abs().max()) < 0.01
