"""Colouring a one-channel layer (depth, labels, flow magnitude) so that people can read it."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from worldsdk.errors import PixelError
from worldsdk.pixels.kernels import Bytes, Floats, kernel

_STOPS = (
    (0.00, (250, 239, 178)),
    (0.20, (245, 176, 91)),
    (0.42, (222, 98, 83)),
    (0.62, (148, 52, 110)),
    (0.82, (65, 31, 103)),
    (1.00, (12, 12, 38)),
)
"""Near is light and warm, far is dark and cool; lightness falls all the way, so it reads in grey too."""


@lru_cache(maxsize=1)
def _table() -> Bytes:
    """uint8 [256, 3]."""
    positions = np.linspace(0.0, 1.0, 256)
    places = [stop[0] for stop in _STOPS]
    columns = [np.interp(positions, places, [stop[1][c] for stop in _STOPS]) for c in range(3)]
    return np.stack(columns, axis=1).round().astype(np.uint8)


@kernel(fastmath=False)
def _colour_kernel(layer: Floats, low: float, scale: float, table: Bytes, out: Bytes) -> None:
    for y in range(layer.shape[0]):
        for x in range(layer.shape[1]):
            place = (layer[y, x] - low) * scale
            # Written so that NaN, which no comparison accepts, falls to the low end.
            index = np.int64(0)
            if place >= 255.0:
                index = np.int64(255)
            elif place > 0.0:
                index = np.int64(place + 0.5)
            out[y, x, 0] = table[index, 0]
            out[y, x, 1] = table[index, 1]
            out[y, x, 2] = table[index, 2]


def colour_layer(layer: Floats, low: float | None = None, high: float | None = None) -> Bytes:
    """A float [h, w] layer as uint8 [h, w, 3]: light and warm at ``low``, dark and cool at ``high``.

    Limits left out are taken from the layer's finite values. Values outside are clamped; NaN is drawn
    as ``low``.

    Raises:
        PixelError: not a two-dimensional, non-empty array, or limits that are not finite or not ascending.
    """
    values = np.ascontiguousarray(layer, dtype=np.float32)
    if values.ndim != 2 or values.size == 0:
        raise PixelError(f"layer has shape {list(values.shape)}", where="colour_layer", fix="give [h, w]")
    finite = values[np.isfinite(values)]
    if low is None:
        low = float(finite.min()) if finite.size else 0.0
    if high is None:
        high = float(finite.max()) if finite.size else 1.0
    if not (math.isfinite(low) and math.isfinite(high)) or high < low:
        raise PixelError(f"limits are {low}..{high}", where="colour_layer", fix="give finite low <= high")
    out = np.empty((*values.shape, 3), np.uint8)
    _colour_kernel(values, low, 255.0 / (high - low) if high > low else 0.0, _table(), out)
    return out
