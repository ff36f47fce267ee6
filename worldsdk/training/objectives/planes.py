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
"""Map units up to which recorded depth is taken for exact enough, where nothing else is said."""
ON_LINE = 2.0
"""Map units from a line within which a point lies on it: about a step of the depth buffer."""
TRIALS = 400
SUPPORT = 0.001
"""Share of all points that a wall has at least."""
BIN = 16.0
GAP = 3
"""Empty bins along a line after which another wall begins."""
SEEN_THROUGH = 16.0
"""Map units behind a line that a column of the image must reach, to have been seen through it."""
REACH = 2.0
"""Map units by which a wall is drawn longer than it was seen, so that corners close."""
GRID = 8.0
"""Map units on which the makers of such maps draw walls that run along an axis, and end them."""
SPARE = 2.0 * GRID
"""Map units beyond its points in which the end of such a wall is looked for."""
OFF_GRID = 1.0
"""Map units by which what was found may miss the grid, and still be taken to lie on it."""
SAME = 0.1
"""Relative difference of depth up to which a pixel shows the wall that the horizon of its column shows."""

Floats = NDArray[np.float32]
Line = tuple[float, float, float, float, float]
"""Normal x and y, reach along it, begin and end along (-normal y, normal x)."""


@dataclass(frozen=True)
class _Plan:
    """What stands at eye height, seen from above.

    Attributes:
        within: map units up to which depth is exact enough.
        points: [N, 2], map units.
        tops: [N], up to which height the same depth is seen above each; NaN where the image ends first.
        eyes: [R, 2] and rays: [R, 2], where each column was looked at from and how it runs on with depth.
        depth: [R], map units; infinite where it was recorded as saturated.
    """

    within: float
    points: Floats
    tops: Floats
    eyes: Floats
    rays: Floats
    depth: Floats


def find_walls(
    footage: Footage, camera: Camera, most: int, seed: int = 0, *, within: float = FARTHEST
) -> Tensor:
    """[most, PLANE]: the walls in training frames, those seen most first, the rest zero (see ``Walls``).

    within: map units up to which recorded depth is taken for exact enough.
    """
    draw = np.random.default_rng(seed)
    plan = _plan(footage, camera, draw, within)
    left = np.ones(len(plan.points), bool)
    least = max(1.0, SUPPORT * len(plan.points))
    known_tops = plan.tops[np.isfinite(plan.tops)]
    usual = float(np.median(known_tops)) if len(known_tops) else 2.0 * camera.config.eye_height
    walls: list[tuple[float, ...]] = []
    for _ in range(2 * most):
        found = _line(plan.points[left], draw)
        if found is None or len(walls) == most:
            break
        line = _straightened(*found, plan.points[left])
        nx, ny, reach, begin, end = _closed(plan, *line)
        away = np.abs(plan.points @ np.array([nx, ny], np.float32) - reach)
        along = plan.points @ np.array([-ny, nx], np.float32)
        # What lies about it is noise of the same wall.
        near = left & (away < 3.0 * ON_LINE) & (along > begin - REACH) & (along < end + REACH)
        if near.sum() < least:
            # A line by chance, through what is no wall: its points are of no use to others either.
            left &= (away > ON_LINE) | (along < line[3]) | (along > line[4])
            continue
        tops = plan.tops[near]
        tops = tops[np.isfinite(tops)]
        top = float(np.median(tops)) if len(tops) > 20 else usual
        over = 0.0 if 0.0 in (nx, ny) else REACH
        walls.append((nx, ny, reach, begin - over, end + over, GRID * round(top / GRID)))
        left &= ~near
    planes = torch.zeros(most, PLANE)
    planes[: len(walls)] = torch.tensor(walls).view(-1, PLANE)
    return planes.to(footage.pixels.device)


def _straightened(nx: float, ny: float, reach: float, begin: float, end: float, points: Floats) -> Line:
    """The line, laid along an axis and on the grid where it lies so but for noise."""
    if min(abs(nx), abs(ny)) * (end - begin) > 2.0 * ON_LINE:
        return nx, ny, reach, begin, end
    straight_x, straight_y = float(round(nx)), float(round(ny))
    along = points @ np.array([-ny, nx], np.float32)
    away = points @ np.array([nx, ny], np.float32)
    on = points[(np.abs(away - reach) < ON_LINE) & (along >= begin) & (along <= end)]
    straight = float(np.median(on @ np.array([straight_x, straight_y], np.float32)))
    nearest = GRID * round(straight / GRID)
    return straight_x, straight_y, nearest if abs(straight - nearest) <= OFF_GRID else straight, begin, end


def _plan(footage: Footage, camera: Camera, draw: np.random.Generator, within: float) -> _Plan:
    count = min(FRAMES, len(footage.train))
    at = torch.from_numpy(np.sort(draw.choice(footage.train, count, replace=False)))
    at = at.to(footage.pixels.device)
    depth = footage.layers["depth"][at].float().cpu().numpy()
    saturated = float(footage.layers["depth"].max())
    farthest = min(within, 0.98 * saturated)
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
    # A ceiling begins as far away as its wall, and is told from it only when it has come nearer: then it says
    # itself how high it is.
    next_up = np.take_along_axis(depth, np.clip(edge, 0, level)[:, None], axis=1)[:, 0]
    seen_up = np.where(next_up < wall, next_up * down[np.clip(edge, 0, level)], wall * slope)
    top = np.where(edge >= 0, camera.config.eye_height - seen_up, np.nan)
    rays = np.stack([cos + across * sin, sin - across * cos], axis=-1).reshape(-1, 2)
    eyes = np.repeat(pose[:, :2], camera.width, axis=0)
    reached = np.where(wall < 0.98 * saturated, wall, np.inf).ravel()
    found = (a.astype(np.float32) for a in (points[seen], top[seen], eyes, rays, reached))
    return _Plan(within, *found)


def _closed(plan: _Plan, nx: float, ny: float, reach: float, begin: float, end: float) -> Line:
    """The longest part of a line that nobody has seen through: doorways end a wall.

    Along an axis it ends where the makers end walls, on the grid.
    """
    normal, tangent = np.array([nx, ny], np.float32), np.array([-ny, nx], np.float32)
    straight = 0.0 in (nx, ny)
    if straight:
        begin, end = GRID * math.floor(begin / GRID) - SPARE, GRID * math.ceil(end / GRID) + SPARE
    towards = plan.rays @ normal
    depth = (reach - plan.eyes @ normal) / np.where(np.abs(towards) < 1e-3, np.float32(np.nan), towards)
    along = plan.eyes @ tangent + depth * (plan.rays @ tangent)
    looked = (depth > 8.0) & (depth < plan.within) & (along >= begin) & (along < end)
    where = ((along[looked] - begin) / GRID).astype(np.int64)
    count = math.ceil((end - begin) / GRID)
    beyond = (plan.depth[looked] - depth[looked]) * np.abs(towards[looked])
    stopped = np.bincount(where[np.abs(beyond) < 3.0 * ON_LINE], minlength=count)
    through = np.bincount(where[beyond > SEEN_THROUGH], minlength=count)
    # Beyond its ends nothing is wall that was not seen to be.
    closed = np.flatnonzero((through <= stopped) & ((stopped > 0) | (not straight)))
    if len(closed) == 0:
        return nx, ny, reach, begin, begin
    run = max(np.split(closed, np.flatnonzero(np.diff(closed) > 1) + 1), key=lambda r: stopped[r].sum())
    first, last = begin + GRID * float(run[0]), min(end, begin + GRID * float(run[-1] + 1))
    return nx, ny, reach, first, last


def _line(points: Floats, draw: np.random.Generator) -> Line | None:
    """The stretch of straight line with the most of points [N, 2] on it."""
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
