"""Opening a world pack and reading from it: every byte is checked before it is used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from worldsdk.errors import PackChecksumError, PackError, PackNotFoundError
from worldsdk.packs.manifest import MANIFEST_NAME, STARTS_NAME, WEIGHTS_NAME, FileEntry, Manifest

if TYPE_CHECKING:
    import torch

    from worldsdk.models.interface import Context, ModelSpec, WorldModel

BUNDLED = Path(__file__).parent / "bundled"
"""Where the worlds that ship inside the package live, one folder each."""

MANIFEST_LIMIT = 1 << 20
"""No honest ``pack.json`` is longer, in bytes."""


@dataclass(frozen=True)
class Pack:
    """A pack folder whose manifest has been read. Its other files are checked as they are read."""

    folder: Path
    manifest: Manifest

    def read(self, name: str) -> bytes:
        """The content of one listed file, after its size and checksum have been found right.

        Raises:
            PackError: not listed, missing or unreadable.
            PackChecksumError: not the bytes that the manifest promises.
        """
        entry = self.manifest.files.get(name)
        if entry is None:
            raise PackError(
                f"there is no file {name!r}",
                where=str(self.folder),
                fix=f"it has {sorted(self.manifest.files)}",
            )
        path = self.folder / name
        try:
            size = path.stat().st_size
            # The size is compared first so that a wrong file of any length is never read into memory.
            content = path.read_bytes() if size == entry.size else b""
        except FileNotFoundError as error:
            raise PackError(
                f"file {name!r} is missing", where=str(self.folder), fix="install the pack again"
            ) from error
        except OSError as error:
            raise PackError(
                f"file {name!r} cannot be read ({error.strerror})", where=str(self.folder)
            ) from error
        if size != entry.size or FileEntry.of(content) != entry:
            wrong = f"is {size} bytes long, not {entry.size}" if size != entry.size else "has been altered"
            raise PackChecksumError(
                f"file {name!r} {wrong}", where=str(self.folder), fix="install the pack again"
            )
        return content

    def verify(self) -> None:
        """Reads every listed file once. Raises as ``read`` does, for the first that is wrong."""
        for name in self.manifest.files:
            self.read(name)

    def load_model(self, device: torch.device | str = "cpu") -> WorldModel:
        """The model with the pack's weights, in the dtypes the family builds it with, in eval mode.

        Raises:
            PackError: an unknown family, weights that do not fit or are not finite, a model whose
                control vector or steps disagree with the manifest.
            PackChecksumError: altered weights.
        """
        import torch

        from worldsdk.models.registry import build_model
        from worldsdk.packs.tensors import load_weights, parse

        weights = parse(self.read(WEIGHTS_NAME), WEIGHTS_NAME)
        # Building draws initial weights from torch's global generator, which belongs to the caller.
        with torch.random.fork_rng(devices=[]):
            model = build_model(self.manifest.family, self.manifest.config)
        self.check_spec(model.spec)
        load_weights(model, weights)
        return model.eval().requires_grad_(False).to(device)

    def load_starts(self, spec: ModelSpec | None = None) -> Context:
        """All start contexts, on the CPU; compared with ``spec`` where one is given.

        Raises:
            PackError: tensors missing, of a wrong dtype or shape, or not finite.
            PackChecksumError: altered bytes.
        """
        from worldsdk.packs.tensors import check_context, parse, read_context

        context = read_context(parse(self.read(STARTS_NAME), STARTS_NAME))
        if spec is not None:
            check_context(context, spec)
        return context

    def check_spec(self, spec: ModelSpec) -> None:
        """Raises PackError where the manifest and the model that it names contradict each other."""
        controls, steps = len(self.manifest.controls), self.manifest.default_steps
        if spec.controls != controls:
            raise PackError(
                f"the manifest names {controls} controls and the model takes {spec.controls}",
                where=MANIFEST_NAME,
                fix="make controls and config agree",
            )
        if steps > spec.max_steps:
            raise PackError(
                f"default_steps is {steps}",
                where=MANIFEST_NAME,
                fix=f"this model takes up to {spec.max_steps}",
            )


def open_pack(name_or_path: str | Path) -> Pack:
    """A bundled world by its name, or any pack folder by its path.

    A plain word is looked up among the bundled worlds first, then as a folder here.

    Raises:
        PackNotFoundError: neither; says what is bundled.
        PackError: a folder whose manifest cannot be trusted.
    """
    folder = Path(name_or_path).expanduser()
    plain = isinstance(name_or_path, str) and name_or_path in list_bundled()
    if plain:
        folder = BUNDLED / str(name_or_path)
    path = folder / MANIFEST_NAME
    if not str(name_or_path) or not path.is_file():
        raise PackNotFoundError(
            f"there is no world {os.fspath(name_or_path)!r}",
            fix=f"bundled worlds are {list_bundled()}; or give the path of a folder with a {MANIFEST_NAME}",
        )
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MANIFEST_LIMIT else b""
    except OSError as error:
        raise PackError(f"{MANIFEST_NAME} cannot be read ({error.strerror})", where=str(folder)) from error
    if size > MANIFEST_LIMIT:
        raise PackError(
            f"{MANIFEST_NAME} is {size} bytes long", where=str(folder), fix="it cannot be a manifest"
        )
    try:
        return Pack(folder, Manifest.from_bytes(raw))
    except PackError as error:
        raise PackError(error.what, where=str(path), fix=error.fix) from error


FLAGSHIPS = ("doom-maze", "doom-field")
"""Worlds to open where none is named, best first."""


def list_bundled() -> list[str]:
    """Names of the worlds that ship inside the package: the flagships first, then by name."""
    if not BUNDLED.is_dir():
        return []
    found = {child.name for child in BUNDLED.iterdir() if (child / MANIFEST_NAME).is_file()}
    first = [name for name in FLAGSHIPS if name in found]
    return first + sorted(found.difference(first))


def default_world() -> str:
    """The bundled world that opens where none is named.

    Raises:
        PackNotFoundError: none is bundled.
    """
    bundled = list_bundled()
    if not bundled:
        raise PackNotFoundError("no world is bundled here", fix="give the folder of a world pack")
    return bundled[0]
