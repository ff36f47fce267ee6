"""Oasis's blocks for playing on a CPU: the same transformer and autoencoder, faster.

Matrix products are those of ``products``, in bfloat16 or, in the transformer and where the configuration says
so, in 8 bits, or with weights in 4 (``narrow``); what stands between them is in ``rows``. Keys and values are
kept in bfloat16; the residual stream, and what levels and actions do to it, stay float32.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.inference import rows as loops
from worldsdk.models.inference.halves import Half, NarrowHalf, SmallHalf
from worldsdk.models.inference.narrow import GROUP
from worldsdk.models.inference.products import Product, bits, has_small_products
from worldsdk.models.oasis.attention import Past, Turns
from worldsdk.models.oasis.autoencoder import PictureBlock
from worldsdk.models.oasis.transformer import Block

Floats = NDArray[np.float32]


class QuickBlock(nn.Module):
    """Takes and gives what ``Block`` does, and overwrites the tokens that it is given.

    Of a block whose weights are here in part it does what those allow (see ``models.streaming``).
    """

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.heads = block.s_attn.heads
        small = block.precision == "int8" and has_small_products()
        kind: type[Half] | type[SmallHalf] = SmallHalf if small else Half
        if block.precision == "int4" and block.s_attn.to_qkv.in_features % GROUP == 0:
            kind = NarrowHalf
        self.halves = {
            place: kind(attention.to_qkv, attention.to_out, mlp.fc1, mlp.fc2, "gelu-tanh")
            for place, attention, mlp in ((0, block.s_attn, block.s_mlp), (1, block.t_attn, block.t_mlp))
            if not mlp.fc1.weight.is_meta
        }
        layers = [cast(nn.Linear, head[1]) for head in (block.s_adaLN_modulation, block.t_adaLN_modulation)]
        self.parts = [Product(layer) for layer in layers if not layer.weight.is_meta]

    def modulation(self, condition: Tensor) -> Tensor:
        """condition [B, T, width] -> [B, T, 12, width]."""
        rows = F.silu(condition).to(torch.bfloat16).flatten(0, 1)
        parts = torch.cat([part(rows) for part in self.parts], dim=-1).float()
        return parts.view(*condition.shape[:2], 12, -1)

    def space(self, x: Tensor, modulation: Tensor, turns: Turns) -> Tensor:
        """See ``Block``."""
        frames, places = x.shape[0] * x.shape[1], x.shape[2]

        def attend(qkv: Tensor) -> Tensor:
            self._turn(qkv, turns, 1)
            return _look_around(qkv.view(frames, places, 3, self.heads, -1))

        self.halves[0](x.view(frames * places, -1), _parts(modulation, 0), places, attend)
        return x

    def time(
        self, x: Tensor, modulation: Tensor, turns: Turns, past: Past | None, mask: Tensor | None
    ) -> tuple[Tensor, Past]:
        """See ``Block``."""
        batch, frames, places, _ = x.shape
        kept: list[Past] = []

        def attend(qkv: Tensor) -> Tensor:
            self._turn(qkv, turns, places)
            parts = qkv.view(batch, frames, places, 3, self.heads, -1)
            query, own = _split(parts)
            kept.append(own)
            if past is not None and frames == 1:
                return self._look_back(qkv, past, mask)
            if past is not None:
                raise ValueError(f"{frames} frames at once after others; one at a time")
            seen = F.scaled_dot_product_attention(
                query.flatten(0, 1),
                own.keys.flatten(0, 1),
                own.values.flatten(0, 1),
                attn_mask=None if mask is None else mask.repeat_interleave(places, dim=0)[:, None],
                is_causal=mask is None,
            )
            return (
                seen.view(batch, places, self.heads, frames, -1).permute(0, 3, 1, 2, 4).reshape(len(qkv), -1)
            )

        self.halves[1](x.view(batch * frames * places, -1), _parts(modulation, 6), places, attend)
        return x, kept[0]

    def memory(self, x: Tensor, modulation: Tensor, turns: Turns) -> Past:
        """See ``Block``."""
        batch, frames, places, width = x.shape
        qkv = self.halves[1].look(x.view(-1, width), _parts(modulation, 6), places)
        self._turn(qkv, turns, places)
        return _split(qkv.view(batch, frames, places, 3, self.heads, -1))[1]

    def _turn(self, qkv: Tensor, turns: Turns, each: int) -> None:
        cosine, sine = (part.reshape(-1, part.shape[-1]).contiguous().numpy() for part in turns)
        loops.turn(bits(qkv.view(len(qkv), 3, self.heads, -1)), cosine, sine, each)

    def _look_back(self, qkv: Tensor, past: Past, mask: Tensor | None) -> Tensor:
        batch, places, _, frames, channels = past.keys.shape
        seen = np.ones((batch, frames + 1), np.bool_)
        if mask is not None:
            seen = mask[:, 0].contiguous().numpy()
        out = torch.empty(len(qkv), self.heads * channels, dtype=torch.bfloat16)
        loops.look_back_of(channels)(
            bits(qkv.view(len(qkv), 3, self.heads, channels)),
            bits(past.keys.flatten(0, 1).contiguous()),
            bits(past.values.flatten(0, 1).contiguous()),
            seen,
            places,
            np.float32(1.0 / math.sqrt(channels)),
            bits(out.view(len(qkv), self.heads, channels)),
        )
        return out


class QuickPictureBlock(nn.Module):
    """Takes and gives what ``PictureBlock`` does, in bfloat16, and overwrites the tokens that it is given."""

    def __init__(self, block: PictureBlock) -> None:
        super().__init__()
        attention, mlp = block.attn, block.mlp
        self.heads = attention.heads
        self.work = Half(attention.qkv, attention.proj, mlp.fc1, mlp.fc2, "gelu")
        parts = []
        for norm in (block.norm1, block.norm2):
            # A norm's own weights, said as shift, scale less 1, and gate.
            parts += [norm.bias, norm.weight - 1.0, torch.ones_like(norm.bias)]
        self.parts: Floats = torch.stack(parts)[None].detach().float().numpy()

    def forward(self, x: Tensor, turns: Turns) -> Tensor:
        """See ``PictureBlock``."""
        pictures, places, width = x.shape
        x = x.contiguous()

        def attend(qkv: Tensor) -> Tensor:
            parts = qkv.view(pictures, places, 3, self.heads, -1)
            loops.turn(bits(parts.flatten(0, 1)), turns[0].numpy(), turns[1].numpy(), 1)
            return _look_around(parts)

        self.work(x.view(-1, width), self.parts, pictures * places, attend)
        return x


def _parts(modulation: Tensor, first: int) -> Floats:
    """Six of the twelve, [frames, 6, width]."""
    parts: Floats = modulation[:, :, first : first + 6].flatten(0, 1).contiguous().numpy()
    return parts


def _look_around(parts: Tensor) -> Tensor:
    """Attention of every row to all of its frame: [frames, N, 3, heads, channels] -> [frames * N, width]."""
    query, key, value = parts.permute(2, 0, 3, 1, 4)
    seen = F.scaled_dot_product_attention(query, key, value)
    return seen.transpose(1, 2).reshape(-1, parts.shape[3] * parts.shape[4])


def _split(parts: Tensor) -> tuple[Tensor, Past]:
    """[B, T, N, 3, heads, channels] -> queries [B, N, heads, T, channels], and what later frames need."""
    query, key, value = parts.permute(3, 0, 2, 4, 1, 5)
    return query, Past(key.contiguous(), value.contiguous())
