"""From a checkpoint's files to a pack: read, recognise, plan, compare, write. Strict at every step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from worldsdk.errors import CheckpointError
from worldsdk.importing.read import Found, read_files
from worldsdk.importing.report import Report
from worldsdk.importing.starts import starts_for
from worldsdk.models.checkpoint import CheckpointReader, Plan, readable, reader_of
from worldsdk.models.interface import WorldModel
from worldsdk.models.registry import build_model
from worldsdk.packs.manifest import Display, Manifest
from worldsdk.packs.save import save_pack

UNSTATED = "NOASSERTION"
"""SPDX's word for a licence that was not said."""


@dataclass(frozen=True)
class Imported:
    """Attributes:
    folder: of the pack; ``None`` where none was to be written. manifest: the pack's.
    report: what became of every tensor. starts: where its start contexts are from.
    """

    folder: Path | None
    manifest: Manifest
    report: Report
    starts: str


def import_checkpoint(
    files: Sequence[Path],
    folder: Path | None,
    *,
    family: str | None = None,
    name: str | None = None,
    game: str | None = None,
    starts: Path | None = None,
    licence: str = UNSTATED,
    part: str | None = None,
    half: bool = False,
) -> Imported:
    """Makes a pack of a checkpoint.

    Args:
        files: of one model, all of them.
        folder: of the pack; ``None`` to look only.
        family: that the checkpoint is of; found by looking where ``None``.
        name: of the pack; made from the family and the file's name where ``None``.
        game: what it is a world of, where the file's name does not say.
        starts: a dataset or pictures that sessions begin at; see ``starts_for``.
        licence: SPDX expression of the weights.
        part: the entry of the file that holds the tensors, where several could.
        half: keep weights of two dimensions and more as bfloat16.

    Raises:
        CheckpointError: no such file, not a checkpoint, not of this family, or not whole.
        DatasetError: ``starts`` has nothing usable. PackError, StorageError: as ``save_pack``.
    """
    family, reader, found = _recognised(files, family, part)
    where = ", ".join(path.name for path in files)
    try:
        plan = reader.plan(found.tensors, game or files[0].stem)
    except CheckpointError as error:
        raise CheckpointError(error.what, where=error.where or where, fix=error.fix) from error
    model = _shape_of(family, plan)
    wanted = model.state_dict()
    report = Report.of(family, reader.recognise(found.tensors), found, plan, wanted)
    contexts, said = starts_for(model.spec, plan.controls, starts)
    manifest = Manifest(
        name=name or _pack_name(family, game or files[0].stem),
        version="1.0",
        title=plan.title,
        summary=plan.summary,
        family=family,
        config=dict(plan.config),
        controls=plan.controls,
        rate_hz=plan.rate_hz,
        default_steps=plan.steps,
        display=Display(*plan.display),
        licence=licence,
        provenance={
            "imported_from": [path.name for path in files],
            "source": plan.source,
            "starts": said,
            "tensors": len(report.used),
            "left_out": len(report.left_out),
        },
    )
    if folder is None:
        return Imported(None, manifest, report, said)
    report.require_complete(where)
    weights = {ours: _kept(plan.convert(ours, found.tensors[plan.keys[ours]]), half) for ours in wanted}
    return Imported(save_pack(folder, manifest, weights, contexts, {}), manifest, report, said)


def _recognised(
    files: Sequence[Path], family: str | None, part: str | None
) -> tuple[str, CheckpointReader, Found]:
    """The family and what was read, after its prefixes are gone.

    Raises CheckpointError where the tensors are none of the family's, saying whose they look like.
    """
    candidates = readable() if family is None else [family]
    readers = {candidate: reader_of(candidate) for candidate in candidates}
    raw = read_files(files, part)
    for candidate, reader in readers.items():
        found = raw.without(reader.PREFIXES)
        if reader.recognise(found.tensors):
            return candidate, reader, found
    where = ", ".join(path.name for path in files)
    for other in readable():
        phrase = reader_of(other).recognise(raw.without(reader_of(other).PREFIXES).tensors)
        if phrase:
            raise CheckpointError(
                f"is no checkpoint of family {family!r}: it is {phrase}",
                where=where,
                fix=f"use --family {other}",
            )
    first = sorted(raw.tensors)[:4]
    raise CheckpointError(
        f"is no checkpoint of {family or 'a family known here'}: {len(raw.tensors)} tensors such as {first}",
        where=where,
        fix=f"checkpoints of {readable()} can be imported; docs/your-model.md tells how to add a family",
    )


def _shape_of(family: str, plan: Plan) -> WorldModel:
    """The model without its weights: names, shapes, types and ``spec``."""
    with torch.device("meta"):
        return build_model(family, plan.config)


def _kept(tensor: Tensor, half: bool) -> Tensor:
    return tensor.bfloat16() if half and tensor.is_floating_point() and tensor.ndim > 1 else tensor


def _pack_name(family: str, game: str) -> str:
    """A pack's name from anything: lower-case letters, digits and dashes."""
    of, plain = (re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in (family, game))
    return (plain if plain.startswith(of) else f"{of}-{plain}")[:64].strip("-")
