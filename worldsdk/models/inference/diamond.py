"""DIAMOND's networks for playing on a CPU: the same, several times faster at batch size one.

All modulations come from one matrix product; norm, modulation and activation are one compiled loop, in place
where nothing else looks at a map; residuals are added by the convolution itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from worldsdk.models.diamond.blocks import EPSILON, ResidualBlock, SelfAttention, UNet
from worldsdk.models.diamond.denoiser import Conditioned, Network
from worldsdk.models.diamond.outcome import Happening, Outcome
from worldsdk.models.inference.norms import Map, enlarged, joined, normed
from worldsdk.models.inference.packed import QuickConv2d, QuickLinear
from worldsdk.models.streaming import Pool, Streamed

Floats = NDArray[np.float32]

FILM_WEIGHTS = 1 << 23
"""From so many on, modulations begin another layer: all of CS:GO's are 432 MB."""


class QuickNetwork(Conditioned):
    """Takes and gives what ``Network`` does. CPU only."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.noise_features, self.context_features = network.noise_features, network.context_features
        self.actions = network.actions
        self.embed = _quick_pair(cast(nn.Sequential, network.embed))
        films = _Films()
        self.unet = _UNet(network.unet, films)
        self.films = films.layer()
        # In plain lists, which are looked up at a fraction of what a sub-module costs.
        self.ends = [QuickConv2d(network.stem), QuickConv2d(network.head)]
        self.norm = _Norm(network.norm)

    def forward(self, pictures: Tensor, condition: Tensor) -> Tensor:
        film = self.films(condition).float().numpy()
        x = self.unet(Map.of(self.ends[0](pictures)), film)
        return self.ends[1].of(self.norm(x, active=True).planes)


class QuickOutcome(nn.Module):
    """Takes and gives what ``Outcome`` does. CPU only."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.actions, self.hidden, self.memory = outcome.actions, outcome.hidden, outcome.memory
        films = _Films()
        self.levels = [_blocks(cast(nn.ModuleList, level), films) for level in outcome.levels]
        self.middle = _blocks(outcome.middle, films)
        self.shrink = [QuickConv2d(cast(nn.Conv2d, conv)) for conv in outcome.shrink]
        self.films = films.layer()
        self.stem = [QuickConv2d(outcome.stem)]
        self.lstm = [QuickLinear(outcome.lstm_input), QuickLinear(outcome.lstm_hidden)]
        self.told = outcome.told
        self.head = _quick_pair(outcome.head)

    def encode(self, before: Tensor, after: Tensor, action: Tensor) -> Tensor:
        film = self.films(action @ self.actions).float().numpy()
        x = Map.of(self.stem[0](torch.cat([before, after], dim=1)))
        for level, blocks in enumerate(self.levels):
            x = Map.of(self.shrink[level - 1].of(x.planes)) if level else x
            for block in blocks:
                x = block(x, film)
        for block in self.middle:
            x = block(x, film)
        return x.planes.flatten(1)

    def forward(self, features: Tensor, hidden: Tensor, cell: Tensor) -> Happening:
        gates = self.lstm[0](features).float() + self.lstm[1](hidden).float()
        return self.told(gates, cell, self.head)


class _Films:
    """All modulations of a network, as few layers: one, unless it is a large network."""

    def __init__(self) -> None:
        self.layers: list[nn.Linear] = []
        self.names: dict[int, dict[str, str]] = {}
        self.pool: Pool | None = None

    def add(self, film: nn.Linear) -> int:
        """The column at which what ``film`` gives will stand."""
        self.layers.append(film)
        return sum(layer.out_features for layer in self.layers[:-1])

    def fetched(self, film: nn.Linear, home: Streamed, path: str) -> int:
        """As ``add`` for one whose weights come when they are needed."""
        self.pool, place = home.pool, self.add(film)
        self.names[len(self.layers) - 1] = {
            name: f"{home.group.name}.{path}.{name}" for name in ("weight", "bias")
        }
        return place

    def layer(self) -> _Modulations:
        parts: list[list[int]] = [[]]
        for index in range(len(self.layers)):
            parts[-1].append(index)
            # The same cuts whether or not weights are fetched: a product's sums may depend on its size.
            if sum(self.layers[i].weight.numel() for i in parts[-1]) >= FILM_WEIGHTS:
                parts.append([])
        return _Modulations([self._fetch(part) if self.names else self._keep(part) for part in parts])

    def _keep(self, part: Sequence[int]) -> Callable[[], QuickLinear]:
        merged = _merged([self.layers[index] for index in part])
        return lambda: merged

    def _fetch(self, part: Sequence[int]) -> Callable[[], QuickLinear]:
        assert self.pool is not None
        names = {
            f"{place}.{name}": where
            for place, index in enumerate(part)
            for name, where in self.names[index].items()
        }
        template = nn.ModuleList(self.layers[index] for index in part)
        key = self.pool.add(template, names, lambda here: _merged(cast("Sequence[nn.Linear]", here)))
        return partial(self.pool.take, key)


class _Modulations:
    """Condition -> every modulation, one after another."""

    def __init__(self, layers: Sequence[Callable[[], QuickLinear]]) -> None:
        self.layers = layers

    def __call__(self, condition: Tensor) -> Tensor:
        parts = [cast(Tensor, layer()(condition)) for layer in self.layers]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def _merged(layers: Sequence[nn.Linear]) -> QuickLinear:
    """One layer that gives what all of them give, one after another."""
    merged = nn.Linear(1, 1)
    merged.weight = _frozen([layer.weight for layer in layers])
    merged.bias = _frozen([layer.bias for layer in layers])
    return QuickLinear(merged)


class _Norm:
    """A group norm with weights of its own, as the modulation that they are."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        self.groups = norm.num_groups
        self.film = torch.cat([norm.weight.detach() - 1.0, norm.bias.detach()])[None].float().numpy()

    def __call__(self, x: Map, active: bool) -> Map:
        film = np.broadcast_to(self.film, (len(x.pixels), self.film.shape[1]))
        return normed(x, self.groups, EPSILON, np.ascontiguousarray(film), 0, active, False)


class _Attention:
    """Self-attention among all places of a map."""

    def __init__(self, attention: SelfAttention) -> None:
        self.norm, self.heads = _Norm(attention.norm), attention.heads
        self.qkv, self.out = QuickConv2d(attention.qkv), QuickConv2d(attention.out)

    def __call__(self, x: Map) -> Map:
        batch, height, width, channels = x.pixels.shape
        qkv = self.qkv.of(self.norm(x, active=False).planes).permute(0, 2, 3, 1)
        parts = qkv.reshape(batch, height * width, 3, self.heads, channels // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2)
        seen = seen.reshape(batch, height, width, channels).permute(0, 3, 1, 2)
        # The map itself may be looked at again on the way up, so its sum is another.
        return Map.of(self.out.add_to(x.pixels.clone().permute(0, 3, 1, 2), seen))


class _Block:
    """A residual block."""

    def __init__(self, block: ResidualBlock, places: tuple[int, int]) -> None:
        self.places = places
        self.groups = block.norm1.groups, block.norm2.groups
        self.convolutions = QuickConv2d(block.conv1), QuickConv2d(block.conv2)
        self.proj = [] if block.proj is None else [QuickConv2d(block.proj)]
        self.attention = None if block.attention is None else _Attention(block.attention)

    def __call__(self, x: Map, film: Floats, spare: bool = False) -> Map:
        """spare: nothing else looks at ``x`` afterwards."""
        first, second = self.convolutions
        # What is added at the end has memory of its own, for the convolution overwrites it with the sum.
        total = self.proj[0].of(x.planes) if self.proj else x.pixels.clone().permute(0, 3, 1, 2)
        x = normed(x, self.groups[0], EPSILON, film, self.places[0], True, spare)
        x = Map.of(first.of(x.planes))
        x = normed(x, self.groups[1], EPSILON, film, self.places[1], True, True)
        x = Map.of(second.add_to(total, x.planes))
        return x if self.attention is None else self.attention(x)


class _Fetched:
    """A residual block whose weights come when it runs."""

    def __init__(self, block: Streamed, films: _Films) -> None:
        template = cast(ResidualBlock, block.template)
        places = (
            films.fetched(template.norm1.film, block, "norm1.film"),
            films.fetched(template.norm2.film, block, "norm2.film"),
        )
        self.pool = block.pool
        # Modulations are fetched all together, before the first block.
        names = {path: name for path, name in block.names().items() if ".film." not in path}
        self.key = self.pool.add(template, names, lambda here: _Block(cast(ResidualBlock, here), places))

    def __call__(self, x: Map, film: Floats, spare: bool = False) -> Map:
        return cast(Map, self.pool.take(self.key)(x, film, spare))


class _UNet:
    """``blocks.UNet`` over maps."""

    def __init__(self, unet: UNet, films: _Films) -> None:
        self.down = [_blocks(cast(nn.ModuleList, level), films) for level in unet.down]
        self.middle = _blocks(unet.middle, films)
        self.up = [_blocks(cast(nn.ModuleList, level), films) for level in unet.up]
        self.shrink = [QuickConv2d(cast(nn.Conv2d, conv)) for conv in unet.shrink]
        self.enlarge = [QuickConv2d(cast(nn.Conv2d, conv)) for conv in unet.enlarge]

    def __call__(self, x: Map, film: Floats) -> Map:
        height, width = x.pixels.shape[1:3]
        multiple = 2 ** len(self.shrink)
        if height % multiple or width % multiple:
            x = Map(F.pad(x.pixels, (0, 0, 0, -width % multiple, 0, -height % multiple)))
        opposite: list[Map] = []
        for level, blocks in enumerate(self.down):
            x = Map.of(self.shrink[level - 1].of(x.planes)) if level else x
            opposite.append(x)
            for block in blocks:
                x = block(x, film)
                opposite.append(x)
        for block in self.middle:
            x = block(x, film)
        for level, blocks in enumerate(self.up):
            x = Map.of(self.enlarge[level - 1].of(enlarged(x).planes)) if level else x
            for block in blocks:
                x = block(joined(x, opposite.pop()), film, spare=True)
        if x.pixels.shape[1:3] != (height, width):
            x = Map(x.pixels[:, :height, :width].contiguous())
        return x


def _blocks(blocks: nn.ModuleList, films: _Films) -> list[_Block | _Fetched]:
    """The same blocks made quick; their modulations are added to ``films``."""
    quick: list[_Block | _Fetched] = []
    for block in cast("Sequence[ResidualBlock | Streamed]", blocks):
        if isinstance(block, Streamed):
            quick.append(_Fetched(block, films))
        else:
            quick.append(_Block(block, (films.add(block.norm1.film), films.add(block.norm2.film))))
    return quick


def _quick_pair(layers: nn.Sequential) -> nn.Sequential:
    """Of a linear layer, an activation and a linear layer."""
    first, active, second = layers
    return nn.Sequential(QuickLinear(cast(nn.Linear, first)), active, QuickLinear(cast(nn.Linear, second)))


def _frozen(tensors: Sequence[Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.cat([tensor.detach() for tensor in tensors]), requires_grad=False)
