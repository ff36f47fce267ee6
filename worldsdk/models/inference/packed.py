"""Layers in bfloat16 whose weights lie as the device's kernels want them.

On a CPU a weight is put into oneDNN's own order once, at the first call; put there at every call, it costs
more time at batch size one than the multiplication. What order that is depends on the size of the picture and
never on the batch or on what is in it, so that the same frames come out whoever was first.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_NN: Any = torch._C._nn
"""Operators whose signatures torch's type stubs leave incomplete."""


class QuickConv2d(nn.Module):
    """A convolution in bfloat16, channels last."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        weight = conv.weight.detach().to(torch.bfloat16, memory_format=torch.channels_last)
        bias = None if conv.bias is None else conv.bias.detach().to(torch.bfloat16)
        # Not parameters: a model that is ready to play is not trained or saved any more.
        self.weight, self.bias, self.packed = weight, bias, cast("Tensor | None", None)
        self.stride = cast("list[int]", list(conv.stride))
        self.padding = cast("list[int]", list(conv.padding))
        self.dilation = cast("list[int]", list(conv.dilation))
        self.groups = conv.groups
        self._rest = (self.bias, self.padding, self.stride, self.dilation, self.groups)
        self.packs = weight.device.type == "cpu" and hasattr(_NN, "mkldnn_reorder_conv2d_weight")

    def forward(self, x: Tensor) -> Tensor:
        return self.of(x.to(torch.bfloat16, memory_format=torch.channels_last))

    def of(self, x: Tensor) -> Tensor:
        """``forward`` for what is bfloat16 and channels last already."""
        if self.packs and self.packed is None:
            self._pack(x)
        return self._plain(x) if self.packed is None else self._quick(x)

    def add_to(self, total: Tensor, x: Tensor) -> Tensor:
        """``total`` plus the convolution of ``x``, both bfloat16, channels last. May overwrite ``total``."""
        if self.packs and self.packed is None:
            self._pack(x)
        if self.packed is None:
            return total + self._plain(x)
        out: Tensor = torch.ops.mkldnn._convolution_pointwise_.binary(
            total,
            x,
            self.packed,
            *self._rest,
            "add",
            1.0,
            None,
            [],
            None,
        )
        return out

    def _plain(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def _quick(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.mkldnn._convolution_pointwise.default(
            x, self.packed, *self._rest, "none", [], ""
        )
        return out

    def _pack(self, x: Tensor) -> None:
        shape = [1, *x.shape[1:]]
        probe = _probe(shape).to(memory_format=torch.channels_last)
        try:
            self.packed = _NN.mkldnn_reorder_conv2d_weight(
                self.weight.to_mkldnn(), self.padding, self.stride, self.dilation, self.groups, shape
            )
            plain = self._plain(probe)
            total = self.add_to(plain.clone(memory_format=torch.preserve_format), probe)
            # Not public operators: used only where they prove to do the same.
            if not (_alike(self._quick(probe), plain) and _alike(total, 2.0 * plain)):
                self.packed, self.packs = None, False
        except (RuntimeError, TypeError):
            self.packed, self.packs = None, False


class QuickLinear(nn.Module):
    """A linear layer in bfloat16."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight.detach().to(torch.bfloat16).contiguous()
        self.bias = None if linear.bias is None else linear.bias.detach().to(torch.bfloat16)
        self.packed: Tensor | None = None
        known = hasattr(torch.ops.mkldnn, "_linear_pointwise") and hasattr(
            torch.ops.mkldnn, "_reorder_linear_weight"
        )
        self.packs = self.weight.device.type == "cpu" and known

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(torch.bfloat16)
        if self.packs and self.packed is None:
            self._pack(x)
        return self._quick(x) if self.packed is not None else F.linear(x, self.weight, self.bias)

    def _quick(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, self.packed, self.bias, "none", [], "")
        return out

    def _pack(self, x: Tensor) -> None:
        # Rows of one session: all but the batch, which comes first.
        rows = x.shape[1:-1].numel()
        probe = _probe([rows, x.shape[-1]])
        try:
            self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, rows)
            if not _alike(self._quick(probe), F.linear(probe, self.weight, self.bias)):
                self.packed, self.packs = None, False
        except (RuntimeError, TypeError):
            self.packed, self.packs = None, False


class QuickConv1d(nn.Module):
    """A 1x1 convolution over a line, as the matrix product that it is, in bfloat16."""

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        linear = nn.Linear(conv.in_channels, conv.out_channels, bias=conv.bias is not None)
        linear.weight = nn.Parameter(conv.weight.detach()[:, :, 0], requires_grad=False)
        if conv.bias is not None:
            linear.bias = nn.Parameter(conv.bias.detach(), requires_grad=False)
        self.linear = QuickLinear(linear)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.linear(x.transpose(1, 2))).transpose(1, 2)


def _probe(shape: list[int]) -> Tensor:
    """Numbers that are the same in every process, on both sides of zero."""
    count = torch.Size(shape).numel()
    return torch.linspace(-7.0, 7.0, count).sin().to(torch.bfloat16).view(shape)


def _alike(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found.float(), expected.float(), rtol=2e-2, atol=2e-2)
