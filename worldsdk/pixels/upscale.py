"""One call that enlarges a world's small frame for a screen or a film."""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np

from worldsdk.errors import PixelError
from worldsdk.pixels.edge import middle_factor, refine
from worldsdk.pixels.kernels import Bytes
from worldsdk.pixels.resample import bilinear_kernel, linear_positions, nearest_kernel, nearest_positions

Method = Literal["edge", "bilinear", "nearest"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)


def upscale(
    pixels: Bytes, height: int, width: int, method: Method = "edge", out: Bytes | None = None
) -> Bytes:
    """``pixels`` uint8 [h, w, 3] resampled to uint8 [height, width, 3].

    Args:
        pixels: any strides; copied if not C-contiguous.
        height, width: at least 1 each; any ratio. Reductions are point-sampled, not area-averaged.
        method: ``"edge"`` draws sharp, smooth outlines and equals ``"bilinear"`` below a ratio of 1.5;
            ``"nearest"`` repeats pixels.
        out: C-contiguous uint8 [height, width, 3] to write into and return; allocated when ``None``.

    Raises:
        PixelError: wrong shape, dtype, size or method.
    """
    pixels = check_picture(pixels, "pixels")
    if method not in METHODS:
        raise PixelError(f"method is {method!r}", where="upscale", fix=f"use one of {METHODS}")
    if height < 1 or width < 1:
        raise PixelError(f"size is {width}x{height}", where="upscale", fix="give at least 1x1")
    if out is None:
        out = np.empty((height, width, 3), np.uint8)
    elif out.shape != (height, width, 3) or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise PixelError(
            f"buffer is {out.dtype} {list(out.shape)}",
            where="upscale out",
            fix=f"give a C-contiguous uint8 [{height}, {width}, 3]",
        )
    rows, columns = pixels.shape[:2]
    if method == "nearest":
        nearest_kernel(pixels, nearest_positions(rows, height), nearest_positions(columns, width), out)
        return out
    source = pixels.astype(np.float32)
    if method == "edge":
        factor = middle_factor(rows, columns, height, width)
        if factor > 1:
            source = refine(pixels, factor)
    rows, columns = source.shape[:2]
    bilinear_kernel(source, *linear_positions(rows, height), *linear_positions(columns, width), out)
    return out


def check_picture(pixels: Bytes, where: str) -> Bytes:
    """``pixels``, C-contiguous and writeable, copied where it is not.

    Raises:
        PixelError: not uint8 [h, w, 3] with at least one pixel.
    """
    if (
        not isinstance(pixels, np.ndarray)
        or pixels.dtype != np.uint8
        or pixels.ndim != 3
        or pixels.shape[2] != 3
        or pixels.size == 0
    ):
        got = f"{pixels.dtype} {list(pixels.shape)}" if isinstance(pixels, np.ndarray) else repr(type(pixels))
        raise PixelError(f"picture is {got}", where=where, fix="give a uint8 [height, width, 3] RGB array")
    # Kernels are compiled per array type, and a read-only array is another type: a copy costs less.
    return np.require(pixels, requirements=("C", "W"))


def warm_up() -> None:
    """Compiles every kernel that ``upscale`` uses, or loads it from the cache; seconds the first time."""
    picture = np.zeros((2, 2, 3), np.uint8)
    for method in METHODS:
        upscale(picture, 8, 8, method)
