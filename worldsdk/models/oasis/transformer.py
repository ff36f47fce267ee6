"""The spatio-temporal diffusion transformer (DiT, Peebles and Xie 2023, arXiv:2212.09748, with factorised
attention as in Latte, Ma et al. 2024, arXiv:2401.03048).

Each frame of the window has a noise level and an action of its own, as in Diffusion Forcing (Chen et al.
2024, arXiv:2407.01392). Time is causal: what a frame becomes does not depend on later ones, which is what
makes keys and values of the past worth keeping. Parameter names are those of the published checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.oasis.attention import Past, SpatialAttention, TemporalAttention, Turns
from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.oasis.rotary import Rotary, grid_turns, pixel_frequencies, time_frequencies, time_turns

LEVEL_CHANNELS = 256
EPSILON = 1e-6


class Modulation(NamedTuple):
    """What levels and actions do: ``blocks`` [B, T, depth, 12, hidden], ``last`` [B, T, 2, hidden]; float32.

    Of each block: shift, scale and gate of the spatial attention, of its perceptron, and the same in time.
    """

    blocks: Tensor
    last: Tensor


class Perceptron(nn.Module):
    """Two linear layers with a GELU (tanh form) between them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(x), approximate="tanh"))
        return out


class Block(nn.Module):
    """Attention in space, a perceptron, attention in time, a perceptron; each scaled, shifted and gated."""

    def __init__(self, config: OasisConfig) -> None:
        super().__init__()
        width, heads, self.precision = config.hidden, config.heads, config.precision
        self.s_attn = SpatialAttention(width, heads)
        self.s_mlp = Perceptron(width)
        self.s_adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.t_attn = TemporalAttention(width, heads)
        self.t_mlp = Perceptron(width)
        self.t_adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def modulation(self, condition: Tensor) -> Tensor:
        """condition [B, T, width] -> [B, T, 12, width]."""
        parts = self.s_adaLN_modulation(condition), self.t_adaLN_modulation(condition)
        return torch.unflatten(torch.cat(parts, dim=-1), -1, (12, -1)).float()

    def space(self, x: Tensor, modulation: Tensor, turns: Turns) -> Tensor:
        """The half that looks around within each frame."""
        parts = modulation[:, :, :6, None].unbind(2)
        x = x + parts[2] * self.s_attn(modulate(x, *parts[:2]), turns)
        return x + parts[5] * cast(Tensor, self.s_mlp(modulate(x, *parts[3:5])))

    def time(
        self, x: Tensor, modulation: Tensor, turns: Turns, past: Past | None, mask: Tensor | None
    ) -> tuple[Tensor, Past]:
        """The half that looks back; also the keys and values of the frames of ``x``."""
        parts = modulation[:, :, 6:, None].unbind(2)
        seen, own = self.t_attn(modulate(x, *parts[:2]), turns, past, mask)
        x = x + parts[2] * seen
        return x + parts[5] * self.t_mlp(modulate(x, *parts[3:5])), own

    def memory(self, x: Tensor, modulation: Tensor, turns: Turns) -> Past:
        """Keys and values alone, of what ``time`` would be given."""
        parts = modulation[:, :, 6:8, None].unbind(2)
        return self.t_attn.split(modulate(x, *parts), turns)[1]


class LevelEmbedder(nn.Module):
    """Whole noise levels [...] -> [..., hidden]."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(LEVEL_CHANNELS, hidden), nn.SiLU(), nn.Linear(hidden, hidden))

    def forward(self, levels: Tensor) -> Tensor:
        half = torch.arange(LEVEL_CHANNELS // 2, dtype=torch.float32, device=levels.device)
        angles = levels.float()[..., None] * torch.exp(-math.log(10000.0) / len(half) * half)
        return cast(Tensor, self.mlp(torch.cat([angles.cos(), angles.sin()], dim=-1)))


class PatchEmbedder(nn.Module):
    """Latents [frames, C, H, W] -> tokens [frames, N, hidden]."""

    def __init__(self, channels: int, hidden: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, hidden, patch, stride=patch)

    def forward(self, latents: Tensor) -> Tensor:
        return cast(Tensor, self.proj(latents)).flatten(2).transpose(1, 2)


class FinalLayer(nn.Module):
    """Tokens [B, T, N, hidden] -> patches [B, T, N, patch * patch * C]."""

    def __init__(self, hidden: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden, outputs)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(hidden, 2 * hidden))

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        return cast(Tensor, self.linear(modulate(x, *modulation[:, :, :, None].unbind(2)))).float()


class Transformer(nn.Module):
    """Latents, levels and actions of a window's frames -> v of each frame."""

    def __init__(self, config: OasisConfig) -> None:
        super().__init__()
        self.config = config
        head = config.hidden // config.heads
        self.x_embedder = PatchEmbedder(config.latent_channels, config.hidden, config.patch)
        self.t_embedder = LevelEmbedder(config.hidden)
        self.external_cond = nn.Linear(config.controls, config.hidden)
        self.spatial_rotary_emb = Rotary(pixel_frequencies(head // 4, 256.0))
        self.temporal_rotary_emb = Rotary(time_frequencies(head // 2))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.final_layer = FinalLayer(config.hidden, config.patch**2 * config.latent_channels)

    def modulation(self, levels: Tensor, actions: Tensor) -> Modulation:
        """levels: whole numbers [B, T]; actions: float32 [B, T, controls]."""
        condition = self.t_embedder(levels) + self.external_cond(actions)
        blocks = torch.stack([block.modulation(condition) for block in self._blocks()], dim=2)
        last = torch.unflatten(self.final_layer.adaLN_modulation(condition), -1, (2, -1)).float()
        return Modulation(blocks, last)

    def forward(self, latents: Tensor, levels: Tensor, actions: Tensor, mask: Tensor | None = None) -> Tensor:
        """The definition: every frame through every block.

        Args:
            latents: float32 [B, T, C, H, W], oldest first.
            levels: whole numbers [B, T]. actions: float32 [B, T, controls], each what led to its frame.
            mask: bool [B, T, T], see ``TemporalAttention``.

        Returns:
            v, the shape of ``latents``.
        """
        modulation = self.modulation(levels, actions)
        turns = self._turns(torch.arange(latents.shape[1], device=latents.device)[None])
        x = self._tokens(latents)
        for index, block in enumerate(self._blocks()):
            each = modulation.blocks[:, :, index]
            x, _ = block.time(block.space(x, each, turns[0]), each, turns[1], None, mask)
        return self._latents(self.final_layer(x, modulation.last))

    def remember(
        self,
        latents: Tensor,
        modulation: Modulation,
        positions: Tensor,
        past: Sequence[Past] | None = None,
        mask: Tensor | None = None,
    ) -> list[Past]:
        """Each block's keys and values of frames; arguments as in ``forward`` and ``predict``."""
        turns = self._turns(positions)
        x, kept = self._tokens(latents), []
        for index, block in enumerate(self._blocks()):
            each = modulation.blocks[:, :, index]
            x = block.space(x, each, turns[0])
            if index == len(self.blocks) - 1:
                # Nothing looks at what would come after.
                kept.append(block.memory(x, each, turns[1]))
            else:
                x, own = block.time(x, each, turns[1], past[index] if past else None, mask)
                kept.append(own)
        return kept

    def predict(
        self,
        latent: Tensor,
        modulation: Modulation,
        positions: Tensor,
        past: Sequence[Past],
        mask: Tensor | None = None,
    ) -> Tensor:
        """v of one more frame, from what is kept of those before.

        Args:
            latent: float32 [B, 1, C, H, W].
            modulation: of that frame.
            positions: whole numbers [B, 1], or [1, 1] for all, counted as those of ``past`` were.
            past: of each block.
            mask: bool [B, 1, frames of the past + 1], True where a frame may be seen; all if None.
        """
        turns = self._turns(positions)
        x = self._tokens(latent)
        for index, block in enumerate(self._blocks()):
            each = modulation.blocks[:, :, index]
            x, _ = block.time(block.space(x, each, turns[0]), each, turns[1], past[index], mask)
        return self._latents(self.final_layer(x, modulation.last))

    def _blocks(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def _turns(self, positions: Tensor) -> tuple[Turns, Turns]:
        space = grid_turns(*self.config.grid, self.spatial_rotary_emb.freqs)
        return space, time_turns(positions, self.temporal_rotary_emb.freqs)

    def _tokens(self, latents: Tensor) -> Tensor:
        tokens: Tensor = self.x_embedder(latents.flatten(0, 1))
        return torch.unflatten(tokens, 0, latents.shape[:2]).float()

    def _latents(self, patches: Tensor) -> Tensor:
        """[B, T, N, patch * patch * C] -> [B, T, C, H, W]; channels are a patch's innermost."""
        rows, columns = self.config.grid
        side, channels = self.config.patch, self.config.latent_channels
        parts = patches.view(*patches.shape[:2], rows, columns, side, side, channels)
        return parts.permute(0, 1, 6, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4)


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Layer norm without weights, scaled by ``1 + scale`` and shifted."""
    return F.layer_norm(x, x.shape[-1:], eps=EPSILON) * (1.0 + scale) + shift
