"""The painter's geometry for a CPU, in one pass over the pixels.

``Painter.prepare`` as it is written makes some hundred small tensors a frame, each walk over memory costing
more than its arithmetic. Here one compiled loop takes each pixel from its depth to all that is known of it:
world position, where the remembered frames saw it, surface code, remembered texture. Same formulas, same
order of channels; ``tests/models/anchored/test_fused.py`` holds the two together.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.anchored.cells import mix_cells
from worldsdk.models.anchored.painter import Canvas, Painter
from worldsdk.models.anchored.texture import CELL_FEATURES, GAIN
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class FusedPainter(Painter):
    """A loaded painter, its parts shared, whose geometry is one compiled loop. CPU and inference only."""

    def __init__(self, painter: Painter) -> None:
        nn.Module.__init__(self)
        self.config = painter.config
        for name, part in painter.named_children():
            self.add_module(name, part)
        self.floor, self.flats = painter.floor, painter.flats
        self.walls, self.sprites = painter.walls, painter.sprites
        texture, camera = painter.texture, painter.camera
        if painter.sprites is not None:
            painter.sprites.fix()
        self.tables: tuple[Floats, Floats, Ints, Ints] = (
            texture.table.detach().float().numpy() * np.float32(GAIN),
            texture.cells[:, 0].numpy(),
            texture.masks[:, 0, 0].numpy(),
            texture.offsets[:, 0, 0].numpy(),
        )
        self.rays: tuple[Floats, Floats] = (camera.across[0].numpy(), camera.down[:, 0].numpy())

    def prepare(self, pose: Tensor, past: Tensor, past_poses: Tensor) -> Canvas:
        config, camera = self.config, self.camera
        place = self.place(pose)
        batch, height, width = place.inverse_depth.shape
        pieces = 4 * config.views + 6 * len(config.periods)
        known = np.empty((batch, pieces, height, width), np.float32)
        inverse = np.empty((batch, height, width), np.float32)
        texels = np.empty((batch, height, width, CELL_FEATURES * len(self.texture.cells) + 2), np.float32)
        across, down = self.rays
        _look(
            pose.numpy(),
            self.standing(pose, place.inverse_depth).contiguous().numpy(),
            past.movedim(2, -1).contiguous().numpy(),
            past_poses.contiguous().numpy(),
            across,
            down,
            config.camera.eye_height,
            config.camera.far,
            2.0 * camera.focal_x / width,
            2.0 * camera.focal_y / height,
            2.0 * math.pi / config.periods[0],
            *self.tables,
            known,
            inverse,
            texels,
        )
        surface = self.texture.colour(torch.from_numpy(texels)).float().movedim(-1, 1)
        found, standing = torch.from_numpy(known), torch.from_numpy(inverse)
        surface = self.with_tiles(surface, pose, standing)
        nearness = (64.0 * standing).clamp(max=4.0)[:, None]
        inputs = F.pixel_unshuffle(torch.cat([found, surface, nearness], dim=1), 2)
        inputs = torch.cat([inputs, place.sketch.float()], dim=1)
        first = 4 * config.lags.index(1)
        return Canvas(
            inputs,
            place.features,
            standing,
            place.sketch,
            surface[:, :3],
            found[:, first : first + 3],
            found[:, first + 3 : first + 4],
        )


@kernel(fastmath=False)
def _look(
    poses: Floats,
    place_inverse: Floats,
    past: Floats,
    past_poses: Floats,
    across: Floats,
    down: Floats,
    eye: float,
    far: float,
    focal_x: float,
    focal_y: float,
    pitch: float,
    table: Floats,
    cells: Floats,
    masks: Ints,
    offsets: Ints,
    known: Floats,
    inverse: Floats,
    texels: Floats,
) -> None:
    """Fills ``known`` [B, C, H, W], ``inverse`` [B, H, W] and ``texels`` [B, H, W, features]."""
    batch, height, width = inverse.shape
    views, levels, degree = past.shape[1], len(cells), math.pi / 180.0
    octaves = (known.shape[1] - 4 * views) // 6
    points = np.empty((3, height, width), np.float32)
    size = np.empty(3, np.float32)
    for b in range(batch):
        x0, y0 = poses[b, 0], poses[b, 1]
        cos, sin = math.cos(poses[b, 2] * degree), math.sin(poses[b, 2] * degree)
        for v in range(height):
            floor = max(down[v], np.float32(0.0)) / np.float32(eye)
            for u in range(width):
                near = max(place_inverse[b, v, u], floor)
                inverse[b, v, u] = near
                depth = 1.0 / max(near, 1.0 / far)
                points[0, v, u] = x0 + depth * (cos + across[u] * sin)
                points[1, v, u] = y0 + depth * (sin - across[u] * cos)
                points[2, v, u] = eye - depth * down[v]
        for view in range(views):
            px, py = past_poses[b, view, 0], past_poses[b, view, 1]
            pc = math.cos(past_poses[b, view, 2] * degree)
            ps = math.sin(past_poses[b, view, 2] * degree)
            channel = 4 * view
            for v in range(height):
                for u in range(width):
                    dx, dy = points[0, v, u] - px, points[1, v, u] - py
                    forward = dx * pc + dy * ps
                    safe = max(forward, 1.0)
                    column = (dx * ps - dy * pc) / safe * focal_x
                    row = (eye - points[2, v, u]) / safe * focal_y
                    seen = forward > 1.0 and abs(column) <= 1.0 and abs(row) <= 1.0
                    known[b, channel + 3, v, u] = 1.0 if seen else 0.0
                    if not seen:
                        for c in range(3):
                            known[b, channel + c, v, u] = 0.0
                        continue
                    x = min(max((column + 1.0) * 0.5 * width - 0.5, 0.0), width - 1.0)
                    y = min(max((row + 1.0) * 0.5 * height - 0.5, 0.0), height - 1.0)
                    left, top = int(x), int(y)
                    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
                    fx, fy = x - left, y - top
                    for c in range(3):
                        above = (1.0 - fx) * past[b, view, top, left, c] + fx * past[b, view, top, right, c]
                        below = (1.0 - fx) * past[b, view, bottom, left, c] + fx * past[
                            b, view, bottom, right, c
                        ]
                        known[b, channel + c, v, u] = (1.0 - fy) * above + fy * below
        for v in range(height):
            for u in range(width):
                largest = 0.0
                for axis in range(3):
                    here = points[axis, v, u]
                    up = abs(here - points[axis, max(v - 1, 0), u])
                    low = abs(here - points[axis, min(v + 1, height - 1), u])
                    back = abs(here - points[axis, v, max(u - 1, 0)])
                    on = abs(here - points[axis, v, min(u + 1, width - 1)])
                    # At the border there is one neighbour only.
                    rows = low if v == 0 else (up if v == height - 1 else min(up, low))
                    columns = on if u == 0 else (back if u == width - 1 else min(back, on))
                    size[axis] = rows + columns
                    largest = max(largest, size[axis])
                    angle = here * pitch
                    sine, cosine = math.sin(angle), math.cos(angle)
                    fade = math.exp(-((size[axis] * (0.5 * pitch)) ** 2) / 6.0)
                    for octave in range(octaves):
                        channel = 4 * views + 6 * octave + axis
                        known[b, channel, v, u] = sine * fade
                        known[b, channel + 3, v, u] = cosine * fade
                        sine, cosine = 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine
                        fade = (fade * fade) * (fade * fade)
                x, y, z = points[0, v, u], points[1, v, u], points[2, v, u]
                for level in range(levels):
                    cell = cells[level]
                    fade = math.exp(-((largest / cell) ** 2) / 6.0)
                    first = level * CELL_FEATURES
                    a0 = a1 = a2 = a3 = 0.0
                    # A level that has faded away is not worth eight cache misses.
                    if fade > 1e-4:
                        a0, a1, a2, a3 = mix_cells(x, y, z, cell, masks[level], offsets[level], table)
                    texels[b, v, u, first] = a0 * fade
                    texels[b, v, u, first + 1] = a1 * fade
                    texels[b, v, u, first + 2] = a2 * fade
                    texels[b, v, u, first + 3] = a3 * fade
                depth = 1.0 / max(inverse[b, v, u], 1.0 / far)
                texels[b, v, u, levels * CELL_FEATURES] = min(64.0 / depth, 4.0)
                texels[b, v, u, levels * CELL_FEATURES + 1] = math.log(max(depth, 1.0)) - 5.0
