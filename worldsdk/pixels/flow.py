"""Colouring motion so that people can read it: the direction as a hue, the speed as its strength."""

from __future__ import annotations

import math

import numpy as np

from worldsdk.errors import PixelError
from worldsdk.pixels.kernels import Bytes, Floats, kernel

REACH = 6.0
"""Pixels a tick that are shown at half strength: small motions differ to the eye, large ones do not glare."""


def colour_motion(motion_x: Floats, motion_y: Floats, reach: float = REACH) -> Bytes:
    """Two float [h, w] layers, pixels to the right and down, as uint8 [h, w, 3].

    Standing still is light grey; right is red, down yellow-green, left cyan, up violet (the circle of hues,
    as optical flow is usually drawn). A vector of ``reach`` pixels has half of the full strength.

    Raises:
        PixelError: not two-dimensional, empty, or of different shapes; or a reach that is not above 0.
    """
    if motion_x.ndim != 2 or motion_x.size == 0 or motion_x.shape != motion_y.shape:
        raise PixelError(
            f"layers have shapes {list(motion_x.shape)} and {list(motion_y.shape)}",
            where="colour_motion",
            fix="give [h, w] each",
        )
    if not (math.isfinite(reach) and reach > 0.0):
        raise PixelError(f"reach is {reach}", where="colour_motion", fix="give pixels above 0")
    both = np.stack([motion_x, motion_y]).astype(np.float32)
    out = np.empty((*motion_x.shape, 3), np.uint8)
    _wheel(both, reach, out)
    return out


@kernel(fastmath=False)
def _wheel(motion: Floats, reach: float, out: Bytes) -> None:
    for v in range(motion.shape[1]):
        for u in range(motion.shape[2]):
            x, y = motion[0, v, u], motion[1, v, u]
            speed = math.hypot(x, y)
            # Not a number stands still, too.
            strength = speed / (speed + reach) if speed > 0.0 else 0.0
            sector = (math.atan2(y, x) / (2.0 * math.pi)) % 1.0 * 6.0 if speed > 0.0 else 0.0
            for c in range(3):
                # Distance of the hue from this primary's own sector, in sectors.
                apart = abs((sector - 2.0 * c + 3.0) % 6.0 - 3.0)
                full = min(max(2.0 - apart, 0.0), 1.0)
                out[v, u, c] = np.uint8(235.0 * (1.0 - strength * (1.0 - full)) + 0.5)
