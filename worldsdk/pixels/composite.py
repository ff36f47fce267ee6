"""Putting things of one's own into a generated picture: behind what stands nearer, around what is marked."""

from __future__ import annotations

import math

import numpy as np

from worldsdk.errors import PixelError
from worldsdk.pixels.kernels import Bytes, Floats, kernel
from worldsdk.pixels.upscale import check_picture

LINE = 1.0 / 120.0
"""Width of a line around something, as a part of the picture's height."""
SOFTNESS = 0.08
"""Part of its distance over which a thing fades behind an edge: depth between two pixels is a guess."""

Colour = tuple[int, int, int]


def draw_at_depth(
    picture: Bytes, depth: Floats, sprite: Bytes, left: float, top: float, distance: float
) -> float:
    """Draws a sprite where nothing of the picture stands nearer.

    Between two pixels of the depth its inverse is interpolated, as planes want it: edges are as fine as the
    picture, however small the layer is.

    Args:
        picture: uint8 [h, w, 3], the enlarged frame; changed in place.
        depth: float32 [H, W] of that frame, any size.
        sprite: uint8 [sh, sw, 4], RGBA, not premultiplied, at the picture's resolution.
        left, top: of the sprite in the picture, in pixels; any part may lie outside.
        distance: of the sprite along the viewing direction, in the depth's unit.

    Returns:
        the part of the sprite that is seen, 0 to 1, by its own opacity: 0 where all is hidden or outside.

    Raises:
        PixelError: wrong shapes or dtypes, or a distance that is not above 0.
    """
    _check(picture, depth, "draw_at_depth")
    if sprite.dtype != np.uint8 or sprite.ndim != 3 or sprite.shape[2] != 4 or sprite.size == 0:
        raise PixelError(
            f"sprite is {sprite.dtype} {list(sprite.shape)}",
            where="draw_at_depth",
            fix="give uint8 [h, w, 4]",
        )
    if not (math.isfinite(distance) and distance > 0.0):
        raise PixelError(f"distance is {distance}", where="draw_at_depth", fix="give a number above 0")
    place = round(left), round(top)
    seen = _draw(picture, _layer(depth), np.ascontiguousarray(sprite), *place, distance, SOFTNESS)
    whole = float(sprite[..., 3].sum(dtype=np.int64))
    return float(seen) / whole if whole else 0.0


def highlight(
    picture: Bytes, mask: Floats, colour: Colour, *, outline: float = 1.0, fill: float = 0.25
) -> None:
    """Marks what a mask covers, where it is more than half, with a line around it and a tint.

    Args:
        picture: uint8 [h, w, 3], the enlarged frame; changed in place.
        mask: float32 [H, W] of that frame, any size: 1 inside, 0 outside.
        outline, fill: how strongly each hides what is below, 0 to 1.

    Raises:
        PixelError: wrong shapes or dtypes.
    """
    _check(picture, mask, "highlight")
    _mark(picture, _layer(mask), np.array(colour, np.float32), outline, fill)


def _check(picture: Bytes, layer: Floats, where: str) -> None:
    check_picture(picture, where)
    if not (picture.flags.c_contiguous and picture.flags.writeable):
        raise PixelError("the picture cannot be drawn on", where=where, fix="give a copy of it")
    if layer.ndim != 2 or layer.size == 0:
        raise PixelError(f"the layer has shape {list(layer.shape)}", where=where, fix="give [H, W]")


def _layer(layer: Floats) -> Floats:
    # One type for the compiler, whether or not a layer can be written to.
    values = np.ascontiguousarray(layer, dtype=np.float32).view()
    values.flags.writeable = False
    return values


@kernel(fastmath=False)
def _mixed(layer: Floats, row: float, column: float, inverse: bool) -> float:
    """The layer between four pixels' centres; its inverse, where that is wanted."""
    y = min(max(row - 0.5, 0.0), layer.shape[0] - 1.0)
    x = min(max(column - 0.5, 0.0), layer.shape[1] - 1.0)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, layer.shape[0] - 1), min(left + 1, layer.shape[1] - 1)
    fy, fx = y - top, x - left
    total = 0.0
    for corner in range(4):
        v = bottom if corner & 2 else top
        u = right if corner & 1 else left
        share = (fy if corner & 2 else 1.0 - fy) * (fx if corner & 1 else 1.0 - fx)
        value = layer[v, u]
        total += share * (1.0 / max(value, 1e-6) if inverse else value)
    return total


@kernel(fastmath=False)
def _draw(
    picture: Bytes, depth: Floats, sprite: Bytes, left: int, top: int, distance: float, softness: float
) -> float:
    height, width = picture.shape[:2]
    tall, wide = depth.shape[0] / height, depth.shape[1] / width
    seen = 0.0
    for v in range(max(top, 0), min(top + sprite.shape[0], height)):
        for u in range(max(left, 0), min(left + sprite.shape[1], width)):
            opacity = sprite[v - top, u - left, 3]
            if opacity == 0:
                continue
            # Above 0 where the picture is nearer, by that part of the distance.
            nearer = _mixed(depth, (v + 0.5) * tall, (u + 0.5) * wide, True) * distance - 1.0
            share = min(max(0.5 - nearer / softness, 0.0), 1.0)
            seen += share * opacity
            alpha = share * opacity / 255.0
            for c in range(3):
                mixed = (1.0 - alpha) * picture[v, u, c] + alpha * sprite[v - top, u - left, c]
                picture[v, u, c] = np.uint8(mixed + 0.5)
    return seen


@kernel(fastmath=False)
def _mark(picture: Bytes, mask: Floats, colour: Floats, outline: float, fill: float) -> None:
    height, width = picture.shape[:2]
    tall, wide = mask.shape[0] / height, mask.shape[1] / width
    # Half a line's width, the same however fine the mask is.
    reach = max(1.0, height * LINE / 2.0)
    for v in range(height):
        for u in range(width):
            least = most = inside = _mixed(mask, (v + 0.5) * tall, (u + 0.5) * wide, False)
            for side in range(4):
                down = reach * ((side == 0) - (side == 1))
                right = reach * ((side == 2) - (side == 3))
                near = _mixed(mask, (v + 0.5 + down) * tall, (u + 0.5 + right) * wide, False)
                least, most = min(least, near), max(most, near)
            edge = least <= 0.5 < most
            if not edge and inside <= 0.5:
                continue
            alpha = min((outline if edge else 0.0) + (fill if inside > 0.5 else 0.0), 1.0)
            for c in range(3):
                picture[v, u, c] = np.uint8((1.0 - alpha) * picture[v, u, c] + alpha * colour[c] + 0.5)
