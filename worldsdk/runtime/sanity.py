"""Is there a NaN or an infinity in what a tick made? Looked for at every tick, so it must not take long."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.pixels.kernels import kernel


def sane(tensors: Iterable[Tensor], count: int) -> list[bool]:
    """Of each row: there is no NaN and no infinity in it, in any tensor.

    Args:
        tensors: of any types; [count, ...] or anything else whose elements divide evenly into rows.
        count: of rows.
    """
    zeros = np.zeros(count, np.float32)
    others: list[Tensor] = []
    for tensor in tensors:
        if tensor.dtype is torch.float32 and tensor.is_cpu and tensor.is_contiguous():
            _spoil(tensor.numpy().reshape(-1), zeros)
        elif tensor.is_floating_point():
            others.append(tensor)
    found = [zero == 0.0 for zero in zeros.tolist()]
    if not others:
        return found
    return [one and other for one, other in zip(found, _summed(others, count), strict=True)]


# Sums may be taken in any order, so in vectors; that NaN exists must not be assumed away.
@kernel(fastmath={"reassoc"}, vectors=True)
def _spoil(numbers: NDArray[np.float32], zeros: NDArray[np.float32]) -> None:
    """Turns each of ``zeros`` [N] whose share of ``numbers`` is not all finite into NaN."""
    size = len(numbers) // len(zeros)
    for row in range(len(zeros)):
        zero = np.float32(0.0)
        for place in range(row * size, (row + 1) * size):
            # Nothing that is finite times nothing is nothing; all else is NaN, and so is a sum with it.
            zero += numbers[place] * np.float32(0.0)
        zeros[row] += zero


def _summed(tensors: list[Tensor], count: int) -> list[bool]:
    # A sum is finite only if every number in it is. One for all tensors: on a GPU beginning costs most.
    rows = torch.cat([tensor.reshape(count, tensor.numel() // count) for tensor in tensors], dim=1)
    return [math.isfinite(total) for total in rows.sum(1, dtype=torch.float32).tolist()]
