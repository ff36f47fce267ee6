"""A session's memory: the frames in the window, one tensor each, so that moments of a history share them.

Names end in the frame's age, 00 for the newest. A tick renames all and drops the oldest; nothing is copied,
whatever the window holds. Slots of frames that were never there hold zeros.

    latent.NN   float32 [B, C, H, W], for the transformer
    kept.NN     sliding reuse only: whole numbers [B, depth, 2, N, hidden], see ``pack``
    actions     float32 [B, window - 1, controls], oldest first, each what led to its frame
    known       int64 [B], frames that were there, up to window - 1
    clock       int64 [B], position of the newest frame, counted from the session's first
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from worldsdk.models.interface import State
from worldsdk.models.oasis.attention import Past

BITS = {torch.float32: torch.int32, torch.bfloat16: torch.int16}


def empty(batch: int, frames: int, latent_shape: Sequence[int], controls: int, device: torch.device) -> State:
    """The memory of nothing."""
    latent = torch.zeros((batch, *latent_shape), device=device)
    return {
        **{f"latent.{age:02}": latent for age in range(frames)},
        "actions": torch.zeros(batch, frames, controls, device=device),
        "known": torch.zeros(batch, dtype=torch.int64, device=device),
        "clock": torch.full((batch,), -1, dtype=torch.int64, device=device),
    }


def push(state: State, latent: Tensor, action: Tensor, kept: Tensor | None = None) -> State:
    """The memory with one frame more: latent [B, C, H, W], action [B, controls], kept as of ``pack``."""
    frames = state["actions"].shape[1]
    after = {"actions": torch.cat([state["actions"][:, 1:], action[:, None]], dim=1)}
    for name, newest in (("latent", latent), ("kept", kept)):
        if newest is None:
            continue
        after[f"{name}.00"] = newest
        for age in range(1, frames):
            # Before the first of its kind there are only zeros.
            older = state.get(f"{name}.{age - 1:02}")
            after[f"{name}.{age:02}"] = torch.zeros_like(newest) if older is None else older
    after["known"] = (state["known"] + 1).clamp(max=frames)
    after["clock"] = state["clock"] + 1
    return after


def latents(state: State, frames: int) -> Tensor:
    """The newest ``frames`` latents, oldest first: [B, frames, C, H, W]."""
    return torch.stack([state[f"latent.{age:02}"] for age in reversed(range(frames))], dim=1)


def pack(kept: Sequence[Past]) -> Tensor:
    """Every block's keys and values of one frame, as bits: whole numbers [B, depth, 2, N, hidden].

    Bits, since nothing outside the model sums or compares them, and there are many.
    """
    both = [torch.stack([keys, values], dim=1) for keys, values in kept]
    # [B, depth, 2, N, heads, 1, channels]: one frame only.
    whole = torch.stack(both, dim=1).flatten(4)
    return whole.view(BITS[whole.dtype])


def unpack(state: State, frames: int, heads: int) -> list[Past]:
    """Each block's keys and values of the newest ``frames`` frames."""
    slots = [state[f"kept.{age:02}"] for age in reversed(range(frames))]
    kind = torch.bfloat16 if slots[0].dtype == torch.int16 else torch.float32
    parts = [torch.unflatten(slot.view(kind), -1, (heads, -1)) for slot in slots]
    blocks = range(parts[0].shape[1])
    return [
        Past(*(torch.stack([part[:, block, which] for part in parts], dim=3) for which in (0, 1)))
        for block in blocks
    ]
