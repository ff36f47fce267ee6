"""The anchored family's memory of its place, for playing on a CPU.

The same as ``anchored/place.py``, with the lines of sight walked in one compiled loop, rows handed from
product to product in the order that they lie in memory, and the two heads as one convolution.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.anchored.place import ROW_FEATURES, Place, Recollection
from worldsdk.models.inference.activations import film_silu, narrow
from worldsdk.models.inference.layout import silu
from worldsdk.models.inference.packed import QuickConv2d, QuickLinear
from worldsdk.pixels.kernels import kernel

Bits = NDArray[np.int16]
Floats = NDArray[np.float32]

OCTAVES = 6
DEPTHS = 16
"""Channels of the depth head: 4 x 4 pixels a cell."""


class QuickPlace(nn.Module):
    """Takes and gives what ``Place`` does. CPU only."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        channels, rays = place.map.shape[1], len(place.distances)
        self.rows = place.rows
        self.map: Floats = place.map.detach().float()[0].permute(1, 2, 0).contiguous().numpy()
        self.sight: tuple[Floats, Floats] = (place.distances.numpy(), place.across.numpy())
        self.range: tuple[Floats, Floats] = (place.low.numpy(), place.high.numpy())
        # The loop writes all features of a sample together, the plain layer takes all samples of a feature.
        column = place.column.weight.detach().view(-1, channels, rays).transpose(1, 2)
        self.column = QuickLinear(_linear(column.flatten(1), place.column.bias))
        self.pose = QuickLinear(place.pose)
        # Likewise the rows: all features of a pixel together, as channels-last convolutions want them.
        spread = place.spread.weight.detach().view(ROW_FEATURES, self.rows, -1).transpose(0, 1)
        bias = place.spread.bias
        if bias is not None:
            bias = bias.detach().view(ROW_FEATURES, self.rows).T.flatten()
        self.spread = QuickLinear(_linear(spread.flatten(0, 1), bias))
        self.join, self.mix = QuickConv2d(place.join), QuickConv2d(place.mix)
        self.heads = QuickConv2d(_stacked(place.depth, place.colour))

    def forward(self, pose: Tensor) -> Recollection:
        batch, columns = len(pose), len(self.sight[1])
        seen = torch.empty(batch, columns, self.column.weight.shape[1], dtype=torch.bfloat16)
        code = np.empty((batch, 4 * OCTAVES + 2), np.float32)
        _walk(pose.numpy(), self.map, *self.sight, *self.range, seen.view(torch.int16).numpy(), code)
        hidden = self.column(seen)
        shift = self.pose(torch.from_numpy(code)).float()
        film_silu(
            hidden.view(torch.int16).numpy(), torch.cat([torch.zeros_like(shift), shift], dim=1).numpy(), 0
        )
        rows = self.spread(hidden).view(batch, columns, self.rows, ROW_FEATURES).permute(0, 3, 2, 1)
        features = silu(self.join(rows))
        features = features + silu(self.mix(features))
        heads = self.heads(features)
        near = F.pixel_shuffle(heads[:, :DEPTHS], 4).float()
        sketch = F.pixel_shuffle(heads[:, DEPTHS:], 2)
        return Recollection(features, F.softplus(near[:, 0]) / 64.0, sketch)


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight = nn.Parameter(weight.contiguous(), requires_grad=False)
    if bias is not None:
        layer.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return layer


def _stacked(*convs: nn.Conv2d) -> nn.Conv2d:
    """One 3x3 convolution that gives what all of them give, one after another."""
    stacked = nn.Conv2d(convs[0].in_channels, sum(conv.out_channels for conv in convs), 3, padding=1)
    stacked.weight = nn.Parameter(torch.cat([conv.weight.detach() for conv in convs]), requires_grad=False)
    biases = [torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach() for conv in convs]
    stacked.bias = nn.Parameter(torch.cat(biases), requires_grad=False)
    return stacked


@kernel(fastmath=False, vectors=True)
def _walk(
    poses: Floats,
    cells: Floats,
    distances: Floats,
    across: Floats,
    low: Floats,
    high: Floats,
    seen: Bits,
    code: Floats,
) -> None:
    """Fills ``seen`` [B, columns, rays * C], the map [side, side, C] along each column's line of sight, and
    ``code`` [B, 26], where the walker is and looks. Outside the map there is nothing.
    """
    rows, columns, channels = cells.shape
    sample = np.empty(channels, np.float32)
    for b in range(len(poses)):
        turn = poses[b, 2] * np.float32(math.pi / 180.0)
        cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
        for axis in range(2):
            place = (poses[b, axis] - low[axis]) / (high[axis] - low[axis])
            for octave in range(OCTAVES):
                angle = place * np.float32(math.pi * 2.0**octave)
                code[b, 2 * octave + axis] = math.sin(angle)
                code[b, 2 * OCTAVES + 2 * octave + axis] = math.cos(angle)
        code[b, 4 * OCTAVES] = cos
        code[b, 4 * OCTAVES + 1] = sin
        for u in range(len(across)):
            for ray in range(len(distances)):
                x = poses[b, 0] + distances[ray] * (cos + across[u] * sin)
                y = poses[b, 1] + distances[ray] * (sin - across[u] * cos)
                gx = (x - low[0]) / (high[0] - low[0]) * np.float32(columns) - np.float32(0.5)
                gy = (y - low[1]) / (high[1] - low[1]) * np.float32(rows) - np.float32(0.5)
                left, top = math.floor(gx), math.floor(gy)
                fx, fy = np.float32(gx - left), np.float32(gy - top)
                sample[:] = np.float32(0.0)
                for corner in range(4):
                    row, column = int(top) + (corner >> 1), int(left) + (corner & 1)
                    if 0 <= row < rows and 0 <= column < columns:
                        share = (fx if corner & 1 else np.float32(1.0) - fx) * (
                            fy if corner >> 1 else np.float32(1.0) - fy
                        )
                        for c in range(channels):
                            sample[c] += share * cells[row, column, c]
                for c in range(channels):
                    seen[b, u, ray * channels + c] = narrow(sample[c])
