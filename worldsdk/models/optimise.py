"""Making a loaded model fast for playing: the one place where that happens.

Models are written to be read and trained; whatever a device likes better is applied here, after loading,
and never in a model's own definition.
"""

from __future__ import annotations

import torch

from worldsdk.models.interface import WorldModel


def optimise(model: WorldModel, device: torch.device) -> WorldModel:
    """The same model, ready for inference on ``device``."""
    model = model.to(device).eval().requires_grad_(False)
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
