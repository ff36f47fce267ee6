"""Half a transformer block for playing on a CPU: attention and perceptron.

The residual stream stays float32. Rows are as ``rows`` has them. Attention itself is handed in, since it is
what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.inference import rows as loops
from worldsdk.models.inference.narrow import NarrowProduct
from worldsdk.models.inference.products import Product, SmallProduct, bits

Attend = Callable[[Tensor], Tensor]
"""Queries, keys and values, bfloat16 [R, 3 * width] -> what was seen, bfloat16 [R, width]."""

SHIFT, GATE, SHIFT_MLP, GATE_MLP = 0, 2, 3, 5
"""Places among a half's six parts; a scale follows each shift."""


class Half:
    """In bfloat16. gelu: ``"gelu"`` or ``"gelu-tanh"``."""

    product: Callable[..., Product | NarrowProduct] = Product

    def __init__(self, qkv: nn.Linear, out: nn.Linear, fc1: nn.Linear, fc2: nn.Linear, gelu: str) -> None:
        product = type(self).product
        self.qkv, self.out = product(qkv), product(out)
        self.fc1, self.fc2 = product(fc1, gelu), product(fc2)

    def __call__(self, x: Tensor, parts: NDArray[np.float32], each: int, attend: Attend) -> None:
        """In place: x float32 [R, width]; parts [frames, 6, width]."""
        self.add(x, self.out(attend(self.look(x, parts, each))), parts, GATE, each)
        self.add(x, self.fc2(self.fc1(self._norm(x, parts, SHIFT_MLP, each))), parts, GATE_MLP, each)

    def look(self, x: Tensor, parts: NDArray[np.float32], each: int) -> Tensor:
        """Queries, keys and values."""
        return self.qkv(self._norm(x, parts, SHIFT, each))

    def add(self, x: Tensor, y: Tensor, parts: NDArray[np.float32], gate: int, each: int) -> None:
        loops.add(x.numpy(), bits(y), parts, gate, each)

    def _norm(self, x: Tensor, parts: NDArray[np.float32], first: int, each: int) -> Tensor:
        out = torch.empty(x.shape, dtype=torch.bfloat16)
        loops.norm(x.numpy(), parts, first, each, bits(out))
        return out


class NarrowHalf(Half):
    """The same with weights in 4 bits."""

    product = NarrowProduct


class SmallHalf:
    """As ``Half`` with weights and the rows that meet them in 8 bits; the GELU in its tanh form."""

    def __init__(self, qkv: nn.Linear, out: nn.Linear, fc1: nn.Linear, fc2: nn.Linear, gelu: str) -> None:
        if gelu != "gelu-tanh":
            raise ValueError(f"gelu is {gelu!r}; in 8 bits there is only 'gelu-tanh'")
        self.qkv, self.out = SmallProduct(qkv), SmallProduct(out)
        self.fc1, self.fc2 = SmallProduct(fc1), SmallProduct(fc2)

    def __call__(self, x: Tensor, parts: NDArray[np.float32], each: int, attend: Attend) -> None:
        """As ``Half``."""
        self._add(x, self.out.whole(attend(self.look(x, parts, each))), parts, GATE, each)
        small, steps = self._norm(x, parts, SHIFT_MLP, each)
        inner = self.fc1(small)
        active = torch.empty(inner.shape, dtype=torch.int8)
        after = np.empty_like(steps)
        loops.gelu_small(bits(inner), steps, self.fc1.bias, active.numpy(), after)
        out = self.fc2(active)
        loops.grow(bits(out), after, self.fc2.bias)
        self._add(x, out, parts, GATE_MLP, each)

    def look(self, x: Tensor, parts: NDArray[np.float32], each: int) -> Tensor:
        """Queries, keys and values."""
        small, steps = self._norm(x, parts, SHIFT, each)
        out = self.qkv(small)
        loops.grow(bits(out), steps, self.qkv.bias)
        return out

    def _add(self, x: Tensor, y: Tensor, parts: NDArray[np.float32], gate: int, each: int) -> None:
        loops.add(x.numpy(), bits(y), parts, gate, each)

    def _norm(self, x: Tensor, parts: NDArray[np.float32], first: int, each: int) -> tuple[Tensor, Any]:
        small, steps = torch.empty(x.shape, dtype=torch.int8), np.empty(len(x), np.float32)
        loops.norm_small(x.numpy(), parts, first, each, small.numpy(), steps)
        return small, steps
