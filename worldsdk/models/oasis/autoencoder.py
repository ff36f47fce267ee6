"""The autoencoder: a vision transformer each way (MAE, He et al. 2022, arXiv:2111.06377), a token a patch.

The published one is ViT-L/20 with a shallow encoder. Parameter names are those of its checkpoint.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldsdk.models.oasis.attention import Turns
from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.oasis.rotary import grid_turns, pixel_frequencies, turn
from worldsdk.models.oasis.transformer import EPSILON, PatchEmbedder


class PictureAttention(nn.Module):
    """Every token of a picture sees every other; half of each head's channels know where they are."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, turns: Turns) -> Tensor:
        query, key, value = torch.unflatten(self.qkv(x), -1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(turn(query, turns), turn(key, turns), value)
        return cast(Tensor, self.proj(seen.transpose(1, 2).flatten(2)))


class PicturePerceptron(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.fc2(F.gelu(self.fc1(x))))


class PictureBlock(nn.Module):
    """Tokens [B, N, width] -> the same, with pre-norm attention and perceptron."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.attn = PictureAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = PicturePerceptron(width)

    def forward(self, x: Tensor, turns: Turns) -> Tensor:
        x = x + self.attn(self.norm1(x), turns)
        return x + cast(Tensor, self.mlp(self.norm2(x)))


class Autoencoder(nn.Module):
    """Pictures [B, 3, height, width] in [-1, 1] <-> latents [B, C, H, W], scaled for the transformer."""

    def __init__(self, config: OasisConfig) -> None:
        super().__init__()
        self.config = config
        encoder, decoder, side = config.encoder_hidden, config.decoder_hidden, config.pixel_patch
        self.patch_embed = PatchEmbedder(3, encoder, side)
        self.encoder = nn.ModuleList(
            PictureBlock(encoder, config.encoder_heads) for _ in range(config.encoder_depth)
        )
        self.enc_norm = nn.LayerNorm(encoder, eps=EPSILON)
        self.quant_conv = nn.Linear(encoder, 2 * config.latent_channels)
        self.post_quant_conv = nn.Linear(config.latent_channels, decoder)
        self.decoder = nn.ModuleList(
            PictureBlock(decoder, config.decoder_heads) for _ in range(config.decoder_depth)
        )
        self.dec_norm = nn.LayerNorm(decoder, eps=EPSILON)
        self.predictor = nn.Linear(decoder, 3 * side * side)

    def encode(self, pictures: Tensor) -> Tensor:
        """The mean of the latent's distribution; its spread is left out, as published."""
        x: Tensor = self.patch_embed(pictures).float()
        turns = self._turns(self.config.encoder_hidden // self.config.encoder_heads, x)
        for block in self.encoder:
            x = block(x, turns)
        mean: Tensor = self.quant_conv(self.enc_norm(x)).float()[..., : self.config.latent_channels]
        return torch.unflatten(mean.transpose(1, 2), 2, self._size) * self.config.latent_scale

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures; a little beyond -1 and 1 in places."""
        x: Tensor = self.post_quant_conv(
            (latents / self.config.latent_scale).flatten(2).transpose(1, 2)
        ).float()
        turns = self._turns(self.config.decoder_hidden // self.config.decoder_heads, x)
        for block in self.decoder:
            x = block(x, turns)
        patches = cast(Tensor, self.predictor(self.dec_norm(x))).float()
        side = self.config.pixel_patch
        # Rows of tokens, columns of tokens, channel, row and column within.
        parts = patches.view(len(patches), *self._size, 3, side, side)
        return parts.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)

    @property
    def _size(self) -> tuple[int, int]:
        return self.config.latent_height, self.config.latent_width

    def _turns(self, head: int, x: Tensor) -> Turns:
        rows, columns = self._size
        return grid_turns(rows, columns, pixel_frequencies(head // 8, float(rows * columns)).to(x.device))
