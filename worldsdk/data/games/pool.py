"""Shrinking what an engine draws to the size of a world's frames, block by block."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worldsdk.data.games.doom_spec import DEPTH_LEVELS, DEPTH_OFFSET, DEPTH_STEP


def pool_pixels(screen: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Box average of uint8 [h, w, 3] to uint8 [height, width, 3]; no filter that overshoots or blurs."""
    image = Image.fromarray(np.ascontiguousarray(screen))
    if image.size == (width, height):
        return np.array(screen)
    if image.width % width == 0 and image.height % height == 0:
        return np.array(image.reduce((image.width // width, image.height // height)))
    return np.array(image.resize((width, height), Image.Resampling.BOX))


def pool_depth(buffer: NDArray[np.uint8], factor: int) -> NDArray[np.float16]:
    """Means of factor x factor blocks of ViZDoom's depth buffer, in map units."""
    total = _block_sums(np.minimum(buffer, DEPTH_LEVELS), factor)
    depth = total.astype(np.float32) * (DEPTH_STEP / factor**2) + DEPTH_OFFSET
    return depth.astype(np.float16)


def pool_labels(classes: NDArray[np.uint8], factor: int, present: Iterable[int]) -> NDArray[np.uint8]:
    """The class that covers at least a quarter of each factor x factor block, else 0.

    Args:
        classes: uint8 [h, w], class of each of the engine's pixels.
        present: the classes to look for; where two qualify the larger number wins.
    """
    pooled = np.zeros((classes.shape[0] // factor, classes.shape[1] // factor), np.uint8)
    for value in sorted(set(present) - {0}):
        pooled[_block_sums(classes == value, factor) * 4 >= factor * factor] = value
    return pooled


def _block_sums(values: NDArray[Any], factor: int) -> NDArray[np.uint32]:
    # Strided additions are several times faster than a sum over two axes of a reshaped array.
    rows = np.zeros((values.shape[0] // factor, values.shape[1]), np.uint16)
    for i in range(factor):
        rows += values[i::factor]
    sums = np.zeros((rows.shape[0], rows.shape[1] // factor), np.uint32)
    for i in range(factor):
        sums += rows[:, i::factor]
    return sums
