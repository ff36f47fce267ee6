"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Literal

from worldsdk.errors import CheckpointError

Kind = Literal["safetensors", "torch"]

HEAD = 512
HEADER_LIMIT = 100_000_000
"""The longest header, in bytes, that the safetensors format allows."""

_PUBLISHED = "download the file itself: a .pt of torch.save, or a .safetensors"

_LOOKS = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file it stands for", "run `git lfs pull`"),
    (b"\x89HDF\r\n", "an HDF5 file (Keras writes such)", _PUBLISHED),
    (b"\x93NUMPY", "a numpy array", _PUBLISHED),
    (b"GGUF", "a GGUF file, which is quantised for language models", _PUBLISHED),
    (b"\x1f\x8b", "gzip-compressed", "unpack it first"),
    (b"\xfd7zXZ", "xz-compressed", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed", "unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (b"\x89PNG", "a PNG picture", _PUBLISHED),
    (b"\xff\xd8\xff", "a JPEG picture", _PUBLISHED),
    (b"%PDF", "a PDF document", _PUBLISHED),
)
"""First bytes -> what it looks like, and what to do."""


def kind_of(path: Path) -> Kind:
    """Which of the two kinds of files that hold tensors this is.

    Raises:
        CheckpointError: neither, or not readable; it says what the file looks like instead.
    """
    try:
        if path.is_dir():
            raise _refused(path, "is a folder", "give the file in it that holds the weights")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise _refused(path, "is not there", "give the path of a downloaded checkpoint") from error
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})", "check its permissions") from error
    if not size:
        raise _refused(path, "is empty", "download it again")
    for start, looks, cure in _LOOKS:
        if head.startswith(start):
            raise _refused(path, f"is {looks}", cure)
    if _says_safetensors(head, size, path):
        return "safetensors"
    if head.startswith(b"PK"):
        return _zip(path)
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        # What torch.save wrote before its files were zips; loading tells whether it is one.
        return "torch"
    raise _refused(path, f"is {_text_or_not(head)}", _PUBLISHED)


def _says_safetensors(head: bytes, size: int, path: Path) -> bool:
    length = int.from_bytes(head[:8], "little")
    if len(head) < 9 or head[8:9] != b"{" or length > HEADER_LIMIT:
        return False
    if 8 + length > size:
        raise _refused(path, "is a safetensors file that was cut short", "download it again")
    return True


def _zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _refused(path, "is a file of torch.save or a zip that was cut short", _PUBLISHED) from error
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner:
        raise _refused(path, "is a TorchScript program", "give the weights alone, as torch.save writes them")
    if "data.pkl" not in inner:
        raise _refused(path, f"is a zip archive of {sorted(names)[:4]}", "unpack it and give the checkpoint")
    return "torch"


def _text_or_not(head: bytes) -> str:
    try:
        # The last character may be cut.
        text = head.decode("utf-8", errors="strict" if len(head) < HEAD else "ignore").strip()
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() and not all(c.isprintable() or c.isspace() for c in text):
        text = ""
    if not text:
        return f"no kind of checkpoint known here (it begins with {head[:8].hex(' ')})"
    if text.lower().startswith(("<!doctype html", "<html")):
        return "a web page: the address it came from shows the file, or asks for a login"
    if text.startswith("<"):
        return "an XML document"
    if text.startswith(("{", "[")):
        return f"JSON text ({_first_key(text)})"
    return f"text, not weights ({text.splitlines()[0][:60]!r})"


def _first_key(text: str) -> str:
    try:
        data = json.loads(text)
    except ValueError:
        return text.splitlines()[0][:60]
    return f"with {sorted(data)[:4]}" if isinstance(data, dict) else "a list"


def _refused(path: Path, what: str, fix: str) -> CheckpointError:
    return CheckpointError(what, where=str(path), fix=fix)
