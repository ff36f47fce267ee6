"""Channels-last bfloat16 tensors as the arrays that compiled loops take."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldsdk.models.inference.activations import silu_of


def bits(x: Tensor) -> NDArray[np.int16]:
    """A channels-last bfloat16 tensor [B, C, H, W] as the array [B, H, W, C] that it is in memory."""
    return cast("NDArray[np.int16]", x.permute(0, 2, 3, 1).view(torch.int16).numpy())


def silu(x: Tensor) -> Tensor:
    """The SiLU of a channels-last bfloat16 tensor."""
    out = torch.empty_like(x)
    silu_of(bits(x).reshape(-1), bits(out).reshape(-1))
    return out
