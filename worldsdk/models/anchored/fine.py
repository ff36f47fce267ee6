"""Frames finer than those that were recorded: what is known texel by texel is drawn between painted pixels.

The network paints as many pixels as it was taught on. Walls, floor and things are remembered as the game
holds them, so they can be seen at the game's own resolution: each of its samples that was averaged into one
painted pixel lies in some fine one. The painted picture says how all of it is lit, and shows what no texel is
known of; it is spread over the fine pixels in two layers, the texels' and the rest, so that neither runs into
the other where they meet (joint bilateral upsampling, Kopf et al. 2007, with the layer as its guide).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from worldsdk.models.anchored.fine_loop import LEAST_WEIGHT, SHARPENED, spread_picture
from worldsdk.models.anchored.texels import Known
from worldsdk.models.blocks import to_uint8

LEAST_COVER = 1e-3
"""Share of a painted pixel below which its texels have no colour to speak of."""


@dataclass(frozen=True)
class Shown:
    """A frame as it is shown.

    Attributes:
        pixels: uint8 [B, fH, fW, 3]. inverse: float32 [B, fH, fW], 1 / depth.
        kinds: [B, fH, fW], kind of thing that covers a pixel, 0 where none does.
    """

    pixels: Tensor
    inverse: Tensor
    kinds: Tensor


@torch.no_grad()
def finely(known: Known, figures: Tensor | None, picture: Tensor, inverse: Tensor) -> Shown:
    """A painted picture in fine pixels.

    Args:
        known: in those pixels.
        figures: [B, 6, fH, fW] of ``Sprites.image``, or None where nothing is followed.
        picture: [B, 3, H, W], as painted, about [-1, 1].
        inverse: [B, H, W], 1 / depth, as painted.
    """
    show = _by_loops if picture.device.type == "cpu" else _by_tensors
    return show(known, figures, picture, inverse)


def _by_loops(known: Known, figures: Tensor | None, picture: Tensor, inverse: Tensor) -> Shown:
    shape = tuple(known.inverse.shape)
    things = np.zeros((0, 6, 1, 1), np.float32) if figures is None else figures.contiguous().numpy()
    pixels, fine = np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32)
    spread_picture(
        known.colour.numpy(),
        known.inverse.numpy(),
        things,
        picture.float().contiguous().numpy(),
        inverse.float().contiguous().numpy(),
        pixels,
        fine,
    )
    kinds = torch.zeros(shape) if figures is None else figures[:, 5]
    return Shown(torch.from_numpy(pixels), torch.from_numpy(fine), kinds)


def _by_tensors(known: Known, figures: Tensor | None, picture: Tensor, inverse: Tensor) -> Shown:
    colour, cover, standing = known.colour[:, :3], known.colour[:, 3:], known.inverse
    factor = standing.shape[1] // inverse.shape[1]
    kinds = torch.zeros_like(standing)
    if figures is not None:
        left = 1.0 - figures[:, 3:4]
        colour, cover = colour * left + figures[:, :3], cover * left + figures[:, 3:4]
        standing, kinds = torch.maximum(standing, figures[:, 4]), figures[:, 5]
    share = F.avg_pool2d(cover, factor)
    mean = F.avg_pool2d(colour, factor) / share.clamp(min=LEAST_COVER)
    # How far the painted picture is from its texels, wherever it shows them and little else.
    light = _spread_layer(picture - mean, share.square(), factor)
    rest = _spread_layer(picture, (1.0 - share).square(), factor)
    fine = colour + cover * light + (1.0 - cover) * rest
    smooth = _spread(inverse[:, None], factor)[:, 0]
    return Shown(to_uint8(fine), torch.where(cover[:, 0] > 0.5, standing, smooth), kinds)


def _spread(values: Tensor, factor: int) -> Tensor:
    """[B, C, H, W] between pixels: [B, C, fH, fW]."""
    return F.interpolate(values, scale_factor=float(factor), mode="bilinear", align_corners=False)


def _spread_layer(values: Tensor, weight: Tensor, factor: int) -> Tensor:
    """``_spread`` of values [B, C, H, W] as far as their weight [B, 1, H, W] goes.

    What the spreading takes from the mean of each painted pixel is added before.
    """
    weight = weight + LEAST_WEIGHT
    finer, sharpened = _spread(weight, factor), values
    for _ in range(SHARPENED):
        mean = F.avg_pool2d(_spread(sharpened * weight, factor), factor)
        sharpened = sharpened + values - mean / F.avg_pool2d(finer, factor)
    return _spread(sharpened * weight, factor) / finer
