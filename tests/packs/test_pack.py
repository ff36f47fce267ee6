"""Packs: written whole, opened by name or path, every byte checked before use."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.support import TinyModel, names, tiny_manifest, tiny_model, tiny_pack, tiny_starts
from worldsdk.errors import PackChecksumError, PackError, PackNotFoundError, StorageError
from worldsdk.models.interface import Context
from worldsdk.packs import FileEntry, list_bundled, open_pack, save_pack
from worldsdk.packs import pack as pack_module
from worldsdk.packs.save import add_files
from worldsdk.packs.tensors import dump


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_pack(tmp_path / "tiny")


def forge(folder: Path, name: str, content: bytes) -> None:
    """Replaces a file of the pack and makes the manifest vouch for it."""
    (folder / name).write_bytes(content)
    manifest = open_pack(folder).manifest
    files = {**manifest.files, name: FileEntry.of(content)}
    (folder / "pack.json").write_bytes(replace(manifest, files=files).to_bytes())


def test_what_was_saved_is_what_is_loaded(folder: Path) -> None:
    pack = open_pack(folder)
    pack.verify()
    model, original = pack.load_model(), tiny_model()
    assert isinstance(model, TinyModel) and not model.training
    assert all(torch.equal(value, original.state_dict()[name]) for name, value in model.state_dict().items())
    starts, wanted = pack.load_starts(model.spec), tiny_starts(model.spec)
    assert torch.equal(starts.pixels, wanted.pixels)
    assert torch.equal(starts.variables, wanted.variables)
    assert names(folder) == sorted([*pack.manifest.files, "pack.json"])
    assert pack.read("LICENSE") == b"MIT\n"


def test_loading_leaves_the_global_generator_alone(folder: Path) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    open_pack(folder).load_model()
    assert torch.equal(torch.get_rng_state(), before)


def test_half_precision_weights_are_stored_as_given_and_loaded_as_the_model_has_them(tmp_path: Path) -> None:
    model = tiny_model()
    weights = {name: tensor.bfloat16() for name, tensor in model.state_dict().items()}
    extras = {"NOTICE": b""}
    whole = tiny_pack(tmp_path / "whole")
    folder = save_pack(tmp_path / "half", tiny_manifest(), weights, tiny_starts(model.spec), extras)
    size = "weights.safetensors"
    assert (folder / size).stat().st_size < (whole / size).stat().st_size
    loaded = open_pack(folder).load_model()
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, weights[name].float())


def test_tied_and_strided_weights_can_be_saved(tmp_path: Path) -> None:
    model = tiny_model()
    weights = model.state_dict()
    weights["memory.weight"] = weights["memory.weight"].to(memory_format=torch.channels_last)
    weights["input.bias"] = weights["memory.bias"]
    folder = save_pack(tmp_path / "p", tiny_manifest(), weights, tiny_starts(model.spec), {"NOTICE": b""})
    loaded = open_pack(folder).load_model().state_dict()
    assert torch.equal(loaded["memory.weight"], weights["memory.weight"])
    assert torch.equal(loaded["input.bias"], loaded["memory.bias"])


def test_every_altered_byte_is_found(folder: Path) -> None:
    for name in sorted(open_pack(folder).manifest.files):
        path = folder / name
        good = path.read_bytes()
        for place in {0, len(good) // 2, len(good) - 1}:
            bad = bytearray(good)
            bad[place] ^= 1
            path.write_bytes(bytes(bad))
            with pytest.raises(PackChecksumError, match=rf"{name}.*altered"):
                open_pack(folder).verify()
        path.write_bytes(good[:-1])
        with pytest.raises(PackChecksumError, match=rf"{name}.*{len(good) - 1} bytes long, not {len(good)}"):
            open_pack(folder).verify()
        path.write_bytes(good)
    open_pack(folder).verify()


def test_altered_weights_and_starts_are_never_used(folder: Path) -> None:
    for name, use in (
        ("weights.safetensors", lambda: open_pack(folder).load_model()),
        ("starts.safetensors", lambda: open_pack(folder).load_starts()),
    ):
        good = (folder / name).read_bytes()
        (folder / name).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(PackChecksumError):
            use()


@pytest.mark.parametrize("name", ["weights.safetensors", "starts.safetensors", "NOTICE"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(PackError, match=f"{name}.*missing"):
        open_pack(folder).verify()


def test_a_file_that_is_not_listed_is_not_read(folder: Path) -> None:
    (folder / "secret").write_text("x")
    with pytest.raises(PackError, match="no file 'secret'"):
        open_pack(folder).read("secret")


def _without_one(weights: dict[str, Tensor]) -> None:
    del weights["input.bias"]


def _with_another(weights: dict[str, Tensor]) -> None:
    weights["other"] = torch.zeros(1)


def _other_shape(weights: dict[str, Tensor]) -> None:
    weights["input.bias"] = torch.zeros(9)


def _integers(weights: dict[str, Tensor]) -> None:
    weights["input.bias"] = torch.zeros(8, dtype=torch.int32)


def _not_finite(weights: dict[str, Tensor]) -> None:
    weights["input.bias"][3] = torch.nan


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_without_one, r"missing \['input.bias'\]"),
        (_with_another, r"unknown \['other'\]"),
        (_other_shape, r"'input.bias' has shape \(9,\).*needs \(8,\)"),
        (_integers, "'input.bias' is torch.int32"),
        (_not_finite, "'input.bias' holds NaN"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    folder: Path, spoil: Callable[[dict[str, Tensor]], None], words: str
) -> None:
    weights = {name: tensor.clone() for name, tensor in tiny_model().state_dict().items()}
    spoil(weights)
    forge(folder, "weights.safetensors", dump(weights))
    with pytest.raises(PackError, match=words):
        open_pack(folder).load_model()


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 100])
def test_weights_that_are_not_safetensors_are_refused(folder: Path, content: bytes) -> None:
    forge(folder, "weights.safetensors", content)
    with pytest.raises(PackError, match="not a safetensors file"):
        open_pack(folder).load_model()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"family": "no-such-family"}, "no-such-family.*not installed"),
        ({"config": {"hight": 12}}, "config does not fit"),
        ({"default_steps": 5}, "default_steps is 5.*up to 4"),
    ],
)
def test_manifests_that_the_model_contradicts_are_refused(
    folder: Path, changes: dict[str, object], words: str
) -> None:
    manifest = replace(open_pack(folder).manifest, **changes)  # type: ignore[arg-type]
    (folder / "pack.json").write_bytes(manifest.to_bytes())
    with pytest.raises(PackError, match=words):
        open_pack(folder).load_model()


def test_controls_that_the_model_does_not_take_are_refused(folder: Path) -> None:
    manifest = open_pack(folder).manifest
    fewer = replace(manifest, controls=type(manifest.controls)(manifest.controls.controls[:2]))
    (folder / "pack.json").write_bytes(fewer.to_bytes())
    with pytest.raises(PackError, match="names 2 controls and the model takes 3"):
        open_pack(folder).load_model()


GOOD = tiny_starts(tiny_model().spec)


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ({"pixels": GOOD.pixels, "controls": GOOD.controls}, "must hold exactly"),
        ({"pixels": GOOD.pixels.float()}, "pixels are torch.float32"),
        ({"pixels": GOOD.pixels[:0], "controls": GOOD.controls[:0], "variables": GOOD.variables[:0]}, "one"),
        ({"controls": GOOD.controls[:, :2]}, "controls are"),
        ({"variables": GOOD.variables.double()}, "variables are torch.float64"),
        ({"variables": GOOD.variables * torch.inf}, "NaN or infinity"),
    ],
)
def test_impossible_starts_are_refused(folder: Path, starts: dict[str, Tensor], words: str) -> None:
    good = {"pixels": GOOD.pixels, "controls": GOOD.controls, "variables": GOOD.variables}
    content = dump(starts if len(starts) == 2 else good | starts)
    forge(folder, "starts.safetensors", content)
    with pytest.raises(PackError, match=words):
        open_pack(folder).load_starts()


def test_starts_of_another_size_are_refused(folder: Path) -> None:
    with pytest.raises(PackError, match=r"\(3, 12, 16, 3, 3\).*needs \(3, 12, 20, 3, 3\)"):
        open_pack(folder).load_starts(tiny_model(width=20).spec)


def test_nothing_is_saved_that_could_not_be_loaded(tmp_path: Path) -> None:
    model = tiny_model()
    good, starts, notice = model.state_dict(), tiny_starts(model.spec), {"NOTICE": b""}
    nan = {name: tensor * torch.nan for name, tensor in good.items()}
    for weights, context, extras in (
        (nan, starts, notice),
        (good, Context(starts.pixels.float(), starts.controls, starts.variables), notice),
        (good, starts, {}),
        (good, starts, notice | {"../up": b""}),
        (good, starts, notice | {"pack.json": b""}),
    ):
        with pytest.raises(PackError):
            save_pack(tmp_path / "p", tiny_manifest(), weights, context, extras)
        assert names(tmp_path) == []


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_pack(tmp_path / "tiny")
    before = open_pack(folder).manifest.digest
    write = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        if self.name == "weights.safetensors":
            write(self, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left"):
        tiny_pack(folder, seed=3)
    monkeypatch.undo()
    assert names(tmp_path) == ["tiny"]
    assert open_pack(folder).manifest.digest == before
    open_pack(folder).verify()


def test_saving_replaces_a_pack_but_nothing_else(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "tiny")
    first = open_pack(folder).manifest.digest
    tiny_pack(folder, seed=1)
    assert open_pack(folder).manifest.digest != first
    other = tmp_path / "photos"
    other.mkdir()
    (other / "one.png").write_bytes(b"")
    with pytest.raises(PackError, match="something other than a pack"):
        tiny_pack(other)
    assert names(other) == ["one.png"]


def test_side_files_can_be_added_and_change_the_digest(folder: Path) -> None:
    before = open_pack(folder).manifest
    after = add_files(folder, {"card.md": b"# Card\n", "card.json": b'{"psnr": 29}'})
    pack = open_pack(folder)
    pack.verify()
    assert pack.manifest == after
    assert after.digest != before.digest
    assert pack.read("card.md") == b"# Card\n"
    assert json.loads(pack.read("card.json")) == {"psnr": 29}
    with pytest.raises(PackError, match="cannot be replaced"):
        add_files(folder, {"weights.safetensors": b""})


def test_bundled_worlds_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_module, "BUNDLED", tmp_path / "bundled")
    assert list_bundled() == []
    tiny_pack(tmp_path / "bundled" / "tiny-one")
    (tmp_path / "bundled" / "not-a-pack").mkdir()
    assert list_bundled() == ["tiny-one"]
    assert open_pack("tiny-one").folder == tmp_path / "bundled" / "tiny-one"
    monkeypatch.chdir(tmp_path / "bundled" / "tiny-one")
    for missing in ("tiny-two", "", str(tmp_path / "nowhere")):
        with pytest.raises(PackNotFoundError, match="tiny-one"):
            open_pack(missing)


def test_a_manifest_that_cannot_be_one_is_refused_with_its_path(folder: Path) -> None:
    (folder / "pack.json").write_bytes(b"{" + b" " * (1 << 20))
    with pytest.raises(PackError, match="bytes long"):
        open_pack(folder)
    (folder / "pack.json").write_bytes(b"{}")
    with pytest.raises(PackError, match=r"pack\.json: format is missing"):
        open_pack(folder)


def test_the_room_opens_without_torch() -> None:
    code = "import sys, worldsdk.packs, worldsdk.cli.worlds; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
