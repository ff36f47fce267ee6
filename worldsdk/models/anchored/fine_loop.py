"""``Fine`` on a CPU: compiled loops over fine pixels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.anchored.flats_loop import ON_FLAT, SNAP, block_at, flat_sum
from worldsdk.models.anchored.floor_loop import ON_FLOOR
from worldsdk.models.anchored.walls_loop import BEFORE, DOUBT, SHOWS, nearest_wall
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]

SHARPENED = 3
"""Steps of iterative back-projection (Irani and Peleg 1991): more change nothing that is seen."""
LEAST_WEIGHT = 1e-6
"""Of a layer in a painted pixel that shows none of it, so that there is something to divide by."""


@kernel(fastmath=False)
def column_depths(poses: Floats, planes: Floats, across: Floats, depths: Floats) -> None:
    """Fills ``depths`` [B, W] with that of the nearest wall in each column of a view, far away for none."""
    for b in range(len(poses)):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        for u in range(len(across)):
            x, y = cos + across[u] * sin, sin - across[u] * cos
            wall, _, _ = nearest_wall(poses[b, 0], poses[b, 1], x, y, planes)
            depths[b, u] = 1.0 / max(wall, 1e-4)


@kernel(fastmath=False)
def known_texels(
    poses: Floats,
    planes: Floats,
    wall_tile: Floats,
    wall_light: Floats,
    floor_tile: Floats,
    floor_light: Floats,
    block_of: NDArray[np.int32],
    origin: Floats,
    flat_depths: Floats,
    sample_depths: Floats,
    flat_tile: Floats,
    flat_light: Floats,
    painted: Floats,
    across: Floats,
    down: Floats,
    sample_across: Floats,
    sample_down: Floats,
    eye: float,
    colour: Floats,
    inverse: Floats,
) -> None:
    """Fills ``colour`` [B, fH, fW, 4], with its cover, and ``inverse`` [B, fH, fW] from all but things.

    Tiles of what there is none of are empty. Light is gain and offset of a colour: ``wall_light`` [B, fW, 6],
    ``floor_light`` and ``flat_light`` [fH, 6]. Blocks, origin and depths are those of ``flat_means``.
    painted: [B, H, W], 1 / depth.
    """
    batch, height, width = inverse.shape
    rows, columns = painted.shape[1:]
    factor = height // rows
    per_side = len(sample_across) // width
    share = np.float32(1.0 / (per_side * per_side))
    wall_side = max(1, int(math.sqrt(len(wall_tile) / max(1, len(planes))) + 0.5))
    floor_side = int(math.sqrt(len(floor_tile)) + 0.5)
    middles, tops = np.empty(width, np.float32), np.empty(width, np.float32)
    depths, heights = np.empty(len(sample_across), np.float32), np.empty(len(sample_across), np.float32)
    firsts = np.empty(len(sample_across), np.int64)
    between = np.empty(columns, np.float32)
    for b in range(batch):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        x0, y0 = poses[b, 0], poses[b, 1]
        for u in range(width):
            middle, which, _ = nearest_wall(x0, y0, cos + across[u] * sin, sin - across[u] * cos, planes)
            middles[u] = middle
            tops[u] = planes[which, 5] if middle > 0.0 else 0.0
            for j in range(u * per_side, (u + 1) * per_side):
                slope = sample_across[j]
                wall, which, along = nearest_wall(x0, y0, cos + slope * sin, sin - slope * cos, planes)
                depths[j] = 1.0 / wall if wall > 0.0 else 0.0
                heights[j] = planes[which, 5] if wall > 0.0 else 0.0
                firsts[j] = (
                    which * wall_side * wall_side + (np.int64(math.floor(along)) % wall_side) * wall_side
                )
        for v in range(height):
            floor = max(down[v], np.float32(0.0)) / np.float32(eye)
            y = min(max((v + 0.5) / factor - 0.5, 0.0), rows - 1.0)
            top = np.int64(y)
            fy = np.float32(y - top)
            bottom = min(top + 1, rows - 1)
            for k in range(columns):
                between[k] = (1.0 - fy) * painted[b, top, k] + fy * painted[b, bottom, k]
            for u in range(width):
                x = min(max((u + 0.5) / factor - 0.5, 0.0), columns - 1.0)
                left = np.int64(x)
                fx = np.float32(x - left)
                near = (1.0 - fx) * between[left] + fx * between[min(left + 1, columns - 1)]
                near = max(near, floor)
                if len(flat_tile) and near * flat_depths[v] <= SNAP and abs(down[v]) > 1e-4:
                    depth, level = flat_depths[v], 0 if down[v] > 0.0 else 1
                    px = x0 + depth * (cos + across[u] * sin)
                    py = y0 + depth * (sin - across[u] * cos)
                    if block_at(block_of, origin, level, px, py) >= 0:
                        near = np.float32(1.0) / depth
                middle = middles[u]
                if middle > 0.0 and near <= BEFORE * middle + DOUBT:
                    z = eye - down[v] / middle
                    if 0.0 <= z <= tops[u]:
                        near = middle
                inverse[b, v, u] = near
                red = green = blue = cover = np.float32(0.0)
                if middle > 0.0 and near <= SHOWS * max(middle, floor):
                    for i in range(v * per_side, (v + 1) * per_side):
                        for j in range(u * per_side, (u + 1) * per_side):
                            z = eye - depths[j] * sample_down[i]
                            if depths[j] > 0.0 and 0.0 <= z <= heights[j]:
                                texel = firsts[j] + np.int64(math.floor(z)) % wall_side
                                red += wall_tile[texel, 0]
                                green += wall_tile[texel, 1]
                                blue += wall_tile[texel, 2]
                                cover += share
                    light = wall_light[b, u]
                    red = red * share * (np.float32(1.0) + light[0]) + cover * light[3]
                    green = green * share * (np.float32(1.0) + light[1]) + cover * light[4]
                    blue = blue * share * (np.float32(1.0) + light[2]) + cover * light[5]
                if floor_side > 0 and floor > 0.0 and near <= ON_FLOOR * floor and cover < 1.0:
                    floor_red = floor_green = floor_blue = np.float32(0.0)
                    for i in range(v * per_side, (v + 1) * per_side):
                        depth = eye / max(sample_down[i], np.float32(1e-4))
                        for j in range(u * per_side, (u + 1) * per_side):
                            slope = sample_across[j]
                            column = np.int64(math.floor(x0 + depth * (cos + slope * sin))) % floor_side
                            row = np.int64(math.floor(y0 + depth * (sin - slope * cos))) % floor_side
                            texel = column * floor_side + row
                            floor_red += floor_tile[texel, 0]
                            floor_green += floor_tile[texel, 1]
                            floor_blue += floor_tile[texel, 2]
                    light, rest = floor_light[v], np.float32(1.0) - cover
                    red += rest * (floor_red * share * (np.float32(1.0) + light[0]) + light[3])
                    green += rest * (floor_green * share * (np.float32(1.0) + light[1]) + light[4])
                    blue += rest * (floor_blue * share * (np.float32(1.0) + light[2]) + light[5])
                    cover = np.float32(1.0)
                if (
                    len(flat_tile)
                    and cover < 1.0
                    and abs(down[v]) > 1e-4
                    and near * flat_depths[v] <= ON_FLAT
                ):
                    level = 0 if down[v] > 0.0 else 1
                    sample_rows = sample_depths[v * per_side : (v + 1) * per_side]
                    sample_columns = sample_across[u * per_side : (u + 1) * per_side]
                    flat_red, flat_green, flat_blue, known = flat_sum(
                        x0, y0, cos, sin, level, sample_rows, sample_columns, block_of, origin, flat_tile
                    )
                    flat = known * share
                    light, rest = flat_light[v], np.float32(1.0) - cover
                    red += rest * (flat_red * share * (np.float32(1.0) + light[0]) + flat * light[3])
                    green += rest * (flat_green * share * (np.float32(1.0) + light[1]) + flat * light[4])
                    blue += rest * (flat_blue * share * (np.float32(1.0) + light[2]) + flat * light[5])
                    cover += rest * flat
                colour[b, v, u, 0] = red
                colour[b, v, u, 1] = green
                colour[b, v, u, 2] = blue
                colour[b, v, u, 3] = cover


@kernel(fastmath=False)
def _sharpen(wanted: Floats, layers: Floats, blurred: Floats) -> None:
    """Adds to both layers [H, W, 8] what spreading them takes from the wanted ones; uses ``blurred``.

    The mean over a painted pixel of what was spread bilinearly is three quarters its own along each side, and
    an eighth each neighbour's.
    """
    rows, columns = layers.shape[:2]
    near, own = np.float32(0.125), np.float32(0.75)
    for y in range(rows):
        up, low = max(y - 1, 0), min(y + 1, rows - 1)
        for x in range(columns):
            for c in range(8):
                blurred[y, x, c] = own * layers[y, x, c] + near * (layers[up, x, c] + layers[low, x, c])
    for y in range(rows):
        for first in (0, 4):
            for x in range(columns):
                left, right = max(x - 1, 0), min(x + 1, columns - 1)
                weight = own * blurred[y, x, first + 3]
                weight += near * (blurred[y, left, first + 3] + blurred[y, right, first + 3])
                scale = layers[y, x, first + 3] / weight
                for c in range(first, first + 3):
                    mean = own * blurred[y, x, c] + near * (blurred[y, left, c] + blurred[y, right, c])
                    layers[y, x, c] += wanted[y, x, c] - mean * scale


@kernel(fastmath=False)
def spread_picture(
    known: Floats,
    standing: Floats,
    figures: Floats,
    picture: Floats,
    painted: Floats,
    pixels: NDArray[np.uint8],
    inverse: Floats,
) -> None:
    """Fills ``pixels`` [B, fH, fW, 3] and ``inverse`` [B, fH, fW] from what is known and what was painted.

    known: [B, fH, fW, 4], things added here; standing: [B, fH, fW]. figures: [B, 6, fH, fW] as
    ``Sprites.image`` gives them, or B of 0 where none are followed. picture: [B, 3, H, W], with its 1 / depth
    painted: [B, H, W].
    """
    batch, height, width = inverse.shape
    rows, columns = painted.shape[1:]
    factor = height // rows
    one = np.float32(1.0)
    # Of each painted pixel: light by its weight, that weight, the rest by its weight, and that.
    layers = np.empty((rows, columns, 8), np.float32)
    painted_layers, blurred = np.empty_like(layers), np.empty_like(layers)
    between = np.empty((columns, 8), np.float32)
    depth_between = np.empty(columns, np.float32)
    mixed = np.empty(8, np.float32)
    for b in range(batch):
        if len(figures):
            for v in range(height):
                for u in range(width):
                    there = figures[b, 3, v, u]
                    if there > 0.0:
                        for c in range(3):
                            known[b, v, u, c] = known[b, v, u, c] * (one - there) + figures[b, c, v, u]
                        known[b, v, u, 3] = known[b, v, u, 3] * (one - there) + there
        for y in range(rows):
            for x in range(columns):
                red = green = blue = cover = np.float32(0.0)
                for v in range(y * factor, (y + 1) * factor):
                    for u in range(x * factor, (x + 1) * factor):
                        red += known[b, v, u, 0]
                        green += known[b, v, u, 1]
                        blue += known[b, v, u, 2]
                        cover += known[b, v, u, 3]
                share = cover / np.float32(factor * factor)
                scale = one / max(cover, np.float32(1e-3 * factor * factor))
                weight = share * share + np.float32(LEAST_WEIGHT)
                rest = (one - share) * (one - share) + np.float32(LEAST_WEIGHT)
                layers[y, x, 0] = (picture[b, 0, y, x] - red * scale) * weight
                layers[y, x, 1] = (picture[b, 1, y, x] - green * scale) * weight
                layers[y, x, 2] = (picture[b, 2, y, x] - blue * scale) * weight
                layers[y, x, 3] = weight
                layers[y, x, 4] = picture[b, 0, y, x] * rest
                layers[y, x, 5] = picture[b, 1, y, x] * rest
                layers[y, x, 6] = picture[b, 2, y, x] * rest
                layers[y, x, 7] = rest
        painted_layers[:] = layers
        for _ in range(SHARPENED):
            _sharpen(painted_layers, layers, blurred)
        for v in range(height):
            y = min(max((v + 0.5) / factor - 0.5, 0.0), rows - 1.0)
            top = np.int64(y)
            fy = np.float32(y - top)
            bottom = min(top + 1, rows - 1)
            for k in range(columns):
                depth_between[k] = (one - fy) * painted[b, top, k] + fy * painted[b, bottom, k]
                for c in range(8):
                    between[k, c] = (one - fy) * layers[top, k, c] + fy * layers[bottom, k, c]
            for u in range(width):
                x = min(max((u + 0.5) / factor - 0.5, 0.0), columns - 1.0)
                left = np.int64(x)
                fx = np.float32(x - left)
                right = min(left + 1, columns - 1)
                cover = known[b, v, u, 3]
                first, last = 0 if cover > 0.0 else 4, 8 if cover < 1.0 else 4
                for c in range(first, last):
                    mixed[c] = (one - fx) * between[left, c] + fx * between[right, c]
                for c in range(3):
                    value = known[b, v, u, c]
                    if cover > 0.0:
                        value += cover * mixed[c] / mixed[3]
                    if cover < 1.0:
                        value += (one - cover) * mixed[4 + c] / mixed[7]
                    value = min(max(value, np.float32(-1.0)), one)
                    pixels[b, v, u, c] = np.uint8((value + one) * np.float32(127.5) + np.float32(0.5))
                near = (one - fx) * depth_between[left] + fx * depth_between[right]
                if cover > 0.5:
                    near = standing[b, v, u]
                    if len(figures):
                        near = max(near, figures[b, 4, v, u])
                inverse[b, v, u] = near
