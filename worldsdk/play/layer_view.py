"""Layers as pictures: each in the colours that it reads best in; motion's two are one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels import colour_layer, colour_motion

MOTION = ("motion_x", "motion_y")
MOTION_NAME = "motion"
DEPTH = "depth"
NEAR_PART = 1.0 / 256.0
"""Part of the range within which depth is coloured evenly; beyond, equal ratios look equal."""


def picture_names(layers: Mapping[str, NDArray[np.float32]]) -> tuple[str, ...]:
    """What can be shown of a frame's layers, in their order."""
    both = all(name in layers for name in MOTION)
    names = [MOTION_NAME if both and name in MOTION else name for name in layers]
    return tuple(dict.fromkeys(names))


def layer_picture(
    layers: Mapping[str, NDArray[np.float32]], name: str, limits: Mapping[str, tuple[float, float]]
) -> NDArray[np.uint8] | None:
    """uint8 [H, W, 3] of what ``picture_names`` calls ``name``; None where these layers do not have it.

    Args:
        limits: lowest and highest value by layer; what is not there is coloured by its own values.
    """
    if name == MOTION_NAME and all(half in layers for half in MOTION):
        return colour_motion(layers[MOTION[0]], layers[MOTION[1]])
    if name not in layers:
        return None
    low, high = limits.get(name, (None, None))
    if name == DEPTH and low == 0.0 and high is not None:
        # The range reaches to the horizon and rooms are near: evenly coloured, all of one would look alike.
        near = np.float32(1.0 / (high * NEAR_PART))
        return colour_layer(np.log1p(layers[name].clip(0.0) * near), 0.0, math.log1p(1.0 / NEAR_PART))
    return colour_layer(layers[name], low, high)
