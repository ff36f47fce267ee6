"""Reading the published files: ``oasis500m`` (the transformer) and ``vit-l-20`` (the autoencoder), together.

Names and shapes are those that the code of etched-ai/open-oasis (MIT) reads. See ``models.checkpoint``.
"""

from __future__ import annotations

import re

import torch

from worldsdk.errors import CheckpointError
from worldsdk.models.checkpoint import Plan, Tensors, shape_of
from worldsdk.models.oasis.actions import RATE_HZ, controls
from worldsdk.models.oasis.autoencoder import Autoencoder
from worldsdk.models.oasis.config import OasisConfig
from worldsdk.models.oasis.transformer import Transformer

PREFIXES = ("model.", "dit.", "vae.")

TRANSFORMER = "x_embedder.proj.weight"
AUTOENCODER = "patch_embed.proj.weight"

LATENT_SIZE = (18, 32)
HEAD = 64
"""What no tensor's shape tells: rows and columns of the published latent, channels of a head."""

BOOKKEEPING = tuple(f"rotary_emb.{part}" for part in ("dummy", "cached_freqs", "cached_freqs_seq_len"))
"""Ends of names that some writers save and no formula has."""

_ALIAS = re.compile(r"blocks\.\d+\.([st])_attn\.rotary_emb\.(\w+)")
_FULL = {"s": "spatial_rotary_emb.freqs", "t": "temporal_rotary_emb.freqs"}


def recognise(tensors: Tensors) -> str:
    """See ``CheckpointReader``."""
    parts = []
    if TRANSFORMER in tensors and "blocks.0.t_attn.to_qkv.weight" in tensors:
        parts.append(f"transformer of {_count(tensors, 'blocks')} blocks")
    if AUTOENCODER in tensors and "quant_conv.weight" in tensors:
        parts.append(f"autoencoder of {_count(tensors, 'encoder')} + {_count(tensors, 'decoder')} blocks")
    return f"Oasis, {' and '.join(parts)}" if parts else ""


def plan(tensors: Tensors, game: str) -> Plan:
    """See ``CheckpointReader``. Both files' tensors are needed."""
    for name, what, file in (
        (TRANSFORMER, "transformer", "oasis500m"),
        (AUTOENCODER, "autoencoder", "vit-l-20"),
    ):
        if name not in tensors:
            raise CheckpointError(
                f"Oasis's {what} is missing (no {name!r})",
                fix=f"give both files, oasis500m and vit-l-20; the {what} is in {file}",
            )
    aliases = _aliases(tensors)
    config = _config(tensors, aliases)
    with torch.device("meta"):
        rooms = {"transformer": Transformer(config), "autoencoder": Autoencoder(config)}
    keys = {
        f"{room}.{name}": aliases.get(name, name)
        for room, module in rooms.items()
        for name in module.state_dict()
    }
    return Plan(
        config=config.to_json(),
        keys=keys,
        left_out=_left_out(tensors, set(keys.values())),
        controls=controls(config.controls),
        rate_hz=RATE_HZ,
        steps=config.max_steps,
        title="Oasis",
        summary="Minecraft as a diffusion transformer remembers it, from the keys that are down.",
        display=(2 * config.width, 2 * config.height),
        source="Oasis 500M by Decart and Etched, https://huggingface.co/Etched/oasis-500m",
    )


def _config(tensors: Tensors, aliases: dict[str, str]) -> OasisConfig:
    hidden, channels, patch, _ = shape_of(tensors, TRANSFORMER, 4)
    encoder, _, side, _ = shape_of(tensors, AUTOENCODER, 4)
    decoder, latent = shape_of(tensors, "post_quant_conv.weight", 2)
    (pairs,) = shape_of(tensors, aliases[_FULL["t"]], 1)
    outputs = shape_of(tensors, "quant_conv.weight", 2)[0]
    if latent != channels or outputs != 2 * latent:
        raise CheckpointError(
            f"the autoencoder's latents have {latent} channels ({outputs} with their spread) and the "
            f"transformer's {channels}",
            fix="give two files that belong together",
        )
    rows, columns = LATENT_SIZE
    try:
        return OasisConfig(
            height=rows * side,
            width=columns * side,
            controls=shape_of(tensors, "external_cond.weight", 2)[1],
            hidden=hidden,
            depth=_count(tensors, "blocks"),
            heads=hidden // (2 * pairs),
            patch=patch,
            latent_channels=channels,
            pixel_patch=side,
            encoder_hidden=encoder,
            encoder_depth=_count(tensors, "encoder"),
            encoder_heads=encoder // HEAD,
            decoder_hidden=decoder,
            decoder_depth=_count(tensors, "decoder"),
            decoder_heads=decoder // HEAD,
        )
    except (ValueError, ZeroDivisionError) as error:
        raise CheckpointError(
            f"the shapes are those of no Oasis ({error})", fix="give the files as they were published"
        ) from error


def _count(tensors: Tensors, kind: str) -> int:
    """Blocks of a kind, counted by the highest number in a name."""
    numbers = [name.split(".")[1] for name in tensors if name.startswith(f"{kind}.")]
    return max((int(number) + 1 for number in numbers if number.isdecimal()), default=0)


def _aliases(tensors: Tensors) -> dict[str, str]:
    """Our name of each rotary embedding's frequencies -> a name that the file has them under.

    All blocks share them, and writers differ in which of the many names of one tensor they keep.
    """
    found = dict(zip(_FULL.values(), _FULL.values(), strict=True))
    for name in sorted(tensors):
        match = _ALIAS.fullmatch(name)
        if match is None or match[2] != "freqs":
            continue
        full = _FULL[match[1]]
        if found[full] not in tensors:
            found[full] = name
        elif not torch.equal(tensors[found[full]], tensors[name]):
            raise CheckpointError(
                f"{name!r} differs from {found[full]!r}", fix="all blocks of Oasis share their frequencies"
            )
    return found


def _left_out(tensors: Tensors, used: set[str]) -> dict[str, str]:
    spare = [name for name in tensors if name not in used]
    others = {name: "a shared tensor's other name" for name in spare if name.endswith("rotary_emb.freqs")}
    return others | {name: "the embedding's own bookkeeping" for name in spare if name.endswith(BOOKKEEPING)}
