"""Configuration of the diamond family: one dataclass a part, read strictly from a manifest's ``config``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class UNetConfig:
    """Attributes:
    channels: of each level, finest first.
    depths: residual blocks of each level on the way down; one more on the way up.
    attention: whether the blocks of a level end in self-attention. The blocks in the middle always do.
    condition: width of the condition vector.
    """

    channels: tuple[int, ...]
    depths: tuple[int, ...]
    attention: tuple[bool, ...]
    condition: int

    def __post_init__(self) -> None:
        if not self.channels or not len(self.channels) == len(self.depths) == len(self.attention):
            raise ValueError("channels, depths and attention must name the same levels, at least one")
        if min(self.channels) < 1 or min(self.depths) < 1:
            raise ValueError("channels and depths must be at least 1")
        if self.condition < 2 or self.condition % 2:
            raise ValueError(f"condition is {self.condition}, it must be even")


@dataclass(frozen=True)
class SamplerConfig:
    """How noise becomes a picture (Karras et al. 2022, algorithm 2, first order).

    Attributes:
        sigma_min, sigma_max, rho: the noise levels go from the largest to the smallest, then to 0.
        churn, churn_min, churn_max, churn_noise: noise put in again at each step, and where.
        context_sigma: noise put on the past frames before each step, on top of that of the steps before.
    """

    sigma_min: float = 2e-3
    sigma_max: float = 5.0
    rho: float = 7.0
    churn: float = 0.0
    churn_min: float = 0.0
    churn_max: float = 1e9
    churn_noise: float = 1.0
    context_sigma: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.sigma_min <= self.sigma_max or self.rho <= 0.0:
            raise ValueError("sigma_min must be above 0 and at most sigma_max, and rho above 0")
        if min(self.churn, self.context_sigma) < 0.0:
            raise ValueError("churn and context_sigma must not be negative")


@dataclass(frozen=True)
class DenoiserConfig:
    """A denoising network with its preconditioning and its sampler.

    Attributes:
        unet: of the network.
        history: past frames that it sees.
        sigma_data, sigma_offset: of the training's pictures, and of the noise common to a whole channel.
        told_context_noise: whether the network has an embedding for the noise on the past frames.
        sampler: of play.
    """

    unet: UNetConfig
    history: int = 4
    sigma_data: float = 0.5
    sigma_offset: float = 0.3
    told_context_noise: bool = False
    sampler: SamplerConfig = SamplerConfig()

    def __post_init__(self) -> None:
        if self.history < 1:
            raise ValueError(f"history is {self.history}, it must be at least 1")
        if self.sigma_data <= 0.0 or self.sigma_offset < 0.0:
            raise ValueError("sigma_data must be above 0 and sigma_offset not negative")


@dataclass(frozen=True)
class OutcomeConfig:
    """The network that tells reward and end: an encoder of two frames, and an LSTM over them.

    Attributes:
        unet: channels, depths and attention of the encoder; ``condition`` is the width of its embedding of
            actions.
        hidden: of the LSTM.
    """

    unet: UNetConfig
    hidden: int = 512


@dataclass(frozen=True)
class ActionsConfig:
    """How controls become the action vector whose product with a table is the embedding.

    Either ``choices`` (Atari: one action of a list) or ``buttons`` with ``axes`` (CS:GO: any that are held,
    and one bin of each axis).

    Attributes:
        controls: length of the control vector.
        choices: for each action the indices of the controls held for it; the first is none.
        buttons: how many controls, the first ones, go into the vector as they are.
        exclusive: pairs of buttons of which the first wins where both are held.
        axes: for each control after the buttons its bins, ascending, in the control's own unit.
    """

    controls: int
    choices: tuple[tuple[int, ...], ...] = ()
    buttons: int = 0
    exclusive: tuple[tuple[int, int], ...] = ()
    axes: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if bool(self.choices) == bool(self.buttons or self.axes):
            raise ValueError("give either choices, or buttons and axes")
        held = {index for choice in self.choices for index in choice}
        held |= {index for pair in self.exclusive for index in pair}
        limit = self.controls if self.choices else self.buttons
        if held and not (min(held) >= 0 and max(held) < limit):
            raise ValueError(f"choices or exclusive name controls outside 0 to {limit - 1}")
        if self.choices and self.choices[0]:
            raise ValueError("the first of choices must hold nothing")
        if self.axes and min(len(bins) for bins in self.axes) < 2:
            raise ValueError("an axis needs at least two bins")
        if not self.choices and self.buttons + len(self.axes) != self.controls:
            raise ValueError(f"buttons and axes are not the {self.controls} controls")

    @property
    def size(self) -> int:
        """Length of the action vector: rows of the embedding table."""
        return len(self.choices) or self.buttons + sum(len(bins) for bins in self.axes)


@dataclass(frozen=True)
class DiamondConfig:
    """Attributes:
    height, width: of the frames that the denoiser makes.
    actions: see ``ActionsConfig``.
    denoiser: makes the next frame.
    outcome: tells reward and end; ``None`` where there is no such network.
    upsampler: a second denoiser that makes the large frame from the small one; or ``None``.
    factor: how many times larger, with an upsampler.
    shares: denoising steps of the two as the original plays best: the steps of a tick are dealt out in this
        ratio, at least one to the denoiser.
    max_steps: denoising steps a tick at most.
    precision: ``"bfloat16"`` where the device is fast in it, or ``"float32"``, as published, on any.
    """

    height: int
    width: int
    actions: ActionsConfig
    denoiser: DenoiserConfig
    outcome: OutcomeConfig | None = None
    upsampler: DenoiserConfig | None = None
    factor: int = 1
    shares: tuple[int, int] = (3, 0)
    max_steps: int = 10
    precision: str = "bfloat16"

    def __post_init__(self) -> None:
        if self.precision not in ("bfloat16", "float32"):
            raise ValueError(f"precision is {self.precision!r}, not 'bfloat16' or 'float32'")
        if min(self.height, self.width, self.factor, self.max_steps, self.shares[0]) < 1:
            raise ValueError("height, width, factor, max_steps and the first of shares must be at least 1")
        if self.upsampler is None and (self.factor, self.shares[1]) != (1, 0):
            raise ValueError("without an upsampler, factor is 1 and the second of shares is 0")
        if self.upsampler is not None and self.shares[1] < 1:
            raise ValueError("with an upsampler, the second of shares must be at least 1")
        if self.denoiser.history < (self.upsampler or self.denoiser).history:
            raise ValueError("the upsampler cannot see more frames than the denoiser")
        if self.outcome is not None:
            # Only the network of the Atari models, at the denoiser's own size, is known.
            multiple = 2 ** (len(self.outcome.unet.channels) - 1)
            if self.upsampler is not None or self.height % multiple or self.width % multiple:
                raise ValueError(f"outcome needs frames that divide by {multiple}, and no upsampler")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DiamondConfig:
        """Raises TypeError, ValueError or KeyError for unknown fields and impossible values."""
        fields = dict(data)
        fields["actions"] = _actions(fields["actions"])
        for name in ("denoiser", "upsampler"):
            if fields.get(name) is not None:
                fields[name] = _denoiser(fields[name])
        if fields.get("outcome") is not None:
            outcome = dict(fields["outcome"])
            fields["outcome"] = OutcomeConfig(**{**outcome, "unet": _unet(outcome["unet"])})
        if "shares" in fields:
            first, second = fields["shares"]
            fields["shares"] = (first, second)
        return cls(**fields)


def _denoiser(data: Mapping[str, Any]) -> DenoiserConfig:
    sampler = SamplerConfig(**data.get("sampler", {}))
    return DenoiserConfig(**{**data, "unet": _unet(data["unet"]), "sampler": sampler})


def _unet(data: Mapping[str, Any]) -> UNetConfig:
    lists = {name: tuple(data[name]) for name in ("channels", "depths", "attention")}
    return UNetConfig(**{**data, **lists})


def _actions(data: Mapping[str, Any]) -> ActionsConfig:
    nested = ("choices", "exclusive", "axes")
    lists = {name: tuple(tuple(item) for item in data[name]) for name in nested if name in data}
    return ActionsConfig(**{**data, **lists})
