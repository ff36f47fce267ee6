"""Finding the floors and ceilings of a place in recorded depth: which blocks of its plan anyone has seen."""

from __future__ import annotations

import numpy as np
import torch

from worldsdk.models.anchored.flats import CELLS, Flats
from worldsdk.models.anchored.flats_loop import BLOCK
from worldsdk.models.camera import Camera
from worldsdk.training.footage import Footage

FRAMES = 4096
"""Looked at, at most."""
FARTHEST = 600.0
"""Map units up to which recorded depth is taken for exact enough."""
SAME = 0.04
"""Relative difference of depth up to which a pixel shows the floor or the ceiling."""
LEAST = 40
"""Pixels that must have shown a block."""


def find_blocks(
    flats: Flats, footage: Footage, camera: Camera, ceiling: float | None = None, seed: int = 0
) -> None:
    """Fills the buffers of ``flats`` from training frames: the blocks seen most, as many as have room.

    Args:
        ceiling: its height, map units; None where there is none, or none is to be looked for.
    """
    draw = np.random.default_rng(seed)
    at = torch.from_numpy(np.sort(draw.choice(footage.train, min(FRAMES, len(footage.train)), replace=False)))
    at = at.to(footage.pixels.device)
    depth = footage.layers["depth"][at].float()
    points = camera.world_points(footage.variables[at, :3], depth).cpu()
    saturated = float(footage.layers["depth"].max())
    depth, down, eye = depth.cpu(), camera.down.cpu(), camera.config.eye_height
    usable = (depth < min(FARTHEST, 0.98 * saturated)) & (down.abs() > 0.05)
    if "labels" in footage.layers:
        usable &= footage.layers["labels"][at].cpu() == 0
    if not usable.any():
        return
    height = points[:, 2]
    low = points[:, :2].movedim(1, -1)[usable].amin(0)
    origin = (low / BLOCK).floor() * BLOCK
    cells = ((points[:, :2] - origin[:, None, None]) / BLOCK).floor().long()
    usable &= ((cells >= 0) & (cells < CELLS)).all(1)
    counts = np.zeros((2, CELLS * CELLS), np.int64)
    for level, top in enumerate((0.0, ceiling)):
        if top is None:
            continue
        side = (down > 0.0) if level == 0 else (down < 0.0)
        shown = usable & side & ((height - top).abs() < SAME * (top - eye if level else eye))
        places = (cells[:, 0] * CELLS + cells[:, 1])[shown]
        counts[level] = np.bincount(places.numpy(), minlength=CELLS * CELLS)
    most = len(flats.tile) // BLOCK**2
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    order = order[counts.reshape(-1)[order] >= LEAST]
    block_of = np.full(counts.size, -1, np.int32)
    block_of[order] = np.arange(len(order), dtype=np.int32)
    flats.block_of.copy_(torch.from_numpy(block_of).view_as(flats.block_of))
    flats.origin.copy_(origin)
    if ceiling is not None:
        flats.ceiling.fill_(ceiling)
