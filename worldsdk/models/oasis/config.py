"""Configuration of the Oasis family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Reuse = Literal["none", "frame", "sliding"]
Precision = Literal["float32", "bfloat16", "int8", "int4"]
Kept = Literal["whole", "int8"]


@dataclass(frozen=True)
class OasisConfig:
    """The defaults are those of the published 500M model.

    Attributes:
        height, width: of the frames, in pixels; both divide by ``pixel_patch * patch``.
        controls: length of the action vector.
        history: real frames that a session starts from, fewer than ``window``.
        window: frames that attend to each other, the new one included.
        hidden, depth, heads: of the transformer; ``patch`` is the side of its tokens in latent pixels.
        latent_channels: of the autoencoder's latent; ``pixel_patch`` is the side of a latent pixel in pixels.
        latent_scale: what an encoded latent is multiplied by before the transformer sees it.
        encoder_hidden, encoder_depth, encoder_heads, decoder_hidden, decoder_depth, decoder_heads: of the
            autoencoder.
        max_steps: DDIM steps of the full schedule.
        context_level: noise level that frames of the past are labelled with, 1 to 1000; they carry none.
        reuse: what a tick does not compute again. ``"none"``: every step runs the whole window, as published.
            ``"frame"``: keys and values of the past once a tick, the same result. ``"sliding"``: once a
            frame for as long as it is in the window; the same result until the first frame leaves it, and
            near it afterwards.
        sink: with sliding reuse, so many of a session's first frames stay in the window for good, right
            before the others (StreamingLLM, Xiao et al. 2023, arXiv:2309.17453).
        kept: with sliding reuse, how keys and values are kept: as they are worked out, or in 8 bits with a
            step for each head of each token.
        precision: of the matrix products where the device is fast in less than float32; sums, norms and the
            sampler stay float32.
    """

    height: int = 360
    width: int = 640
    controls: int = 25
    history: int = 1
    window: int = 32
    hidden: int = 1024
    depth: int = 16
    heads: int = 16
    patch: int = 2
    latent_channels: int = 16
    pixel_patch: int = 20
    latent_scale: float = 0.07843137255
    encoder_hidden: int = 1024
    encoder_depth: int = 6
    encoder_heads: int = 16
    decoder_hidden: int = 1024
    decoder_depth: int = 12
    decoder_heads: int = 16
    max_steps: int = 10
    context_level: int = 15
    reuse: Reuse = "frame"
    precision: Precision = "bfloat16"
    sink: int = 0
    kept: Kept = "whole"

    def __post_init__(self) -> None:
        side = self.pixel_patch * self.patch
        if side < 1 or self.height % side or self.width % side:
            raise ValueError(f"width and height, {self.width}x{self.height}, must divide by {side}")
        if not 1 <= self.history < self.window:
            raise ValueError(f"history {self.history} must be 1 to {self.window - 1}, one below the window")
        for name in ("", "encoder_", "decoder_"):
            hidden, heads = getattr(self, f"{name}hidden"), getattr(self, f"{name}heads")
            # Rotary embeddings give each axis a whole number of pairs.
            if heads < 1 or hidden % heads or (hidden // heads) % 8:
                raise ValueError(f"{name}hidden {hidden} must be {name}heads {heads} times a multiple of 8")
        if not 1 <= self.max_steps <= LEVELS:
            raise ValueError(f"max_steps {self.max_steps} must be 1 to {LEVELS}")
        if not 1 <= self.context_level <= LEVELS:
            raise ValueError(f"context_level {self.context_level} must be 1 to {LEVELS}")
        for field, kind in (("reuse", Reuse), ("precision", Precision), ("kept", Kept)):
            if getattr(self, field) not in get_args(kind):
                raise ValueError(f"{field} {getattr(self, field)!r} must be one of {list(get_args(kind))}")
        if not 0 <= self.sink < self.window - 1:
            raise ValueError(f"sink {self.sink} must be 0 to {self.window - 2}, below the frames of the past")
        if self.reuse != "sliding" and (self.sink or self.kept != "whole"):
            raise ValueError(f"sink and kept are for reuse 'sliding', not {self.reuse!r}")

    @property
    def latent_height(self) -> int:
        return self.height // self.pixel_patch

    @property
    def latent_width(self) -> int:
        return self.width // self.pixel_patch

    @property
    def grid(self) -> tuple[int, int]:
        """Tokens of a frame: rows, columns."""
        return self.latent_height // self.patch, self.latent_width // self.patch

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        return self.latent_channels, self.latent_height, self.latent_width

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OasisConfig:
        """Raises TypeError or ValueError for unknown fields and impossible values."""
        return cls(**data)


LEVELS = 1000
"""Noise levels that the model was trained with."""
