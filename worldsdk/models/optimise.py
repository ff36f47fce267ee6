"""Making a loaded model fast for playing: the one place where that happens.

Models are written to be read and trained; whatever a device likes better is applied here, after loading,
and never in a model's own definition. Picture layers go to bfloat16 where the device is fast in it, and on
a CPU to the layers of ``models/inference``. What moves the walker or tracks state stays float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

import torch
from torch import Tensor, nn

from worldsdk.models.inference.packed import QuickConv1d, QuickConv2d, QuickLinear
from worldsdk.models.interface import WorldModel
from worldsdk.models.precision import has_bfloat16
from worldsdk.models.streaming import Streamed
from worldsdk.models.variants import Ready

EXACT = ("ground", "motion", "outcomes", "overlay", "things", "tracker")
"""Sub-modules whose small errors would add up from tick to tick, or that have nothing to be made faster."""


REWRITES = {
    "worldsdk.models.blocks.UNet": "worldsdk.models.inference.unet.QuickUNet",
    "worldsdk.models.anchored.samples.Dimming": "worldsdk.models.inference.dimming.QuickDimming",
    "worldsdk.models.anchored.place.Place": "worldsdk.models.inference.place.QuickPlace",
    "worldsdk.models.diamond.denoiser.Network": "worldsdk.models.inference.diamond.QuickNetwork",
    "worldsdk.models.diamond.outcome.Outcome": "worldsdk.models.inference.diamond.QuickOutcome",
    "worldsdk.models.oasis.autoencoder.PictureBlock": "worldsdk.models.inference.oasis.QuickPictureBlock",
    "worldsdk.models.oasis.transformer.Block": "worldsdk.models.inference.oasis.QuickBlock",
}
"""Modules for which there is another one that does the same on a CPU with bfloat16."""

EXACT_REWRITES = {"worldsdk.models.anchored.motion.Motion": "worldsdk.models.inference.motion.QuickMotion"}
"""The same, in float32, on any CPU."""


def optimise(model: WorldModel, device: torch.device, ready: Ready | None = None) -> WorldModel:
    """The same model, changed in place, ready for inference on ``device``; ``ready`` says how."""
    ready = Ready() if ready is None else ready
    model = model.to(device).eval().requires_grad_(False)
    # A family may have been asked to stay as exact as it was published.
    quick = ready.quick and has_bfloat16(device) and getattr(model, "precision", "bfloat16") != "float32"
    for name, part in list(model.named_children()):
        if name in EXACT:
            setattr(model, name, _rewritten(part, EXACT_REWRITES, device) or part)
        elif quick:
            setattr(model, name, _quick(part, device))
    # After the rewrites: some see to it themselves.
    _prepare_streamed(model, device, quick, ready)
    if not quick and ready.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.make_ready(device)
    if ready.compiled:
        # An attribute of the object stands before the method: nothing else changes.
        model.denoise = _compiled(model.denoise, ready.graphs)  # type: ignore[method-assign]
    return model


def _prepare_streamed(model: WorldModel, device: torch.device, quick: bool, ready: Ready) -> None:
    """Says what is to be made of weights that come when they are needed: what is made of all others."""

    def plain(part: nn.Module) -> nn.Module:
        return part.to(memory_format=torch.channels_last) if ready.channels_last else part  # type: ignore[call-overload]

    for part in model.modules():
        if isinstance(part, Streamed) and not part.prepared:
            part.prepare((lambda here: _quick(here, device)) if quick else plain)


def _compiled(denoise: Callable[..., Tensor], graphs: bool) -> Callable[..., Tensor]:
    """``denoise`` compiled for every step and size that it meets; with graphs, replayed on the device."""
    if not graphs:
        return cast("Callable[..., Tensor]", torch.compile(denoise, dynamic=False))
    replayed = torch.compile(denoise, dynamic=False, mode="reduce-overhead")
    # A replay writes where the one before did.
    return lambda *args: replayed(*args).clone()


def _quick(module: nn.Module, device: torch.device) -> nn.Module:
    """What does the work of ``module`` faster: something else, or the module itself with faster parts."""
    if isinstance(module, Streamed):
        return module
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
