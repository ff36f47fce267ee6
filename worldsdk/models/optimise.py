"""Making a loaded model fast for playing: the one place where that happens.

Models are written to be read and trained; whatever a device likes better is applied here, after loading,
and never in a model's own definition. Picture layers go to bfloat16 where the device is fast in it, and on
a CPU their weights are put once into the order that oneDNN's kernels want, which at batch size one saves
more time than the multiplication takes. What moves the walker or tracks state stays float32.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.interface import WorldModel
from worldsdk.models.precision import has_bfloat16

_NN: Any = torch._C._nn
"""Operators whose signatures torch's type stubs leave incomplete."""

EXACT = ("motion", "tracker")
"""Sub-modules whose small errors would add up from tick to tick."""


def optimise(model: WorldModel, device: torch.device) -> WorldModel:
    """The same model, changed in place, ready for inference on ``device``."""
    model = model.to(device).eval().requires_grad_(False)
    if has_bfloat16(device):
        for name, part in model.named_children():
            if name not in EXACT:
                _quicken(part)
    else:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.make_ready(device)
    return model


def _quicken(module: nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Conv2d) and child.padding_mode == "zeros":
            setattr(module, name, QuickConv2d(child))
        elif isinstance(child, nn.Conv1d) and child.kernel_size == (1,) and child.stride == (1,):
            setattr(module, name, QuickConv1d(child))
        elif isinstance(child, nn.Linear):
            setattr(module, name, QuickLinear(child))
        else:
            _quicken(child)


class QuickConv2d(nn.Module):
    """A convolution in bfloat16, channels last, its weight packed for oneDNN at the first call."""

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
        self.packs = weight.device.type == "cpu" and hasattr(_NN, "mkldnn_reorder_conv2d_weight")

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(torch.bfloat16, memory_format=torch.channels_last)
        if self.packs and self.packed is None:
            self._pack(x)
        if self.packed is None:
            return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        out: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.packed, self.bias, self.padding, self.stride, self.dilation, self.groups, "none", [], ""
        )
        return out

    def _pack(self, x: Tensor) -> None:
        plain = F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        try:
            self.packed = _NN.mkldnn_reorder_conv2d_weight(
                self.weight.to_mkldnn(), self.padding, self.stride, self.dilation, self.groups, list(x.shape)
            )
            out = torch.ops.mkldnn._convolution_pointwise(
                x,
                self.packed,
                self.bias,
                self.padding,
                self.stride,
                self.dilation,
                self.groups,
                "none",
                [],
                "",
            )
            # Not public operators: used only where they prove to do the same.
            if not torch.allclose(out.float(), plain.float(), rtol=2e-2, atol=2e-2):
                self.packed, self.packs = None, False
        except (RuntimeError, TypeError):
            self.packed, self.packs = None, False


class QuickConv1d(nn.Module):
    """A 1x1 convolution over a line, as the matrix product that it is, in bfloat16."""

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        self.weight = conv.weight.detach()[:, :, 0].to(torch.bfloat16).contiguous()
        bias = torch.zeros(len(self.weight)) if conv.bias is None else conv.bias.detach()
        self.bias = bias.to(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to(torch.bfloat16).transpose(1, 2), self.weight, self.bias).transpose(1, 2)


class QuickLinear(nn.Module):
    """A linear layer in bfloat16."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight.detach().to(torch.bfloat16)
        self.bias = None if linear.bias is None else linear.bias.detach().to(torch.bfloat16)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to(torch.bfloat16), self.weight, self.bias)
