"""Making a loaded model fast for playing: the one place where that happens.

Models are written to be read and trained; whatever a device likes better is applied here, after loading,
and never in a model's own definition. Picture layers go to bfloat16 where the device is fast in it, and on
a CPU to the layers of ``models/inference``. What moves the walker or tracks state stays float32.
"""

from __future__ import annotations

import torch
from torch import nn

from worldsdk.models.blocks import UNet
from worldsdk.models.inference.packed import QuickConv1d, QuickConv2d, QuickLinear
from worldsdk.models.interface import WorldModel
from worldsdk.models.precision import has_bfloat16

EXACT = ("motion", "outcomes", "things", "tracker")
"""Sub-modules whose small errors would add up from tick to tick."""


def optimise(model: WorldModel, device: torch.device) -> WorldModel:
    """The same model, changed in place, ready for inference on ``device``."""
    model = model.to(device).eval().requires_grad_(False)
    if has_bfloat16(device):
        for name, part in model.named_children():
            if name not in EXACT:
                setattr(model, name, _quick(part, device))
    else:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.make_ready(device)
    return model


def _quick(module: nn.Module, device: torch.device) -> nn.Module:
    """What does the work of ``module`` faster: something else, or the module itself with faster parts."""
    if isinstance(module, nn.Conv2d) and module.padding_mode == "zeros":
        return QuickConv2d(module)
    if isinstance(module, nn.Conv1d) and module.kernel_size == (1,) and module.stride == (1,):
        return QuickConv1d(module)
    if isinstance(module, nn.Linear):
        return QuickLinear(module)
    if isinstance(module, UNet) and device.type == "cpu":
        # Imported here: its loops are compiled, which other devices need not wait for.
        from worldsdk.models.inference.unet import QuickUNet

        return QuickUNet(module)
    for name, child in list(module.named_children()):
        setattr(module, name, _quick(child, device))
    return module
