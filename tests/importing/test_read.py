"""Tensors out of files: under plain names, from below wrappers, and never by running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from worldsdk.errors import CheckpointError
from worldsdk.importing.read import read_files, strip


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("denoiser.weight", "denoiser.weight"),
        ("module.denoiser.weight", "denoiser.weight"),
        ("_orig_mod.denoiser._orig_mod.weight", "denoiser.weight"),
        ("module._orig_mod.agent.module.denoiser.weight", "denoiser.weight"),
        ("blocks.0._checkpoint_wrapped_module.fc.weight", "blocks.0.fc.weight"),
        ("net._fsdp_wrapped_module.fc.weight", "net.fc.weight"),
        ("head.module.weight", "head.module.weight"),
        ("reagent.weight", "reagent.weight"),
    ],
)
def test_wrappers_and_prefixes_are_stripped_by_name(name: str, plain: str) -> None:
    assert strip(name, ("agent.",))[0] == plain


@pytest.mark.parametrize(
    "saved",
    [
        {"a": torch.ones(2)},
        {"state_dict": {"a": torch.ones(2)}, "epoch": 3},
        {"model": {"a": torch.ones(2)}, "optimizer": {"state": {}, "lr": 1.0}},
        {"whatever": {"a": torch.ones(2)}},
    ],
)
def test_tensors_are_found_below_what_scripts_save(saved: dict[str, Any], tmp_path: Path) -> None:
    torch.save(saved, tmp_path / "a.pt")
    found = read_files([tmp_path / "a.pt"])
    assert set(found.tensors) == {"a"}
    assert found.parts == ({} if "a" in saved else {"a.pt": next(iter(saved))})


def test_where_several_could_be_meant_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save({"model": {"a": torch.zeros(1)}, "ema": {"a": torch.ones(1)}}, path)
    with pytest.raises(CheckpointError, match=r"\['model', 'ema'\].*--part"):
        read_files([path])
    assert read_files([path], "ema").tensors["a"].item() == 1.0
    with pytest.raises(CheckpointError, match="no entry 'teacher'"):
        read_files([path], "teacher")


def test_two_files_make_one_checkpoint_but_not_of_the_same_names(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "one.pt")
    save_file({"b": torch.zeros(1)}, tmp_path / "two.safetensors")
    assert set(read_files([tmp_path / "one.pt", tmp_path / "two.safetensors"]).tensors) == {"a", "b"}
    with pytest.raises(CheckpointError, match="'a' is in two files"):
        read_files([tmp_path / "one.pt", tmp_path / "one.pt"])


def test_names_that_become_one_are_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1), "module.a": torch.ones(1)}, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="'a' is there twice"):
        read_files([tmp_path / "a.pt"]).without(())


class Bomb:
    """What writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_would_run_code_is_refused_and_runs_none(zipped: bool, tmp_path: Path) -> None:
    trace, path = tmp_path / "ran", tmp_path / "a.pt"
    torch.save({"a": torch.zeros(1), "b": Bomb(trace)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"would run code when loaded \(.*open"):
        read_files([path])
    assert not trace.exists()


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ([torch.zeros(1)], "holds a list"),
        (torch.zeros(3), "holds a Tensor"),
        ({"epoch": 3}, "no tensors"),
    ],
)
def test_what_holds_no_named_tensors_is_refused(saved: Any, words: str, tmp_path: Path) -> None:
    torch.save(saved, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=words):
        read_files([tmp_path / "a.pt"])


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "old.pt"
    torch.save({"a": torch.zeros(300)}, old, _use_new_zipfile_serialization=False)
    old.write_bytes(old.read_bytes()[:-600])
    with pytest.raises(CheckpointError, match="damaged"):
        read_files([old])
    new = tmp_path / "new.safetensors"
    save_file({"a": torch.zeros(300)}, new)
    new.write_bytes(new.read_bytes()[:-60])
    with pytest.raises(CheckpointError, match="damaged safetensors"):
        read_files([new])
