"""Writing a world pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from worldsdk.errors import PackError, StorageError
from worldsdk.packs.manifest import (
    MANIFEST_NAME,
    STARTS_NAME,
    WEIGHTS_NAME,
    FileEntry,
    Manifest,
    check_file_name,
)
from worldsdk.packs.storage import new_folder

if TYPE_CHECKING:
    from torch import Tensor

    from worldsdk.models.interface import Context


def save_pack(
    folder: Path | str,
    manifest: Manifest,
    weights: Mapping[str, Tensor],
    starts: Context,
    extras: Mapping[str, bytes],
) -> Path:
    """Writes a whole pack to ``folder``, replacing a pack that is there; returns the folder.

    Args:
        folder: where; its parent is made if need be.
        manifest: all but ``files``, which is worked out here.
        weights: the model's ``state_dict``; dtypes are kept, so give bfloat16 for a smaller pack.
        starts: the recorded moments that sessions begin from (see ``Context`` for shapes).
        extras: file name -> content of everything else: ``LICENSE``, notices, ``card.json``,
            ``card.md``, ``preview.png``. Every name in ``manifest.notices`` must be here.

    Raises:
        PackError: NaN weights, impossible starts, a bad file name, a notice without a file, or a folder
            that holds something other than a pack.
        StorageError: the place cannot be written. Nothing half-written is left in any case.
    """
    from worldsdk.packs.tensors import check_context, check_finite, context_tensors, dump

    target = Path(folder)
    check_finite(dict(weights), WEIGHTS_NAME)
    check_context(starts)
    for name in extras:
        check_file_name(name)
    contents = {
        **extras,
        WEIGHTS_NAME: dump(dict(weights)),
        STARTS_NAME: dump(context_tensors(starts)),
    }
    complete = replace(manifest, files={name: FileEntry.of(raw) for name, raw in sorted(contents.items())})
    contents[MANIFEST_NAME] = complete.to_bytes()
    return _write(target, contents)


def add_files(folder: Path | str, extras: Mapping[str, bytes]) -> Manifest:
    """Adds or replaces side files (a fidelity card, a preview) of an existing pack; returns its manifest.

    The pack's digest changes with them, so snapshots taken before no longer fit.

    Raises:
        PackError: no valid pack at ``folder``, a bad file name, or an attempt on weights or starts.
        StorageError: the place cannot be written; the pack is as it was.
    """
    from worldsdk.packs.pack import open_pack

    pack = open_pack(Path(folder))
    pack.verify()
    for name in extras:
        check_file_name(name)
        if name in (WEIGHTS_NAME, STARTS_NAME):
            raise PackError(f"{name} cannot be replaced on its own", where=str(folder), fix="use save_pack")
    contents = {name: pack.read(name) for name in pack.manifest.files} | dict(extras)
    entries = {name: FileEntry.of(raw) for name, raw in sorted(contents.items())}
    complete = replace(pack.manifest, files=entries)
    contents[MANIFEST_NAME] = complete.to_bytes()
    _write(pack.folder, contents)
    return complete


def _write(target: Path, contents: Mapping[str, bytes]) -> Path:
    _refuse_foreign(target)
    with new_folder(target) as fresh:
        for name, raw in contents.items():
            (fresh / name).write_bytes(raw)
    return target


def _refuse_foreign(target: Path) -> None:
    # Replacing a folder removes what is in it, so it must be ours.
    try:
        foreign = target.exists() and not (target / MANIFEST_NAME).is_file() and any(target.iterdir())
    except OSError as error:
        raise StorageError(f"is not a folder ({error.strerror})", where=str(target)) from error
    if foreign:
        raise PackError(
            "the folder holds something other than a pack", where=str(target), fix="choose another"
        )
