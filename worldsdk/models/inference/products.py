"""Matrix products of large models, for playing on a CPU: weights once, in the order that the kernels want.

Unlike the layers of ``packed`` these keep no plain copy of their weights: those of a large model fill memory.
Both take and give rows, bfloat16 [R, inputs] -> [R, outputs].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.inference import rows as loops

TYPICAL_ROWS = 144
"""What orders of weights are chosen for. Others are accepted, at the same speed."""


class Product:
    """A linear layer in bfloat16. activation: ``"none"``, or the GELU as ``"gelu"`` or ``"gelu-tanh"``."""

    def __init__(self, linear: nn.Linear, activation: str = "none") -> None:
        self.weight = linear.weight.detach().to(torch.bfloat16).contiguous()
        self.bias = None if linear.bias is None else linear.bias.detach().to(torch.bfloat16)
        self.activation = activation
        kind, _, form = activation.partition("-")
        self._after: tuple[Any, ...] = (kind, [], form or "none") if kind == "gelu" else ("none", [], "")
        self.packed = False
        self._pack()

    def __call__(self, x: Tensor) -> Tensor:
        if not self.packed:
            return self._plain(x)
        out: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, self.weight, self.bias, *self._after)
        return out

    def _plain(self, x: Tensor) -> Tensor:
        out = F.linear(x, self.weight, self.bias)
        if self.activation == "none":
            return out
        return F.gelu(out, approximate="tanh" if self.activation == "gelu-tanh" else "none")

    def _pack(self) -> None:
        plain, probe = self.weight, _probe(8, self.weight.shape[1])
        expected = self._plain(probe)
        try:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(plain, TYPICAL_ROWS)
            self.packed = True
            # Not public operators: used only where they prove to do the same.
            found = self(probe)
            self.packed = torch.allclose(found.float(), expected.float(), rtol=2e-2, atol=2e-2)
        except (AttributeError, RuntimeError, TypeError):
            self.packed = False
        if not self.packed:
            self.weight = plain


class SmallProduct:
    """A linear layer of 8-bit weights, a step for each output, and 8-bit rows, a step for each row.

    Rows come quantised: int8 [R, inputs] and steps float32 [R]. What comes out, bfloat16 [R, outputs], is
    yet to be multiplied by the rows' steps and to have ``bias`` added, in a loop that walks over it anyhow.
    """

    def __init__(self, linear: nn.Linear) -> None:
        weight = linear.weight.detach().float()
        self.steps = (weight.abs().amax(1) / 127.0).clamp(min=1e-20)
        whole = (weight / self.steps[:, None]).round().to(torch.int8)
        # Memory of its own: the layer's may be used again.
        bias = torch.zeros(len(weight)) if linear.bias is None else linear.bias.detach().float().clone()
        self.bias: NDArray[np.float32] = bias.numpy()
        self.packed = torch.ops.onednn.qlinear_prepack(whole, None)
        self.zeros = torch.zeros(len(weight), dtype=torch.int32)

    def __call__(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.onednn.qlinear_pointwise.default(
            *(x, 1.0, 0, self.packed, self.steps, self.zeros, None, 1.0, 0, torch.bfloat16, "none", [], "")
        )
        return out

    def whole(self, x: Tensor) -> Tensor:
        """bfloat16 rows to bfloat16 rows, all done here."""
        small, steps = torch.empty(x.shape, dtype=torch.int8), np.empty(len(x), np.float32)
        loops.shrink(bits(x), small.numpy(), steps)
        out = self(small)
        loops.grow(bits(out), steps, self.bias)
        return out


def has_small_products() -> bool:
    """Whether 8-bit products can be had, and are right: they are no public operators."""
    linear = nn.Linear(64, 32)
    with torch.no_grad():
        linear.weight.copy_(_probe(32, 64) * 0.1)
        linear.bias.copy_(_probe(1, 32)[0])
        probe = _probe(8, 64)
        try:
            found = SmallProduct(linear).whole(probe)
        except (AttributeError, RuntimeError, TypeError):
            return False
        return torch.allclose(found.float(), linear(probe.float()), rtol=5e-2, atol=5e-2)


def bits(x: Tensor) -> NDArray[np.int16]:
    """A contiguous bfloat16 tensor as the array that it is in memory."""
    array: NDArray[np.int16] = x.view(torch.int16).numpy()
    return array


def _probe(rows: int, columns: int) -> Tensor:
    """Numbers that are the same in every process, on both sides of zero."""
    return torch.linspace(-7.0, 7.0, rows * columns).sin().to(torch.bfloat16).view(rows, columns)
