"""A session's memory: the frames in the window, one tensor each, so that moments of a history share them.

Names end in the frame's age, 00 for the newest. A tick renames all and drops the oldest; nothing is copied,
whatever the window holds. Slots of frames that were never there hold zeros.

    latent.NN   float32 [B, C, H, W], for the transformer
    kept.NN     sliding reuse only: whole numbers [B, depth, 2, N, hidden], see ``pack``
    step.NN     in 8 bits only: whole numbers [B, depth, 2, N, heads], see ``pack_small``
    kept.first.NN, step.first.NN
                with a sink only: the same of the session's first frames, NN their position
    actions     float32 [B, window - 1, controls], oldest first, each what led to its frame
    known       int64 [B], frames that were there, up to window - 1
    clock       int64 [B], position of the newest frame, counted from the session's first
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def push(
    state: State, latent: Tensor, action: Tensor, kept: Mapping[str, Tensor] | None = None, sink: int = 0
) -> State:
    """The memory with one frame more.

    Args:
        latent: [B, C, H, W]. action: [B, controls].
        kept: what is kept of it besides: ``kept``, and ``step`` if any.
        sink: so many of the session's first frames are never dropped.
    """
    frames = state["actions"].shape[1]
    after = {"actions": torch.cat([state["actions"][:, 1:], action[:, None]], dim=1)}
    after["known"] = (state["known"] + 1).clamp(max=frames)
    after["clock"] = state["clock"] + 1
    _shift(after, state, "latent", latent, frames)
    for name, newest in (kept or {}).items():
        _shift(after, state, name, newest, frames - sink)
        for place in range(sink):
            slot = f"{name}.first.{place:02}"
            before = state.get(slot)
            before = torch.zeros_like(newest) if before is None else before
            here = (after["clock"] == place).view(-1, *[1] * (newest.ndim - 1))
            # Most of the time nothing changes, and moments go on sharing it.
            still = here.device.type == "cpu" and not bool(here.any())
            after[slot] = before if still else torch.where(here, newest, before)
    return after


def _shift(after: State, state: State, name: str, newest: Tensor, slots: int) -> None:
    after[f"{name}.00"] = newest
    for age in range(1, slots):
        # Before the first of its kind there are only zeros.
        older = state.get(f"{name}.{age - 1:02}")
        after[f"{name}.{age:02}"] = torch.zeros_like(newest) if older is None else older


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


def pack_small(kept: Sequence[Past]) -> dict[str, Tensor]:
    """The same in 8 bits: ``kept`` int8 [B, depth, 2, N, hidden] times a step for each head, ``step``, as
    bits of the type that keys and values had.
    """
    both = torch.stack([torch.stack([keys, values], dim=1) for keys, values in kept], dim=1)
    # [B, depth, 2, N, heads, 1, channels]: one frame only.
    whole = both.squeeze(-2)
    # Rounded first, so that what is multiplied again is what was divided by.
    steps = (whole.float().abs().amax(-1) / 127.0).clamp(min=1e-20).to(whole.dtype)
    small = (whole.float() / steps.float()[..., None]).round().clamp(-127.0, 127.0).to(torch.int8)
    return {"kept": small.flatten(4), "step": steps.view(BITS[steps.dtype])}


def unpack(state: State, frames: int, heads: int, first: int = 0) -> list[Past]:
    """Each block's keys and values of the newest ``frames`` frames, after those of ``first`` first ones."""
    slots = [f"first.{place:02}" for place in range(first)] + [f"{age:02}" for age in reversed(range(frames))]
    parts = [_opened(state, slot, heads) for slot in slots]
    blocks = range(parts[0].shape[1])
    return [
        Past(*(torch.stack([part[:, block, which] for part in parts], dim=3) for which in (0, 1)))
        for block in blocks
    ]


def _opened(state: State, slot: str, heads: int) -> Tensor:
    """One frame's: [B, depth, 2, N, heads, channels]."""
    kept, steps = state[f"kept.{slot}"], state.get(f"step.{slot}")
    if steps is None:
        return torch.unflatten(kept.view(_kind(kept)), -1, (heads, -1))
    kind = _kind(steps)
    wide = torch.unflatten(kept, -1, (heads, -1)).float() * steps.view(kind).float()[..., None]
    return wide.to(kind)


def _kind(bits: Tensor) -> torch.dtype:
    return torch.bfloat16 if bits.dtype == torch.int16 else torch.float32
