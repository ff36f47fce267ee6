"""Attention over the tokens of one frame, and over one place of many frames.

Tokens are [B, T, N, width]: batch, frames, places of a frame row by row. Names of parameters are those of the
published checkpoint.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.oasis.rotary import turn

Turns = tuple[Tensor, Tensor]


class Past(NamedTuple):
    """What temporal attention has kept of earlier frames, oldest first: [B, N, heads, frames, channels].

    Keys are turned to their frames' positions.
    """

    keys: Tensor
    values: Tensor


class SpatialAttention(nn.Module):
    """Every place of a frame sees every place of the same frame."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width)

    def forward(self, x: Tensor, turns: Turns) -> Tensor:
        """turns: [N, pairs]. Returns the shape of ``x``."""
        frames = x.flatten(0, 1)
        query, key, value = torch.unflatten(self.to_qkv(frames), -1, (3, self.heads, -1)).permute(
            2, 0, 3, 1, 4
        )
        seen = F.scaled_dot_product_attention(turn(query, turns), turn(key, turns), value)
        out: Tensor = self.to_out(seen.transpose(1, 2).flatten(2))
        return out.view(x.shape)


class TemporalAttention(nn.Module):
    """Every place of a frame sees the same place of its own and of earlier frames."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width)

    def split(self, x: Tensor, turns: Turns) -> tuple[Tensor, Past]:
        """Queries [B, N, heads, T, channels], and what later frames need of these. turns: [B, T, pairs]."""
        query, key, value = torch.unflatten(self.to_qkv(x), -1, (3, self.heads, -1)).permute(3, 0, 2, 4, 1, 5)
        cosine, sine = turns
        turned = cosine[:, None, None], sine[:, None, None]
        return turn(query, turned), Past(turn(key, turned).contiguous(), value.contiguous())

    def forward(self, x: Tensor, turns: Turns, past: Past | None, mask: Tensor | None) -> tuple[Tensor, Past]:
        """Args:
            past: of frames before these, if any; then T is 1.
            mask: bool [B, T, frames of the past + T], True where a frame may be seen; causal if None.

        Returns:
            the shape of ``x``, and keys and values of these frames alone.
        """
        query, own = self.split(x, turns)
        key, value = own
        if past is not None:
            key, value = torch.cat([past.keys, key], dim=3), torch.cat([past.values, value], dim=3)
        batch, places = query.shape[:2]
        seen = F.scaled_dot_product_attention(
            query.flatten(0, 1),
            key.flatten(0, 1),
            value.flatten(0, 1),
            attn_mask=None if mask is None else mask.repeat_interleave(places, dim=0)[:, None],
            is_causal=mask is None and past is None,
        )
        merged = torch.unflatten(seen, 0, (batch, places)).permute(0, 3, 1, 2, 4).flatten(3)
        out: Tensor = self.to_out(merged)
        return out, own
