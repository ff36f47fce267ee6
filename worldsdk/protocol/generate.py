"""Writes ``protocol/``: schema, AsyncAPI document, constants, vectors and transcripts.

::

    python -m worldsdk.protocol.generate            # writes what has changed
    python -m worldsdk.protocol.generate --check    # changes nothing; exit code 1 where something would
    python -m worldsdk.protocol.generate --against protocol/released/1.0.json

``--against`` refuses a schema that an older peer would stumble over, before anything is written.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from worldsdk.errors import ProtocolError, StorageError, WorldSDKError
from worldsdk.protocol.asyncapi import asyncapi
from worldsdk.protocol.compatibility import breaks
from worldsdk.protocol.constants import files as constants
from worldsdk.protocol.dialogues import transcripts
from worldsdk.protocol.schema import recording_schema, schema
from worldsdk.protocol.vectors import vectors

DEFAULT_FOLDER = Path("protocol")
OWNED = ("constants", "vectors", "transcripts")
"""Folders that hold nothing but generated files."""


def generated() -> dict[str, str]:
    """Path below ``protocol/`` -> text of each generated file."""
    document = schema()
    texts = {"schema.json": _pretty(document), "asyncapi.json": _pretty(asyncapi(document))}
    texts["recording.json"] = _pretty(recording_schema())
    texts |= {f"constants/{name}": text for name, text in constants().items()}
    for name, examples in vectors().items():
        lines = [json.dumps(example.to_json(), ensure_ascii=False) for example in examples]
        texts[f"vectors/{name}.jsonl"] = "\n".join(lines) + "\n"
    texts |= {f"transcripts/{one.name}.jsonl": one.to_lines() for one in transcripts()}
    return texts


def drift(folder: Path) -> list[str]:
    """Paths below ``folder`` that differ from what would be generated: changed, missing, or left over."""
    texts = generated()
    differing = [name for name, text in texts.items() if _read(folder / name) != text]
    there = (path for owned in OWNED for path in (folder / owned).glob("*") if path.is_file())
    left_over = {path.relative_to(folder).as_posix() for path in there} - set(texts)
    return sorted({*differing, *left_over})


def write(folder: Path) -> list[str]:
    """Brings ``folder`` up to date and returns the paths that it changed.

    Raises:
        StorageError: it cannot be written.
    """
    texts, changed = generated(), drift(folder)
    for name in changed:
        try:
            if name in texts:
                _write(folder / name, texts[name])
            else:
                (folder / name).unlink()
        except OSError as error:
            raise StorageError(f"cannot write ({error.strerror})", where=name) from error
    return changed


def refuse_breaks(old: Path) -> None:
    """Raises ProtocolError where the schema would break peers that know the one in the file ``old``."""
    try:
        before = json.loads(old.read_text("utf-8"))
        found = breaks(before, schema())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"is no schema ({error})", where=old.name, fix="give a schema.json") from error
    if found:
        raise ProtocolError(
            "; ".join(found), where=f"compared with {old.name}", fix="only add, or raise the major version"
        )


def main(argv: list[str] | None = None) -> int:
    """Runs one command line; see this module's description."""
    parser = argparse.ArgumentParser(
        prog="python -m worldsdk.protocol.generate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="default: %(default)s")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--against", type=Path, metavar="FILE", help="an older schema.json")
    args = parser.parse_args(argv)
    try:
        if args.against is not None:
            refuse_breaks(args.against)
        changed = drift(args.folder) if args.check else write(args.folder)
    except WorldSDKError as error:
        print(error, file=sys.stderr)
        return 2
    for name in changed:
        print(f"{'differs' if args.check else 'wrote'}: {name}")
    return 1 if args.check and changed else 0


def _pretty(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, "utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
