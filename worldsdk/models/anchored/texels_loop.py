"""``Texels`` on a CPU: compiled loops over columns, then over rows of pixels and their samples.

All that a row needs is computed for the whole row first, in loops that the compiler makes vectors of; which
texels those are is then a list of places in one table, whose last texel is nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from worldsdk.models.anchored.flats_loop import BLOCK, ON_FLAT, SNAP
from worldsdk.models.anchored.floor import ON_FLOOR
from worldsdk.models.anchored.walls_loop import BEFORE, DOUBT, SHOWS, nearest_wall
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

LEVEL = 1e-4
"""Rays with no more slope than this see neither floor nor ceiling."""

NONE, ONE = np.float32(0.0), np.float32(1.0)
_LEVEL, _BLOCK = np.float32(LEVEL), np.float32(BLOCK)
_BEFORE, _DOUBT, _SHOWS = np.float32(BEFORE), np.float32(DOUBT), np.float32(SHOWS)
_SNAP, _ON_FLAT, _ON_FLOOR = np.float32(SNAP), np.float32(ON_FLAT), np.float32(ON_FLOOR)


@kernel(fastmath=False)
def wall_columns(
    poses: Floats,
    planes: Floats,
    across: Floats,
    sample_across: Floats,
    side: int,
    middles: Floats,
    tops: Floats,
    depths: Floats,
    heights: Floats,
    firsts: Ints,
) -> None:
    """The nearest wall in each column, and in each column of samples.

    Fills ``middles`` [B, W] with its 1 / depth (0: none) and ``tops`` [B, W]; of samples ``depths`` and
    ``heights`` [B, W * samples], a height below 0 where there is none, and ``firsts``, the lowest texel.
    """
    for b in range(len(poses)):
        cos, sin = math.cos(poses[b, 2] * math.pi / 180.0), math.sin(poses[b, 2] * math.pi / 180.0)
        x0, y0 = poses[b, 0], poses[b, 1]
        for u in range(len(across)):
            slope = across[u]
            wall, which, _ = nearest_wall(x0, y0, cos + slope * sin, sin - slope * cos, planes)
            middles[b, u] = wall
            tops[b, u] = planes[which, 5] if wall > 0.0 else -1.0
        for j in range(len(sample_across)):
            slope = sample_across[j]
            wall, which, along = nearest_wall(x0, y0, cos + slope * sin, sin - slope * cos, planes)
            depths[b, j] = 1.0 / wall if wall > 0.0 else 0.0
            heights[b, j] = planes[which, 5] if wall > 0.0 else -1.0
            firsts[b, j] = (which * side + np.int64(math.floor(along)) % side) * side


@kernel(fastmath=False)
def between(fine: int, factor: int, count: int) -> tuple[int, int, np.float32]:
    """The two of ``count`` pixels between which a finer one lies, and the share of the second."""
    place = min(max((fine + 0.5) / factor - 0.5, 0.0), count - 1.0)
    first = int(place)
    return first, min(first + 1, count - 1), np.float32(place - first)


@kernel(fastmath=False, vectors=True)
def _flat_texels(
    x0: np.float32,
    y0: np.float32,
    cos: np.float32,
    sin: np.float32,
    depth: np.float32,
    level: int,
    slopes: Floats,
    block_of: Ints,
    origin: Floats,
    first: int,
    empty: int,
    cells: Ints,
    found: Ints,
) -> None:
    """Fills ``found`` [N] with the texel that each ray of a row meets on the plane at ``depth``.

    ``cells``: [>= N], scratch.
    """
    columns, rows = np.float32(block_of.shape[1]), np.float32(block_of.shape[2])
    blocks = block_of[level].reshape(-1)
    ox, oy = origin[0], origin[1]
    # In two loops: one that looks up and branches does not become vectors.
    for j in range(len(slopes)):
        x = np.floor(x0 + depth * (cos + slopes[j] * sin))
        y = np.floor(y0 + depth * (sin - slopes[j] * cos))
        column, row = np.floor((x - ox) / _BLOCK), np.floor((y - oy) / _BLOCK)
        inside = (column >= NONE) & (row >= NONE) & (column < columns) & (row < rows)
        cells[j] = np.int32(column * rows + row if inside else -ONE)
        in_x, in_y = x - _BLOCK * np.floor(x / _BLOCK), y - _BLOCK * np.floor(y / _BLOCK)
        found[j] = np.int32(in_x * _BLOCK + in_y)
    for j in range(len(slopes)):
        cell = cells[j]
        block = blocks[np.uint32(cell)] if cell >= 0 else np.int32(-1)
        found[j] = np.int32(first + block * (BLOCK * BLOCK) + found[j]) if block >= 0 else np.int32(empty)


@kernel(fastmath=False, vectors=True)
def _tile_texels(
    x0: np.float32,
    y0: np.float32,
    cos: np.float32,
    sin: np.float32,
    depth: np.float32,
    slopes: Floats,
    side: int,
    first: int,
    found: Ints,
) -> None:
    """As ``_flat_texels``, of one tile that lies everywhere."""
    size = np.float32(side)
    for j in range(len(slopes)):
        x = np.floor(x0 + depth * (cos + slopes[j] * sin))
        y = np.floor(y0 + depth * (sin - slopes[j] * cos))
        column = np.int32(x - size * np.floor(x / size))
        row = np.int32(y - size * np.floor(y / size))
        found[j] = np.int32(first) + column * np.int32(side) + row


@kernel(fastmath=False, vectors=True)
def _wall_texels(
    eye: np.float32,
    slope: np.float32,
    depths: Floats,
    heights: Floats,
    firsts: Ints,
    side: int,
    empty: int,
    found: Ints,
) -> None:
    """Fills ``found`` [N] with the texel of wall that each ray of a row meets."""
    size = np.float32(side)
    for j in range(len(depths)):
        height = eye - depths[j] * slope
        up = np.floor(height)
        texel = firsts[j] + np.int32(up - size * np.floor(up / size))
        found[j] = texel if (height >= NONE) & (height <= heights[j]) else np.int32(empty)


@kernel(fastmath=False, vectors=True)
def _add_texels(table: Floats, texels: Ints, per_side: int, wanted: NDArray[np.bool_], sums: Floats) -> None:
    """Adds to ``sums`` [4, W] the texels [W * per_side] of each wanted pixel."""
    for u in range(len(wanted)):
        if not wanted[u]:
            continue
        red = green = blue = there = NONE
        for j in range(u * per_side, (u + 1) * per_side):
            texel = np.uint32(texels[j])
            red += table[texel, 0]
            green += table[texel, 1]
            blue += table[texel, 2]
            there += table[texel, 3]
        sums[0, u] += red
        sums[1, u] += green
        sums[2, u] += blue
        sums[3, u] += there


@kernel(fastmath=False, vectors=True)
def known_texels(
    poses: Floats,
    painted: Floats,
    across: Floats,
    down: Floats,
    sample_across: Floats,
    sample_down: Floats,
    eye: np.float32,
    table: Floats,
    wall_side: int,
    middles: Floats,
    tops: Floats,
    depths: Floats,
    heights: Floats,
    firsts: Ints,
    wall_light: Floats,
    ground: int,
    tile_side: int,
    block_of: Ints,
    origin: Floats,
    row_depths: Floats,
    sample_depths: Floats,
    ground_light: Floats,
    colour: Floats,
    inverse: Floats,
    means: Floats,
) -> None:
    """Fills ``colour`` [B, 4, fH, fW], the last being the share that is known, and ``inverse`` [B, fH, fW].

    ``means`` [B, 3, H, W] are those of the colour over each painted pixel.

    painted: [B, H, W], 1 / depth as a smaller picture has it. table: [texels + 1, 4]: those of walls, from
    ``ground`` on those of the ground, then nothing. middles to firsts: of ``wall_columns``, all but their
    first axis empty where there are no walls. Light is gain and offset of a colour: ``wall_light``
    [B, 6, fW], ``ground_light`` [fH, 6]. The ground is a tile of ``tile_side``, or for 0 what ``block_of``
    says, empty for none. row_depths, sample_depths: at which rows of pixels and of samples see the ground.
    """
    batch, height, width = inverse.shape
    rows, columns = painted.shape[1:]
    factor = height // rows
    per_side = len(sample_across) // width
    share = np.float32(1.0 / (per_side * per_side))
    part = np.float32(1.0 / (factor * factor))
    empty = len(table) - 1
    walled, tiled, flat = middles.shape[1] > 0, tile_side > 0, block_of.shape[1] > 0
    row = np.empty(columns, np.float32)
    lefts, rights = np.empty(width, np.int64), np.empty(width, np.int64)
    right_shares = np.empty(width, np.float32)
    for u in range(width):
        lefts[u], rights[u], right_shares[u] = between(u, factor, columns)
    near = np.empty(width, np.float32)
    wanted = np.empty(width, np.bool_)
    texels, centres = np.empty(len(sample_across), np.int32), np.empty(width, np.int32)
    cells = np.empty(len(sample_across), np.int32)
    walls, grounds = np.empty((4, width), np.float32), np.empty((4, width), np.float32)
    for b in range(batch):
        cos = np.float32(math.cos(poses[b, 2] * math.pi / 180.0))
        sin = np.float32(math.sin(poses[b, 2] * math.pi / 180.0))
        x0, y0 = poses[b, 0], poses[b, 1]
        for v in range(height):
            slope = down[v]
            floor = max(slope, NONE) / eye
            steep = abs(slope) > _LEVEL
            level = 0 if slope > NONE else 1
            top, bottom, low = between(v, factor, rows)
            for k in range(columns):
                row[k] = (ONE - low) * painted[b, top, k] + low * painted[b, bottom, k]
            for u in range(width):
                value = (ONE - right_shares[u]) * row[lefts[u]] + right_shares[u] * row[rights[u]]
                near[u] = max(value, floor)
            if flat and steep:
                depth = row_depths[v]
                _flat_texels(
                    x0, y0, cos, sin, depth, level, across, block_of, origin, ground, empty, cells, centres
                )
                lying = ONE / depth
                for u in range(width):
                    near[u] = lying if (centres[u] != empty) & (near[u] * depth <= _SNAP) else near[u]
            walls[:] = NONE
            if walled:
                middle, high = middles[b], tops[b]
                for u in range(width):
                    z = eye - slope / middle[u]
                    stands = (near[u] <= _BEFORE * middle[u] + _DOUBT) & (z >= NONE) & (z <= high[u])
                    near[u] = middle[u] if stands else near[u]
                    wanted[u] = (middle[u] > NONE) & (near[u] <= _SHOWS * max(middle[u], floor))
                for i in range(v * per_side, (v + 1) * per_side):
                    _wall_texels(
                        eye, sample_down[i], depths[b], heights[b], firsts[b], wall_side, empty, texels
                    )
                    _add_texels(table, texels, per_side, wanted, walls)
            some = False
            grounds[:] = NONE
            if (tiled and slope > NONE) or (flat and steep):
                reach = _ON_FLOOR * floor if tiled else _ON_FLAT / row_depths[v]
                for u in range(width):
                    wanted[u] = (near[u] <= reach) & (walls[3, u] * share < ONE)
                    some |= wanted[u]
            if some:
                for i in range(v * per_side, (v + 1) * per_side):
                    depth = sample_depths[i]
                    if tiled:
                        _tile_texels(x0, y0, cos, sin, depth, sample_across, tile_side, ground, texels)
                    else:
                        _flat_texels(
                            x0,
                            y0,
                            cos,
                            sin,
                            depth,
                            level,
                            sample_across,
                            block_of,
                            origin,
                            ground,
                            empty,
                            cells,
                            texels,
                        )
                    _add_texels(table, texels, per_side, wanted, grounds)
            light = ground_light[v]
            for u in range(width):
                inverse[b, v, u] = near[u]
            for c in range(3):
                gain, offset = ONE + light[c], light[3 + c]
                for u in range(width):
                    cover = walls[3, u] * share
                    lit = grounds[c, u] * share * gain + grounds[3, u] * share * offset
                    colour[b, c, v, u] = (ONE - cover) * lit
                if walled:
                    for u in range(width):
                        lit = walls[c, u] * share * (ONE + wall_light[b, c, u])
                        colour[b, c, v, u] += lit + walls[3, u] * share * wall_light[b, 3 + c, u]
                summed = means[b, c, v // factor]
                if v % factor == 0:
                    summed[:] = NONE
                for x in range(columns):
                    total = NONE
                    for u in range(x * factor, (x + 1) * factor):
                        total += colour[b, c, v, u]
                    summed[x] += total * part
            for u in range(width):
                cover = walls[3, u] * share
                colour[b, 3, v, u] = cover + (ONE - cover) * grounds[3, u] * share
