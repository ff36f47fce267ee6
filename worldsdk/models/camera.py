"""A pinhole camera on a walker's shoulders: the geometry that a first-person world need not learn.

World axes: x east, y north, z up, in the game's map units; heading in degrees, anticlockwise from
east. The camera looks level, ``eye_height`` above a flat floor. Distances are measured along the
viewing direction ("forward depth"), and mostly handled as their inverse: planes are linear in inverse
depth across the image, so it can be predicted small and enlarged without bending walls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class CameraConfig:
    """Attributes:
    fov_degrees: horizontal field of view.
    pixel_aspect: height of a pixel's focal length over its width's (Doom draws pixels 1.2 times as tall).
    eye_height: of the camera above the floor, map units.
    far: largest depth told apart from infinity, map units.
    """

    fov_degrees: float = 90.0
    pixel_aspect: float = 1.2
    eye_height: float = 41.0
    far: float = 4096.0


class Camera(nn.Module):
    """Rays of an image of ``height`` x ``width`` pixels.

    Poses are float32 [B, 3]: x, y (map units), heading (degrees).
    """

    across: Tensor
    down: Tensor

    def __init__(self, config: CameraConfig, height: int, width: int) -> None:
        super().__init__()
        self.config = config
        self.height, self.width = height, width
        self.focal_x = width / 2 / math.tan(math.radians(config.fov_degrees) / 2)
        self.focal_y = self.focal_x * config.pixel_aspect
        columns = (torch.arange(width) + 0.5 - width / 2) / self.focal_x
        rows = (torch.arange(height) + 0.5 - height / 2) / self.focal_y
        self.register_buffer("across", columns.expand(height, width).contiguous(), persistent=False)
        self.register_buffer("down", rows[:, None].expand(height, width).contiguous(), persistent=False)

    def floor_inverse_depth(self) -> Tensor:
        """[H, W]: 1 / depth of the floor along each ray, 0 above the horizon. Nothing lies behind it."""
        return self.down.clamp(min=0.0) / self.config.eye_height

    def world_points(self, pose: Tensor, depth: Tensor) -> Tensor:
        """The world position seen by each pixel.

        Args:
            pose: [B, 3].
            depth: [B, H, W], map units.

        Returns:
            [B, 3, H, W]: x, y, and height above the floor.
        """
        cos, sin = heading_vector(pose[:, 2])
        cos, sin = cos[:, None, None], sin[:, None, None]
        x = pose[:, 0, None, None] + depth * (cos + self.across * sin)
        y = pose[:, 1, None, None] + depth * (sin - self.across * cos)
        return torch.stack([x, y, self.config.eye_height - depth * self.down], dim=1)

    def reproject(self, points: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
        """Where world points lie in the image of another pose.

        Args:
            points: [B, 3, H, W] from ``world_points``.
            pose: [B, 3] of the other camera.

        Returns:
            Sampling grid [B, H, W, 2] for ``grid_sample`` (align_corners=False), and a mask [B, 1, H, W]:
            1 where the point lies in front of that camera and inside its image.
        """
        cos, sin = heading_vector(pose[:, 2])
        cos, sin = cos[:, None, None], sin[:, None, None]
        dx = points[:, 0] - pose[:, 0, None, None]
        dy = points[:, 1] - pose[:, 1, None, None]
        forward = dx * cos + dy * sin
        safe = forward.clamp(min=1.0)
        column = (dx * sin - dy * cos) / safe * (2.0 * self.focal_x / self.width)
        row = (self.config.eye_height - points[:, 2]) / safe * (2.0 * self.focal_y / self.height)
        inside = (forward > 1.0) & (column.abs() <= 1.0) & (row.abs() <= 1.0)
        return torch.stack([column, row], dim=-1), inside[:, None].float()


def heading_vector(heading: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of a heading in degrees."""
    radians = heading * (math.pi / 180.0)
    return radians.cos(), radians.sin()


def surface_code(points: Tensor, periods: tuple[float, ...]) -> Tensor:
    """Fourier features of world positions, faded where a pixel covers more than a period.

    Textures repeat in world coordinates, so sines of the position let a small network paint them where
    they belong. The fading is the integrated encoding of mip-NeRF (Barron et al. 2021, eq. 14) with the
    footprint measured between neighbouring pixels, as ray differentials do (Igehy 1999).

    Args:
        points: [B, 3, H, W], map units.
        periods: halving from first to last, map units; each sine is derived from the one before.

    Returns:
        [B, 6 * len(periods), H, W].
    """
    size = footprint(points)
    angle = points * (2.0 * math.pi / periods[0])
    sin, cos = angle.sin(), angle.cos()
    # A box as wide as the footprint has the variance footprint^2 / 12.
    fade = torch.exp(-((size * (math.pi / periods[0])) ** 2) / 6.0)
    features = []
    for _ in periods:
        features += [sin * fade, cos * fade]
        sin, cos = 2.0 * sin * cos, 1.0 - 2.0 * sin * sin
        fade = fade**4  # half the period doubles the ratio, whose square is in the exponent
    return torch.cat(features, dim=1)


def footprint(points: Tensor) -> Tensor:
    """How far apart neighbouring pixels' world points [B, 3, H, W] lie along each axis, in map units."""
    return _step(points, 2) + _step(points, 3)


def _step(points: Tensor, dim: int) -> Tensor:
    """Absolute difference to the nearer of both neighbours along ``dim``: across an edge of what stands in
    front, the other one lies on another surface.
    """
    step = points.diff(dim=dim).abs()
    last = step.shape[dim] - 1
    after = torch.cat([step, step.narrow(dim, last, 1)], dim=dim)
    before = torch.cat([step.narrow(dim, 0, 1), step], dim=dim)
    return torch.minimum(before, after)
