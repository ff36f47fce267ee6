"""Per-frame pixel kernels: enlarging, colouring layers, composing sheets. Knows nothing of worlds."""

from worldsdk.pixels.colour import colour_layer
from worldsdk.pixels.composite import draw_at_depth, highlight
from worldsdk.pixels.flow import colour_motion
from worldsdk.pixels.lens import Lens, OnScreen
from worldsdk.pixels.sheet import contact_sheet, filmstrip, pick_evenly
from worldsdk.pixels.upscale import METHODS, Method, upscale, warm_up

__all__ = [
    "METHODS",
    "Lens",
    "Method",
    "OnScreen",
    "colour_layer",
    "colour_motion",
    "contact_sheet",
    "draw_at_depth",
    "filmstrip",
    "highlight",
    "pick_evenly",
    "upscale",
    "warm_up",
]
