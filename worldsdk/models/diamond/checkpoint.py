"""Reading DIAMOND's published checkpoints: ``atari_100k/models/GAME.pt`` and ``csgo/model/csgo.pt``.

Sizes come from the tensors. What no tensor tells is the published configuration: noise levels, the offset
noise of training, the size of CS:GO's frames.
"""

from __future__ import annotations

import math
import re

import torch

from worldsdk.errors import CheckpointError
from worldsdk.models.checkpoint import Plan, Tensors, shape_of
from worldsdk.models.diamond import atari, csgo
from worldsdk.models.diamond.config import (
    DenoiserConfig,
    DiamondConfig,
    OutcomeConfig,
    SamplerConfig,
    UNetConfig,
)
from worldsdk.models.diamond.model import DiamondModel

PREFIXES = ("agent.",)

SOURCE = (
    "DIAMOND, by Alonso, Jelley, Micheli, Kanervisto, Storkey, Pearce and Fleuret (arXiv 2405.12399, "
    "github.com/eloialonso/diamond)"
)
ATARI_SIZE = 64
CSGO_SIZE = (30, 56)
CSGO_FACTOR = 5
RATE_HZ = 15.0
"""Atari's 60 frames a second with each action held for 4; and what CS:GO is played at by default."""

_DENOISER = "denoiser.inner_model."
_UPSAMPLER = "upsampler.inner_model."
_OUTCOME = "rew_end_model."
_POLICY = "actor_critic."

_BLOCK = (
    (r"\.film\.", ".linear."),
    (r"\.attention\.norm\.", ".attn.norm.norm."),
    (r"\.attention\.qkv\.", ".attn.qkv_proj."),
    (r"\.attention\.out\.", ".attn.out_proj."),
)
_NETWORK = (
    (r"^noise_features\.", "noise_emb."),
    (r"^context_features\.", "noise_cond_emb."),
    (r"^actions$", "act_emb.0.weight"),
    (r"^embed\.", "cond_proj."),
    (r"^stem\.", "conv_in."),
    (r"^head\.", "conv_out."),
    (r"^norm\.", "norm_out.norm."),
    (r"^unet\.down\.(\d+)\.", r"unet.d_blocks.\1.resblocks."),
    (r"^unet\.up\.(\d+)\.", r"unet.u_blocks.\1.resblocks."),
    (r"^unet\.middle\.", "unet.mid_blocks.resblocks."),
    *_BLOCK,
)
_TELLER = (
    (r"^actions$", "act_emb.weight"),
    (r"^stem\.", "encoder.conv_in."),
    (r"^levels\.(\d+)\.", r"encoder.blocks.\1.resblocks."),
    (r"^lstm_input\.(weight|bias)$", r"lstm.\1_ih_l0"),
    (r"^lstm_hidden\.(weight|bias)$", r"lstm.\1_hh_l0"),
    *_BLOCK,
)
_PARTS = (
    ("denoiser.network.", _DENOISER, _NETWORK),
    ("upsampler.network.", _UPSAMPLER, _NETWORK),
    ("outcome.", _OUTCOME, _TELLER),
)
"""Our part, theirs, and what is called otherwise in it."""


def recognise(tensors: Tensors) -> str:
    """As ``CheckpointReader``."""
    if f"{_DENOISER}noise_emb.weight" not in tensors:
        return ""
    table = tensors.get(f"{_DENOISER}act_emb.0.weight")
    kind = "CS:GO" if f"{_DENOISER}noise_cond_emb.weight" in tensors else "Atari"
    return f"DIAMOND, {kind}, {0 if table is None else len(table)} actions"


def plan(tensors: Tensors, game: str) -> Plan:
    """As ``CheckpointReader``; ``game`` is an Atari game, by which its actions are named."""
    unet = _unet(tensors, f"{_DENOISER}unet.", _DENOISER)
    count, width = shape_of(tensors, f"{_DENOISER}act_emb.0.weight", 2)
    history = unet.condition // max(1, width)
    _check_inputs(tensors, _DENOISER, history + 1)
    if f"{_DENOISER}noise_cond_emb.weight" in tensors:
        return _csgo(tensors, unet, history, count)
    names = atari.action_names(game, count)
    controls, actions = atari.controls_of(names)
    outcome, size = None, ATARI_SIZE
    if any(name.startswith(_OUTCOME) for name in tensors):
        outcome, size = _outcome(tensors)
    config = DiamondConfig(size, size, actions, DenoiserConfig(unet, history), outcome)
    known = "" if names[1:2] == ("action 1",) else f": {game}"
    return Plan(
        config=config.to_json(),
        keys=_keys(config),
        controls=controls,
        rate_hz=RATE_HZ,
        steps=config.shares[0],
        title=f"DIAMOND{known}",
        summary=f"An Atari game with {count} actions, as DIAMOND dreams it.",
        display=(8 * size, 8 * size),
        source=SOURCE,
        left_out=_left_out(tensors),
    )


def _csgo(tensors: Tensors, unet: UNetConfig, history: int, count: int) -> Plan:
    if count != csgo.ACTIONS:
        raise CheckpointError(
            f"the embedding of actions has {count} rows",
            fix=f"the CS:GO model has {csgo.ACTIONS}, and no other with noise on its past frames is known",
        )
    controls, actions = csgo.controls_of()
    sampler = SamplerConfig(context_sigma=5e-3)
    denoiser = DenoiserConfig(unet, history, sigma_offset=0.1, told_context_noise=True, sampler=sampler)
    upsampler, factor, shares = None, 1, (3, 0)
    if any(name.startswith(_UPSAMPLER) for name in tensors):
        large = _unet(tensors, f"{_UPSAMPLER}unet.", _UPSAMPLER)
        inputs = shape_of(tensors, f"{_UPSAMPLER}conv_in.weight", 4)[1]
        churning = SamplerConfig(sigma_min=1.0, churn=10.0, churn_min=1.0, churn_max=5.0, churn_noise=0.9)
        upsampler = DenoiserConfig(large, inputs // 3 - 2, 0.5, 0.1, True, churning)
        factor, shares = CSGO_FACTOR, (3, 10)
    config = DiamondConfig(
        *CSGO_SIZE, actions, denoiser, None, upsampler, factor, shares, max_steps=sum(shares) or 1
    )
    width = CSGO_SIZE[1] * factor
    return Plan(
        config=config.to_json(),
        keys=_keys(config),
        controls=controls,
        rate_hz=RATE_HZ,
        # One step of each: the original's fast setting, and the one it plays with by default.
        steps=1 if upsampler is None else 2,
        title="DIAMOND, Counter-Strike: Global Offensive",
        summary="The map Dust II, as DIAMOND dreams it.",
        display=(width * (1120 // width), CSGO_SIZE[0] * factor * (1120 // width)),
        source=SOURCE,
        left_out=_left_out(tensors),
    )


def _unet(tensors: Tensors, home: str, network: str) -> UNetConfig:
    """The U-Net below ``home``; the condition's width from the network's own embedding."""
    condition = shape_of(tensors, f"{network}cond_proj.0.weight", 2)[0]
    return _levels(tensors, home + "d_blocks.{}.resblocks.", condition)


def _levels(tensors: Tensors, pattern: str, condition: int, last: int = 0) -> UNetConfig:
    """The levels whose blocks are called ``pattern`` with a number in it, but for the ``last`` of them."""
    channels: list[int] = []
    depths: list[int] = []
    attention: list[bool] = []
    count = _count(tensors, pattern.partition("{}")[0])
    for level in range(count - last):
        home = pattern.format(level)
        channels.append(shape_of(tensors, f"{home}0.conv1.weight", 4)[0])
        depths.append(_count(tensors, home))
        attention.append(f"{home}0.attn.qkv_proj.weight" in tensors)
    try:
        return UNetConfig(tuple(channels), tuple(depths), tuple(attention), condition)
    except ValueError as error:
        raise CheckpointError(
            f"the blocks {pattern.format('*')} make no network ({error})",
            fix="give the whole checkpoint, as it was published",
        ) from error


def _count(tensors: Tensors, home: str) -> int:
    """How many are numbered below ``home``."""
    numbers = {name[len(home) :].partition(".")[0] for name in tensors if name.startswith(home)}
    return sum(1 for number in numbers if number.isdecimal())


def _check_inputs(tensors: Tensors, network: str, pictures: int) -> None:
    inputs = shape_of(tensors, f"{network}conv_in.weight", 4)[1]
    if inputs != 3 * pictures:
        raise CheckpointError(
            f"tensor '{network}conv_in.weight' takes {inputs} channels",
            fix=f"the embedding of actions is of {pictures - 1} past frames, which makes {3 * pictures}",
        )


def _outcome(tensors: Tensors) -> tuple[OutcomeConfig, int]:
    """The network of reward and end, and the side of the square frames that it sees."""
    condition = shape_of(tensors, f"{_OUTCOME}act_emb.weight", 2)[1]
    unet = _levels(tensors, _OUTCOME + "encoder.blocks.{}.resblocks.", condition, last=1)
    gates, features = shape_of(tensors, f"{_OUTCOME}lstm.weight_ih_l0", 2)
    side = math.isqrt(features // unet.channels[-1])
    if side < 1 or unet.channels[-1] * side * side != features or gates % 4:
        raise CheckpointError(
            f"tensor '{_OUTCOME}lstm.weight_ih_l0' has shape {(gates, features)}",
            fix=f"its inputs should be {unet.channels[-1]} channels of square frames, its outputs 4 gates",
        )
    return OutcomeConfig(unet, gates // 4), side * 2 ** (len(unet.channels) - 1)


def _keys(config: DiamondConfig) -> dict[str, str]:
    """Our name -> theirs, for every tensor of the model."""
    with torch.device("meta"):
        model = DiamondModel(config)
    return {name: _theirs(name, config) for name in model.state_dict()}


def _theirs(name: str, config: DiamondConfig) -> str:
    for ours, theirs, renames in _PARTS:
        if not name.startswith(ours):
            continue
        rest = name.removeprefix(ours)
        for pattern, replacement in renames:
            rest = re.sub(pattern, replacement, rest)
        # Theirs count a first level that has nothing to do; the teller's middle is their last level.
        rest = re.sub(r"^unet\.shrink\.(\d+)\.", lambda m: f"unet.downsamples.{int(m[1]) + 1}.conv.", rest)
        rest = re.sub(r"^unet\.enlarge\.(\d+)\.", lambda m: f"unet.upsamples.{int(m[1]) + 1}.conv.", rest)
        rest = re.sub(r"^shrink\.(\d+)\.", lambda m: f"encoder.downsamples.{int(m[1]) + 1}.conv.", rest)
        if config.outcome is not None:
            last = len(config.outcome.unet.channels)
            rest = re.sub(r"^middle\.", f"encoder.blocks.{last}.resblocks.", rest)
        return theirs + rest
    raise KeyError(name)


def _left_out(tensors: Tensors) -> dict[str, str]:
    return {name: "the policy, which a world does without" for name in tensors if name.startswith(_POLICY)}
