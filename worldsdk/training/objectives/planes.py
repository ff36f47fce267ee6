"""Finding the flat walls of a place in recorded depth: straight lines in its plan, seen from above.

A depth buffer is coarse, and its error is not: over many frames it averages out. Lines are taken out one by
one, the longest stretch with the most points on it first (random sample consensus, Fischler and Bolles 1981).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.anchored.walls import PLANE
from worldsdk.models.camera import Camera
from worldsdk.training.footage import Footage

FRAMES = 4096
"""Looked at, at most."""
FARTHEST = 400.0
"""Map units up to which recorded depth is taken for exact enough."""
ON_LINE = 2.0
"""Map units from a line within which a point lies on it: about a step of the depth buffer."""
TRIALS = 400
SUPPORT = 0.006
"""Share of all points that a wall has at least."""
BIN = 16.0
GAP = 3
"""Empty bins along a line after which another wall begins."""
REACH = 2.0
"""Map units by which a wall is drawn longer than it was seen, so that corners close."""
GRID = 8.0
"""Map units on which the makers of such maps draw walls that run along an axis, and end them."""
OFF_GRID = 1.0
"""Map units by which what was found may miss the grid, and still be taken to lie on it."""
SAME = 0.1
"""Relative difference of depth up to which a pixel shows the wall that the horizon of its column shows."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Plan:
    """What stands at eye height, seen from above.

    Attributes:
        points: [N, 2], map units.
        tops: [N], up to which height the same depth is seen above each; NaN where the image ends first.
    """

    points: Floats
    tops: Floats


def find_walls(footage: Footage, camera: Camera, most: int, seed: int = 0) -> Tensor:
    """[most, PLANE]: the walls in training frames, those seen most first, the rest zero (see ``Walls``)."""
    draw = np.random.default_rng(seed)
    plan = _plan(footage, camera, draw)
    left = np.ones(len(plan.points), bool)
    least = max(1.0, SUPPORT * len(plan.points))
    walls = np.zeros((most, PLANE), np.float32)
    known_tops = plan.tops[np.isfinite(plan.tops)]
    usual = float(np.median(known_tops)) if len(known_tops) else 2.0 * camera.config.eye_height
    for index in range(most):
        found = _line(plan.points[left], draw)
        if found is None:
            break
        nx, ny, reach, begin, end = found
        away = np.abs(plan.points @ np.array([nx, ny], np.float32) - reach)
        along = plan.points @ np.array([-ny, nx], np.float32)
        # What lies about it is noise of the same wall.
        near = left & (away < 3.0 * ON_LINE) & (along > begin - REACH) & (along < end + REACH)
        if near.sum() < least:
            break
        tops = plan.tops[near]
        tops = tops[np.isfinite(tops)]
        top = float(np.median(tops)) if len(tops) > 20 else usual
        if max(abs(nx), abs(ny)) > 0.9999:
            nx, ny, reach = float(round(nx)), float(round(ny)), _on_grid(reach)
        walls[index] = nx, ny, reach, begin - REACH, end + REACH, GRID * math.ceil(top / GRID)
        left &= ~near
    return torch.from_numpy(walls).to(footage.pixels.device)


def _on_grid(length: float) -> float:
    nearest = GRID * round(length / GRID)
    return nearest if abs(length - nearest) <= OFF_GRID else length


def _plan(footage: Footage, camera: Camera, draw: np.random.Generator) -> _Plan:
    count = min(FRAMES, len(footage.train))
    at = torch.from_numpy(np.sort(draw.choice(footage.train, count, replace=False)))
    at = at.to(footage.pixels.device)
    depth = footage.layers["depth"][at].float().cpu().numpy()
    farthest = min(FARTHEST, 0.98 * float(footage.layers["depth"].max()))
    pose = footage.variables[at, :3].cpu().numpy()
    level = camera.height // 2 - 1
    across, down = camera.across[0].cpu().numpy(), camera.down[:, 0].cpu().numpy()
    seen = depth[:, level] < farthest
    if "labels" in footage.layers:
        seen &= footage.layers["labels"][at][:, level].cpu().numpy() == 0
    heading = np.radians(pose[:, 2:])
    cos, sin = np.cos(heading), np.sin(heading)
    wall = depth[:, level]
    points = np.stack(
        [pose[:, :1] + wall * (cos + across * sin), pose[:, 1:2] + wall * (sin - across * cos)], axis=-1
    )
    same = np.abs(depth[:, : level + 1] / wall[:, None] - 1.0) < SAME
    # From the horizon upward, up to the first pixel that shows something else.
    rows = np.logical_and.accumulate(same[:, ::-1], axis=1).sum(axis=1)
    edge = level - rows
    slope = (down[np.clip(edge, 0, level)] + down[np.clip(edge + 1, 0, level)]) / 2.0
    top = np.where(edge >= 0, camera.config.eye_height - wall * slope, np.nan)
    return _Plan(points[seen].astype(np.float32), top[seen].astype(np.float32))


def _line(points: Floats, draw: np.random.Generator) -> tuple[float, float, float, float, float] | None:
    """The stretch of straight line with the most of points [N, 2] on it: normal, reach, begin, end."""
    if len(points) < 50:
        return None
    some = points[draw.choice(len(points), min(4000, len(points)), replace=False)]
    one, two = some[draw.integers(len(some), size=(2, TRIALS))]
    tangent = two - one
    length = np.hypot(tangent[:, 0], tangent[:, 1])
    usable = (length > 24.0) & (length < 400.0)
    if not usable.any():
        return None
    tangent = tangent[usable] / length[usable, None]
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    reach = (normal * one[usable]).sum(1)
    on = np.abs(some @ normal.T - reach) < ON_LINE
    best = max(range(len(reach)), key=lambda i: _stretch(some[on[:, i]] @ tangent[i])[2])
    nx, ny, to = float(normal[best, 0]), float(normal[best, 1]), float(reach[best])
    for tolerance in (2.0 * ON_LINE, ON_LINE, ON_LINE):
        along = points @ np.array([-ny, nx], np.float32)
        near = np.abs(points @ np.array([nx, ny], np.float32) - to) < tolerance
        begin, end, count = _stretch(along[near])
        if count < 20:
            return None
        inliers = points[near & (along >= begin) & (along <= end)].astype(np.float64)
        middle = inliers.mean(0)
        _, vectors = np.linalg.eigh(np.cov((inliers - middle).T))
        nx, ny = (float(value) for value in vectors[:, 0])
        to = float(middle @ vectors[:, 0])
    along = points @ np.array([-ny, nx], np.float32)
    near = np.abs(points @ np.array([nx, ny], np.float32) - to) < ON_LINE
    begin, end, _ = _stretch(along[near])
    return nx, ny, to, begin, end


def _stretch(along: Floats) -> tuple[float, float, int]:
    """Begin, end and number of points of the fullest stretch without a gap."""
    if len(along) == 0:
        return 0.0, 0.0, 0
    low = float(along.min())
    bins = np.bincount(((along - low) / BIN).astype(np.int64))
    filled = np.flatnonzero(bins >= 0.02 * bins.max())
    runs = np.split(filled, np.flatnonzero(np.diff(filled) > GAP) + 1)
    run = max(runs, key=lambda r: int(bins[r].sum()))
    inside = along[(along >= low + BIN * run[0]) & (along <= low + BIN * (run[-1] + 1))]
    return float(inside.min()), float(inside.max()), len(inside)
