"""Distances between pictures, one number per frame.

PSNR is taken per frame on 8-bit RGB and then averaged over frames: an average of decibels, as published
figures are, and not the decibels of an average error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

PSNR_CAP = 100.0
"""Decibels given to a frame without any error, where the formula is infinite."""

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.float64]


def psnr(real: Pixels, other: Pixels) -> Numbers:
    """Peak signal-to-noise ratio of each frame in dB, at most ``PSNR_CAP``.

    Args:
        real, other: uint8 [N, H, W, 3], equal shapes.

    Returns:
        float64 [N].

    Raises:
        ValueError: different shapes or another dtype.
    """
    check_pair(real, other)
    squared = np.square(real.astype(np.float32) - other.astype(np.float32))
    error = squared.reshape(len(real), -1).mean(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        decibels = 10.0 * np.log10(255.0**2 / error)
    capped: Numbers = np.minimum(decibels, PSNR_CAP)
    return capped


def ssim(real: Pixels, other: Pixels) -> Numbers:
    """Structural similarity of each frame, mean over colour channels, at most 1 (equal frames).

    Wang, Bovik, Sheikh and Simoncelli 2004, uniform 7x7 windows. Shapes and errors as ``psnr``.
    """
    check_pair(real, other)
    return np.array(
        [
            structural_similarity(a, b, channel_axis=2, data_range=255)
            for a, b in zip(real, other, strict=True)
        ],
        dtype=np.float64,
    )


def sharpness(frames: Pixels) -> Numbers:
    """Root mean square of the brightness gradient of each frame, in levels per pixel.

    Blur lowers it and noise raises it, wherever in the picture the edges are; so it may be compared
    between frames that show the same things at slightly different places. (The mean of the gradient's
    length would hardly notice a blurred edge: it is as high as before, only wider.)

    Args:
        frames: uint8 [N, H, W, 3].

    Returns:
        float64 [N].
    """
    light = frames.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    across = np.diff(light, axis=2)[:, :-1, :]
    down = np.diff(light, axis=1)[:, :, :-1]
    energy = (np.square(across) + np.square(down)).mean(axis=(1, 2), dtype=np.float64)
    steepness: Numbers = np.sqrt(energy)
    return steepness


def check_pair(real: Pixels, other: Pixels) -> None:
    """Raises ValueError unless both are uint8 [N, H, W, 3] of one shape."""
    if real.shape != other.shape or real.ndim != 4 or real.shape[-1] != 3:
        raise ValueError(f"frames must be two equal [N, H, W, 3], not {real.shape} and {other.shape}")
    if real.dtype != np.uint8 or other.dtype != np.uint8:
        raise ValueError(f"frames must be uint8, not {real.dtype} and {other.dtype}")
