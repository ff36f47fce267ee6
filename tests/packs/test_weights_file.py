"""Weights read one by one are those that were written; what is no file of weights is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from tests.support import tiny_model, tiny_pack
from worldsdk.errors import PackChecksumError, PackError
from worldsdk.packs.lazily import load_lazily
from worldsdk.packs.manifest import WEIGHTS_NAME, FileEntry
from worldsdk.packs.pack import Pack, open_pack
from worldsdk.packs.weights_file import WeightsFile

CPU = torch.device("cpu")


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return open_pack(tiny_pack(tmp_path / "tiny"))


def with_weights(pack: Pack, content: bytes) -> Pack:
    """The same pack, its manifest promising other weights."""
    (pack.folder / WEIGHTS_NAME).write_bytes(content)
    files = {**pack.manifest.files, WEIGHTS_NAME: FileEntry.of(content)}
    return Pack(pack.folder, replace(pack.manifest, files=files))


def written(header: object, data: bytes = b"\0" * 64) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def test_every_tensor_is_the_one_that_was_written(pack: Pack) -> None:
    whole = load((pack.folder / WEIGHTS_NAME).read_bytes())
    file = WeightsFile(pack)
    assert set(file.places) == set(whole)
    for name, wanted in whole.items():
        found = torch.empty_like(wanted)
        file.read(name, found)
        assert torch.equal(found, wanted)
        # In another type, and where rows do not follow each other, as well.
        other = torch.empty(tuple(reversed(wanted.shape)), dtype=torch.float64).permute(
            *reversed(range(wanted.ndim))
        )
        file.read(name, other)
        assert torch.equal(other.float(), wanted)
        with pytest.raises(PackError, match="has shape"):
            file.read(name, torch.empty(3, 1, 4, 1, 5))


def test_types_and_texts_of_the_format_are_understood(pack: Pack) -> None:
    tensors = {
        "half": torch.randn(3, 2).bfloat16(),
        "whole": torch.arange(5),
        "bits": torch.tensor([True, False]),
        "none": torch.zeros(0, 4),
        "one": torch.tensor(2.5),
    }
    file = WeightsFile(with_weights(pack, save(tensors, metadata={"format": "pt"})))
    for name, wanted in tensors.items():
        found = torch.empty_like(wanted)
        file.read(name, found)
        assert torch.equal(found, wanted), name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        (1 << 40).to_bytes(8, "little") + b"{}",
        written(b"not JSON"),
        written([]),
        written({"a": {"dtype": "F32", "shape": [4]}}),
        written({"a": {"dtype": "F31", "shape": [4], "data_offsets": [0, 16]}}),
        written({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 15]}}),
        written({"a": {"dtype": "F32", "shape": [4], "data_offsets": [56, 72]}}),
        written({"a": {"dtype": "F32", "shape": [-4, -1], "data_offsets": [0, 16]}}),
        written({"a": {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]}}),
        written({"a": {"dtype": "F32", "shape": ["x"], "data_offsets": [0, 16]}}),
    ],
)
def test_what_is_no_file_of_weights_is_refused(pack: Pack, content: bytes) -> None:
    with pytest.raises(PackError, match="safetensors"):
        WeightsFile(with_weights(pack, content))


def test_other_bytes_than_promised_are_refused(pack: Pack) -> None:
    path = pack.folder / WEIGHTS_NAME
    content = path.read_bytes()
    for wrong, words in ((content[:-1], "bytes long"), (content[:-1] + b"\x01", "altered")):
        path.write_bytes(wrong)
        with pytest.raises(PackChecksumError, match=words):
            WeightsFile(pack)
    path.unlink()
    with pytest.raises(PackError, match="cannot be read"):
        WeightsFile(pack)


def test_what_was_checked_is_what_is_read(pack: Pack) -> None:
    file = WeightsFile(pack)
    path = pack.folder / WEIGHTS_NAME
    whole = load(path.read_bytes())
    path.unlink()
    path.write_bytes(b"something else")
    found = torch.empty_like(whole["input.bias"])
    file.read("input.bias", found)
    assert torch.equal(found, whole["input.bias"])


def test_the_model_is_the_one_that_is_loaded_otherwise(pack: Pack) -> None:
    model, pool = load_lazily(pack, CPU)
    assert pool is None
    wanted = pack.load_model().state_dict()
    assert {name: t.dtype for name, t in model.state_dict().items()} == {
        n: t.dtype for n, t in wanted.items()
    }
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in model.parameters()) and not model.training


def test_weights_that_do_not_fit_are_named(pack: Pack) -> None:
    weights = dict(tiny_model().state_dict())
    for change, words in (
        ({"extra": torch.zeros(1)}, "unknown"),
        ({"input.bias": torch.zeros(3)}, "'input.bias' is"),
        ({"input.bias": torch.zeros(8, dtype=torch.int64)}, "'input.bias' is torch.int64"),
        ({"input.bias": torch.full((8,), torch.nan)}, "NaN"),
    ):
        with pytest.raises(PackError, match=words):
            load_lazily(with_weights(pack, save({**weights, **change})), CPU)
