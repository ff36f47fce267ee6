"""Files that are no checkpoints: refused with what they are instead."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from worldsdk.errors import CheckpointError
from worldsdk.importing.sniff import kind_of


def _zip(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def _saved(**settings: bool) -> bytes:
    file = io.BytesIO()
    torch.save({"a": torch.zeros(300)}, file, **settings)
    return file.getvalue()


def _numpy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return file.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (POINTER, "Git LFS pointer.*git lfs pull"),
        (b"\n<!DOCTYPE html><html><title>Sign in</title>", "web page"),
        (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "XML"),
        (b'{"error": "Repository not found"}', r"JSON text \(with \['error'\]\)"),
        (b"Entry not found", "text, not weights"),
        (_png(), "PNG"),
        (_numpy(), "numpy"),
        (b"\x89HDF\r\n\x1a\n" + bytes(20), "HDF5"),
        (gzip.compress(b"weights", mtime=0), "gzip"),
        (b"GGUF" + bytes(30), "GGUF"),
        (_zip(readme=b"hello"), "zip archive of"),
        (_zip(m__data__pkl=b"", m__constants=b""), "zip archive of"),
        (_zip(**{"m__constants.pkl": b"", "m__data.pkl": b""}), "TorchScript"),
        (_saved()[:-200], "cut short"),
        (save({"a": torch.zeros(9)})[:20], "cut short"),
        (bytes(range(128, 228)), "no kind of checkpoint known here"),
    ],
)
def test_it_says_what_a_file_looks_like(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "Breakout.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=words):
        kind_of(path)


def test_folders_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is a folder"):
        kind_of(tmp_path)
    with pytest.raises(CheckpointError, match="is not there"):
        kind_of(tmp_path / "none.pt")


def test_both_kinds_are_known_whatever_they_are_called(tmp_path: Path) -> None:
    for number, (content, kind) in enumerate(
        (
            (_saved(), "torch"),
            (_saved(_use_new_zipfile_serialization=False), "torch"),
            (save({"a": torch.zeros(2)}), "safetensors"),
        )
    ):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(content)
        assert kind_of(path) == kind
