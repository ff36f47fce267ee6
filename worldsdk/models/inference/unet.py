"""The U-Net of ``blocks.py`` for playing on a CPU: the same network, much faster at batch size one.

A small network is not held up by multiplying: every tensor operation between two convolutions walks over
memory and costs some microseconds before it begins. So all modulations come from one matrix product,
residuals are added by the convolution itself (oneDNN's sum), and what lies between is one compiled loop each.
Sums are rounded to bfloat16 once where the plain network rounds several times.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.blocks import FilmBlock, UNet
from worldsdk.models.inference.activations import enlarge_add_silu, film_silu
from worldsdk.models.inference.layout import bits, silu
from worldsdk.models.inference.packed import QuickConv2d, QuickLinear


class QuickUNet(nn.Module):
    """Takes what ``UNet`` takes, in any float type, and gives it back in bfloat16. CPU only."""

    def __init__(self, unet: UNet) -> None:
        super().__init__()
        # In plain lists, which are looked up at a fraction of what a sub-module costs.
        self.stem, self.head = [QuickConv2d(unet.stem)], [QuickConv2d(unet.head)]
        self.down = [QuickConv2d(cast(nn.Conv2d, conv)) for conv in unet.down]
        self.up = [QuickConv2d(cast(nn.Conv2d, conv)) for conv in unet.up]
        self.coarse = [] if unet.coarse is None else [QuickConv2d(unet.coarse)]
        films: list[nn.Linear] = []
        self.down_blocks = _blocks(unet.down_blocks, films)
        self.up_blocks = _blocks(unet.up_blocks, films)
        self.films = [QuickLinear(_side_by_side(films))]

    def forward(self, x: Tensor, condition: Tensor, coarse: Tensor | None = None) -> Tensor:
        film = self.films[0](condition).float().numpy()
        h = self.stem[0](x)
        skips = [h]
        for level, (shrink, blocks) in enumerate(zip(self.down, self.down_blocks, strict=True)):
            h = shrink.of(silu(h))
            if level == 0 and self.coarse and coarse is not None:
                coarse = coarse.to(h.dtype, memory_format=torch.channels_last)
                h = self.coarse[0].add_to(h, coarse)
            for block in blocks:
                h = block(h, silu(h), film)
            skips.append(h)
        h = skips.pop()
        for level in reversed(range(len(self.up_blocks))):
            active = None
            if level < len(self.up):
                h, active = _enlarge(self.up[level].of(h), skips.pop())
            for block in self.up_blocks[level]:
                h = block(h, silu(h) if active is None else active, film)
                active = None
        return self.head[0].of(silu(h))


class _Block:
    """A FiLM block; its modulation stands from column ``place`` on."""

    def __init__(self, block: FilmBlock, place: int) -> None:
        self.convolutions = QuickConv2d(block.first), QuickConv2d(block.second)
        self.place = place

    def __call__(self, x: Tensor, active: Tensor, film: NDArray[np.float32]) -> Tensor:
        """x [B, C, H, W], overwritten; ``active`` its SiLU."""
        first, second = self.convolutions
        h = first.of(active)
        film_silu(bits(h).reshape(len(h), -1, h.shape[1]), film, self.place)
        return second.add_to(x, h)


def _blocks(levels: nn.ModuleList, films: list[nn.Linear]) -> list[list[_Block]]:
    """The same blocks made quick; their modulations are appended to ``films``."""
    quick: list[list[_Block]] = []
    for level in levels:
        row: list[_Block] = []
        for block in cast("list[FilmBlock]", level):
            row.append(_Block(block, sum(film.out_features for film in films)))
            films.append(block.film)
        quick.append(row)
    return quick


def _side_by_side(layers: list[nn.Linear]) -> nn.Linear:
    """One layer that gives what all of them give of the same input, one after another."""
    merged = nn.Linear(layers[0].in_features, sum(layer.out_features for layer in layers))
    merged.weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in layers]), requires_grad=False)
    merged.bias = nn.Parameter(torch.cat([layer.bias.detach() for layer in layers]), requires_grad=False)
    return merged


def _enlarge(small: Tensor, skip: Tensor) -> tuple[Tensor, Tensor]:
    """``small`` at the size of ``skip``, which is added; and the SiLU of that."""
    total, active = torch.empty_like(skip), torch.empty_like(skip)
    enlarge_add_silu(bits(small), bits(skip), bits(total), bits(active))
    return total, active
