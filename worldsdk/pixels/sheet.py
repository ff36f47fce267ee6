"""Composing many frames into one picture: filmstrips (rows in time) and contact sheets (a grid)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldsdk.errors import PixelError
from worldsdk.pixels.kernels import Bytes
from worldsdk.pixels.upscale import Method, check_picture, upscale

BACKGROUND = (24, 24, 28)


def filmstrip(
    rows: Sequence[Sequence[Bytes]], *, scale: int = 1, gap: int = 2, method: Method = "nearest"
) -> Bytes:
    """Rows of equally sized frames, uint8 [h, w, 3] each, in one uint8 [H, W, 3] picture.

    Args:
        rows: e.g. real frames above dreamt ones; shorter rows leave background.
        scale: whole enlargement of every frame.
        gap: pixels of background around and between frames.

    Raises:
        PixelError: no frames, unequal sizes, or a scale or gap that is out of range.
    """
    if scale < 1 or gap < 0:
        raise PixelError(f"scale is {scale}, gap is {gap}", where="filmstrip", fix="use scale >= 1, gap >= 0")
    frames = [
        [check_picture(frame, f"row {r} frame {f}") for f, frame in enumerate(row)]
        for r, row in enumerate(rows)
    ]
    shapes = {frame.shape for row in frames for frame in row}
    if len(shapes) != 1:
        raise PixelError(
            f"frames have shapes {sorted(shapes)}" if shapes else "there are no frames",
            where="filmstrip",
            fix="give at least one frame, all of one size",
        )
    height, width = (side * scale for side in next(iter(shapes))[:2])
    columns = max(len(row) for row in frames)
    sheet = np.empty((gap + len(frames) * (height + gap), gap + columns * (width + gap), 3), np.uint8)
    sheet[:] = BACKGROUND
    for r, row in enumerate(frames):
        top = gap + r * (height + gap)
        for c, frame in enumerate(row):
            left = gap + c * (width + gap)
            sheet[top : top + height, left : left + width] = upscale(frame, height, width, method)
    return sheet


def contact_sheet(
    frames: Sequence[Bytes], *, columns: int = 5, scale: int = 1, gap: int = 2, method: Method = "nearest"
) -> Bytes:
    """Frames in reading order on a grid ``columns`` wide; otherwise as ``filmstrip``."""
    if columns < 1:
        raise PixelError(f"columns is {columns}", where="contact_sheet", fix="use at least 1")
    rows = [frames[start : start + columns] for start in range(0, len(frames), columns)]
    return filmstrip(rows, scale=scale, gap=gap, method=method)


def pick_evenly(count: int, wanted: int) -> list[int]:
    """At most ``wanted`` indices out of ``count``, first and last included, as evenly spaced as can be."""
    if count <= wanted:
        return list(range(count))
    if wanted == 1:
        return [0]
    return [round(i * (count - 1) / (wanted - 1)) for i in range(wanted)]
