"""Layers as pictures: each in the colours that it reads best in; motion's two are one picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from worldsdk.pixels import colour_layer, colour_motion

MOTION = ("motion_x", "motion_y")
MOTION_NAME = "motion"


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
    return colour_layer(layers[name], *limits.get(name, (None, None)))
