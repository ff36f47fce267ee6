"""Pictures for looking at: real frames above dreamt ones, and what long play looks like."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worldsdk.evaluation.dreamers import Dreamer
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.pixels.sheet import filmstrip


def real_above_dreamt(
    dreamer: Dreamer,
    heldout: HeldOut,
    horizons: Sequence[int],
    *,
    history: int,
    strips: int = 4,
    seed: int = 0,
    scale: int = 2,
) -> NDArray[np.uint8]:
    """``strips`` pairs of rows: what the game showed, below it what was dreamt; uint8 [H, W, 3].

    The first column is the last real frame, the others are the frames at ``horizons``.
    """
    longest = max(horizons)
    windows = heldout.gather(heldout.places(strips, history, longest, seed), history, longest)
    dream = dreamer.dream(windows.context, windows.controls, range(seed, seed + len(windows)))
    last = windows.context.pixels[:, -1].numpy()
    rows = []
    for window in range(len(windows)):
        for frames in (windows.pixels[window], dream.pixels[window]):
            rows.append([last[window], *(frames[h - 1] for h in horizons)])
    return filmstrip(rows, scale=scale)


def long_play_sheet(pages: Sequence[tuple[float, NDArray[np.uint8]]], scale: int = 2) -> NDArray[np.uint8]:
    """One row a session, one column a moment; uint8 [H, W, 3]."""
    sessions = len(pages[0][1])
    return filmstrip([[frames[row] for _, frames in pages] for row in range(sessions)], scale=scale)


def png(picture: NDArray[np.uint8]) -> bytes:
    """uint8 [H, W, 3] as a PNG file's content."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
