"""Making a loaded model fast for playing: the one place where that happens.

Models are written to be read and trained; whatever a device likes better is applied here, after loading,
and never in a model's own definition. Picture layers go to bfloat16 where the device is fast in it, and on
a CPU to the layers of ``models/inference``. What moves the walker or tracks state stays float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

import torch
from torch import nn

from worldsdk.models.inference.packed import QuickConv1d, QuickConv2d, QuickLinear
from worldsdk.models.interface import WorldModel
from worldsdk.models.precision import has_bfloat16

EXACT = ("drift", "motion", "outcomes", "things", "tracker")
"""Sub-modules whose small errors would add up from tick to tick."""


REWRITES = {
    "worldsdk.models.blocks.UNet": "worldsdk.models.inference.unet.QuickUNet",
    "worldsdk.models.anchored.place.Place": "worldsdk.models.inference.place.QuickPlace",
    "worldsdk.models.diamond.denoiser.Network": "worldsdk.models.inference.diamond.QuickNetwork",
    "worldsdk.models.diamond.outcome.Outcome": "worldsdk.models.inference.diamond.QuickOutcome",
    "worldsdk.models.oasis.autoencoder.PictureBlock": "worldsdk.models.inference.oasis.QuickPictureBlock",
    "worldsdk.models.oasis.transformer.Block": "worldsdk.models.inference.oasis.QuickBlock",
}
"""Modules for which there is another one that does the same on a CPU with bfloat16."""

EXACT_REWRITES = {"worldsdk.models.anchored.motion.Motion": "worldsdk.models.inference.motion.QuickMotion"}
"""The same, in float32, on any CPU."""


def optimise(model: WorldModel, device: torch.device) -> WorldModel:
    """The same model, changed in place, ready for inference on ``device``."""
    model = model.to(device).eval().requires_grad_(False)
    # A family may have been asked to stay as exact as it was published.
    quick = has_bfloat16(device) and getattr(model, "precision", "bfloat16") != "float32"
    for name, part in list(model.named_children()):
        if name in EXACT:
            setattr(model, name, _rewritten(part, EXACT_REWRITES, device) or part)
        elif quick:
            setattr(model, name, _quick(part, device))
    if not quick:
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
    rewritten = _rewritten(module, REWRITES, device)
    if rewritten is not None:
        return rewritten
    for name, child in list(module.named_children()):
        setattr(module, name, _quick(child, device))
    return module


def _rewritten(module: nn.Module, rewrites: Mapping[str, str], device: torch.device) -> nn.Module | None:
    """What stands in for ``module`` on a CPU, if anything."""
    found = rewrites.get(f"{type(module).__module__}.{type(module).__qualname__}")
    if found is None or device.type != "cpu":
        return None
    # Imported here: compiling costs a second that other devices and families need not spend.
    home, _, name = found.rpartition(".")
    return cast(nn.Module, getattr(import_module(home), name)(module))
