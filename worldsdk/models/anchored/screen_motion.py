"""Motion vectors: where on the previous frame each pixel's point of the world was.

Depth and both poses are known, so nothing is learnt here: a pixel's point is placed in the world and
projected into the camera of one tick before. Things are flat pictures that face the viewer, so theirs are
moved as flat pictures too, by the thing's own step and the camera's. The sign is that of temporal upscalers
(FidelityFX Super Resolution 2, DLSS: from the current pixel to where it was): a pixel's position plus its
vector is where to sample the previous frame.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.anchored.config import AnchoredConfig
from worldsdk.models.anchored.situation import THING
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]

BORN = THING
"""Column behind those of a remembered thing: 1 for one that was nowhere a tick before."""


class ScreenMotion:
    """Of one camera: frames of ``height`` x ``width`` pixels."""

    def __init__(self, config: AnchoredConfig) -> None:
        self.height, self.width = config.height * config.fine, config.width * config.fine
        self.sprite = float(config.sprite)
        focal = self.width / 2 / math.tan(math.radians(config.camera.fov_degrees) / 2)
        self.focal = focal, focal * config.camera.pixel_aspect
        self._nowhere = np.zeros((self.height, self.width), np.float32)
        # As layers are: the compiler takes arrays that can be written to for another type.
        self._nowhere.flags.writeable = False

    def warm_up(self) -> None:
        """Compiles the loop, or reads it from disk: a first look must not hold up a world that runs."""
        self.vectors(self._nowhere, np.zeros((2, 3), np.float32))

    def vectors(
        self, depth: Floats, poses: Floats, kinds: Floats | None = None, things: Floats | None = None
    ) -> Floats:
        """Motion of every pixel in one tick.

        Args:
            depth: [H, W], map units, of this frame.
            poses: [2, 3], x, y (map units) and heading (degrees) of the frame before and of this one.
            kinds: [H, W], kind of the thing that covers a pixel, 0 where none does.
            things: [S, THING + 1], those of ``situation`` at this frame, and ``BORN``. Both are left out
                where none are followed.

        Returns:
            [2, H, W], pixels to the right and down; within the width and the height. What the previous camera
            had behind it, and a thing that was nowhere, gets the whole width: a place outside the picture.
        """
        if kinds is None or things is None:
            kinds, things = self._nowhere, np.zeros((0, BORN + 1), np.float32)
        out = np.empty((2, self.height, self.width), np.float32)
        _trace(depth, poses, kinds, things, *self.focal, self.sprite, out)
        return out


@kernel(fastmath=False)
def _seen(pose: Floats, x: float, y: float) -> tuple[float, float]:
    """Distance of a place ahead of a pose and to the right of it."""
    cos, sin = math.cos(pose[2] * math.pi / 180.0), math.sin(pose[2] * math.pi / 180.0)
    dx, dy = x - pose[0], y - pose[1]
    return dx * cos + dy * sin, dx * sin - dy * cos


@kernel(fastmath=False)
def _trace(
    depth: Floats,
    poses: Floats,
    kinds: Floats,
    things: Floats,
    focal_x: float,
    focal_y: float,
    sprite: float,
    out: Floats,
) -> None:
    height, width = depth.shape
    degree = math.pi / 180.0
    turned = (poses[1, 2] - poses[0, 2]) * degree
    turned_cos, turned_sin = math.cos(turned), math.sin(turned)
    # How far ahead of the previous camera, and to its right, this one stands.
    came_ahead, came_aside = _seen(poses[0], poses[1, 0], poses[1, 1])
    # Of each thing: distance ahead and to the right now, the same a tick ago, and how much lower it was.
    figures = np.zeros((len(things), 5))
    for s in range(len(things)):
        if things[s, 0] < 0.5:
            continue
        figures[s, 0], figures[s, 1] = _seen(poses[1], things[s, 1], things[s, 2])
        # Its last step was in this tick, or in one before.
        moved = 1.0 if things[s, 8] < 0.5 else 0.0
        x, y = things[s, 1] - moved * things[s, 5], things[s, 2] - moved * things[s, 6]
        figures[s, 2], figures[s, 3] = _seen(poses[0], x, y)
        figures[s, 4] = moved * things[s, 7]
        if things[s, 9] > 0.5:
            figures[s, 2] = 0.0
    for v in range(height):
        down = (v + 0.5 - height / 2) / focal_y
        for u in range(width):
            across = (u + 0.5 - width / 2) / focal_x
            z = depth[v, u]
            chosen = -1
            if kinds[v, u] > 0.5:
                least = np.inf
                for s in range(len(things)):
                    if abs(things[s, 0] - kinds[v, u]) > 0.5 or abs(figures[s, 0] - z) >= least:
                        continue
                    # Half the picture's width would do, but pixels at its edge are only partly its own.
                    if abs(across * figures[s, 0] - figures[s, 1]) < sprite:
                        chosen, least = s, abs(figures[s, 0] - z)
            if chosen >= 0:
                forward = figures[chosen, 2]
                right = figures[chosen, 3] + across * figures[chosen, 0] - figures[chosen, 1]
                drop = down * figures[chosen, 0] + figures[chosen, 4]
            else:
                forward = came_ahead + z * (turned_cos + across * turned_sin)
                right = came_aside + z * (across * turned_cos - turned_sin)
                drop = down * z
            if forward <= 1.0:
                out[0, v, u], out[1, v, u] = width, height
                continue
            scale = 1.0 / forward
            out[0, v, u] = min(max((right * scale - across) * focal_x, -width), width)
            out[1, v, u] = min(max((drop * scale - down) * focal_y, -height), height)
