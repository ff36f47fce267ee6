"""Per-frame pixel kernels: enlarging, colouring layers, composing sheets. Knows nothing of worlds."""

from worldsdk.pixels.colour import colour_layer
from worldsdk.pixels.sheet import contact_sheet, filmstrip, pick_evenly
from worldsdk.pixels.upscale import METHODS, Method, upscale, warm_up

__all__ = [
    "METHODS",
    "Method",
    "colour_layer",
    "contact_sheet",
    "filmstrip",
    "pick_evenly",
    "upscale",
    "warm_up",
]
