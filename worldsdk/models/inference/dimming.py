"""``Dimming`` for playing on a CPU: one compiled loop instead of ten operations on few numbers."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.anchored.samples import Dimming
from worldsdk.models.inference.activations import silu
from worldsdk.pixels.kernels import kernel

Floats = NDArray[np.float32]


class QuickDimming(Dimming):
    """Does what ``Dimming`` does, in float32. CPU only, and without gradient."""

    def __init__(self, dimming: Dimming) -> None:
        nn.Module.__init__(self)
        first, _, second = dimming.layers
        # Not parameters: a model that is ready to play is not trained or saved any more.
        self.first, self.second = _weights(first), _weights(second)

    def forward(self, depth: Tensor) -> Tensor:
        flat = depth.detach().float().contiguous().numpy().reshape(-1)
        out = np.empty((len(flat), len(self.second)), np.float32)
        _dim(flat, self.first, self.second, out)
        return torch.from_numpy(out).view(*depth.shape, -1)


def _weights(layer: nn.Module) -> Floats:
    """[out, in + 1] of a linear layer, the bias last."""
    linear = cast(nn.Linear, layer)
    joined = torch.cat([linear.weight, linear.bias[:, None]], dim=1)
    return cast(Floats, joined.detach().float().contiguous().numpy())


@kernel(fastmath=False, vectors=True)
def _dim(depths: Floats, first: Floats, second: Floats, out: Floats) -> None:
    """depths [N], map units -> out [N, 6]."""
    hidden = np.empty(len(first), np.float32)
    one = np.float32(1.0)
    for n in range(len(depths)):
        depth = max(depths[n], one)
        near = min(np.float32(64.0) / depth, np.float32(4.0))
        away = np.float32(math.log(depth)) - np.float32(5.0)
        for h in range(len(first)):
            hidden[h] = silu(first[h, 0] * near + first[h, 1] * away + first[h, 2])
        for c in range(len(second)):
            value = second[c, len(hidden)]
            for h in range(len(hidden)):
                value += second[c, h] * hidden[h]
            out[n, c] = value
