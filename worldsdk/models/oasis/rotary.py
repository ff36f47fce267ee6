"""Rotary position embeddings (Su et al., "RoFormer", 2021; arXiv:2104.09864), in time and on a grid.

Channels 2 i and 2 i + 1 of a head are a point in a plane, turned by position times the i-th frequency.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Rotary(nn.Module):
    """Frequencies of one embedding, radians per unit of position: float32 [pairs], in a checkpoint, too."""

    freqs: Tensor

    def __init__(self, freqs: Tensor) -> None:
        super().__init__()
        self.register_buffer("freqs", freqs)


def time_frequencies(pairs: int, theta: float = 10000.0) -> Tensor:
    """RoFormer's geometric series 1 .. 1/theta, float32 [pairs]; positions are frame numbers."""
    return theta ** (-torch.arange(pairs, dtype=torch.float32) / pairs)


def pixel_frequencies(pairs: int, most: float) -> Tensor:
    """Evenly spaced from half a turn across the picture to ``most`` / 4 turns, float32 [pairs].

    Positions run from -1 to 1 along an axis.
    """
    return torch.linspace(1.0, most / 2.0, pairs) * math.pi


def time_turns(positions: Tensor, freqs: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each pair's angle, float32 [..., pairs], for whole positions [...].

    Only differences of positions matter to attention, so positions may grow without end: the product is
    float64, exact enough after years of frames.
    """
    angles = positions.double()[..., None] * freqs.double()
    return angles.cos().float(), angles.sin().float()


def grid_turns(rows: int, columns: int, freqs: Tensor) -> tuple[Tensor, Tensor]:
    """As ``time_turns`` for the places of a grid, row by row: float32 [rows * columns, 2 pairs].

    The first half of the pairs turns with the row, the second with the column.
    """
    y = torch.linspace(-1.0, 1.0, rows, device=freqs.device)[:, None, None] * freqs
    x = torch.linspace(-1.0, 1.0, columns, device=freqs.device)[None, :, None] * freqs
    shape = (rows, columns, len(freqs))
    angles = torch.cat([y.expand(shape), x.expand(shape)], dim=-1).flatten(0, 1)
    return angles.cos(), angles.sin()


def turn(x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Turns the first 2 pairs channels of x [..., channels]; the rest stays. Cosine, sine: [..., pairs]."""
    cosine, sine = turns
    many = 2 * cosine.shape[-1]
    a, b = torch.unflatten(x[..., :many], -1, (-1, 2)).unbind(-1)
    turned = torch.stack([a * cosine - b * sine, b * cosine + a * sine], dim=-1).flatten(-2).to(x.dtype)
    return turned if many == x.shape[-1] else torch.cat([turned, x[..., many:]], dim=-1)
