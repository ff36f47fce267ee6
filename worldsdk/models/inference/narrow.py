"""Matrix products whose weights are kept in 4 bits, for playing on a CPU where memory is short.

torch's own 4-bit kernel is quick for a few rows and slow for a frame's, so weights are widened to bfloat16
right before each product: less memory, more time. Groups of ``GROUP`` weights of an output have a step and a
least value of their own, as in group-wise quantisation (Frantar et al. 2022, arXiv:2210.17323), rounded to
the nearest without a look at data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.inference.activations import narrow
from worldsdk.models.inference.products import bits
from worldsdk.pixels.kernels import kernel

GROUP = 32
MOST = 15


class NarrowProduct:
    """Takes and gives what ``products.Product`` does. Inputs divide by ``GROUP``."""

    def __init__(self, linear: nn.Linear, activation: str = "none") -> None:
        weight = linear.weight.detach().float()
        self.shape = tuple(weight.shape)
        groups = weight.view(len(weight), -1, GROUP)
        low, high = groups.amin(2), groups.amax(2)
        steps = ((high - low) / MOST).clamp(min=1e-20)
        whole = ((groups - low[..., None]) / steps[..., None]).round().clamp(0, MOST).to(torch.uint8)
        pairs = whole.view(len(weight), -1, 2)
        self.codes: NDArray[np.uint8] = (pairs[..., 0] | pairs[..., 1] << 4).contiguous().numpy()
        self.steps: NDArray[np.float32] = steps.numpy()
        self.low: NDArray[np.float32] = low.contiguous().numpy()
        self.bias = None if linear.bias is None else linear.bias.detach().to(torch.bfloat16)
        kind, _, form = activation.partition("-")
        self.gelu: dict[str, Any] | None = {"approximate": form or "none"} if kind == "gelu" else None

    def __call__(self, x: Tensor) -> Tensor:
        out = F.linear(x, self.weight(), self.bias)
        return out if self.gelu is None else F.gelu(out, **self.gelu)

    def weight(self) -> Tensor:
        """What the codes stand for, bfloat16 [outputs, inputs]."""
        wide = torch.empty(self.shape, dtype=torch.bfloat16)
        widen_codes(self.codes, self.steps, self.low, bits(wide))
        return wide


@kernel(fastmath=False, vectors=True)
def widen_codes(
    codes: NDArray[np.uint8], steps: NDArray[np.float32], low: NDArray[np.float32], out: NDArray[np.int16]
) -> None:
    """codes [R, C / 2], two a byte, the lower half first -> out [R, C], bits of bfloat16."""
    half = GROUP // 2
    for r in range(len(codes)):
        for g in range(steps.shape[1]):
            step, least = steps[r, g], low[r, g]
            for c in range(half):
                pair = codes[r, g * half + c]
                out[r, 2 * (g * half + c)] = narrow(np.float32(pair & 15) * step + least)
                out[r, 2 * (g * half + c) + 1] = narrow(np.float32(pair >> 4) * step + least)
