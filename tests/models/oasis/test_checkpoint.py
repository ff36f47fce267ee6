"""Files with the published names and shapes become packs; others are refused with what is wrong."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.models.oasis.reference import draw, velocity
from tests.models.oasis.samples import context, oasis, play
from worldsdk.controls import ControlSpec
from worldsdk.errors import CheckpointError
from worldsdk.importing import import_checkpoint
from worldsdk.models.oasis import OasisConfig, OasisModel, actions, checkpoint
from worldsdk.models.oasis.transformer import Transformer
from worldsdk.packs.pack import open_pack

# Heads of 64 channels and latents of 18 x 32, as published; everything else is small.
SIZES: dict[str, Any] = {
    "height": 72,
    "width": 128,
    "pixel_patch": 4,
    "latent_channels": 4,
    "controls": 25,
    "window": 32,
    "hidden": 128,
    "depth": 2,
    "encoder_hidden": 64,
    "encoder_heads": 1,
    "decoder_hidden": 128,
    "decoder_heads": 2,
    "max_steps": 10,
    "precision": "bfloat16",
}
SPACE, TIME = "spatial_rotary_emb.freqs", "temporal_rotary_emb.freqs"


@pytest.fixture(scope="module")
def model() -> OasisModel:
    return oasis(**SIZES)


def _published(model: OasisModel) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The two files' tensors."""
    return tuple(  # type: ignore[return-value]
        {name: tensor.clone() for name, tensor in model.get_submodule(room).state_dict().items()}
        for room in ("transformer", "autoencoder")
    )


def _with_aliases(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """As a plain ``state_dict`` has shared embeddings: once more under every block."""
    more = {}
    for block in range(SIZES["depth"]):
        for kind, name in (("s", SPACE), ("t", TIME)):
            more[f"blocks.{block}.{kind}_attn.rotary_emb.freqs"] = tensors[name].clone()
    return tensors | more


def _write(folder: Path, model: OasisModel, **changed: dict[str, Tensor]) -> list[Path]:
    transformer, autoencoder = _published(model)
    files = [folder / "oasis500m.safetensors", folder / "vit-l-20.safetensors"]
    save_file(changed.get("transformer", transformer), files[0])
    save_file(changed.get("autoencoder", autoencoder), files[1])
    return files


@torch.inference_mode()
def test_both_files_become_a_pack_that_plays_alike(tmp_path: Path, model: OasisModel) -> None:
    made = import_checkpoint(_write(tmp_path, model), tmp_path / "pack")
    assert made.report.family == "oasis"
    assert not made.report.missing and not made.report.unexpected
    pack = open_pack(tmp_path / "pack")
    loaded = pack.load_model()
    assert isinstance(loaded, OasisModel)
    assert loaded.config == model.config
    assert pack.manifest.default_steps == 10
    assert pack.manifest.rate_hz == 20.0
    ours, theirs = (play(m, m.start(context(model, batch=1)), 1, steps=2)[1][0] for m in (model, loaded))
    assert torch.equal(ours.pixels, theirs.pixels)


@pytest.mark.parametrize("prefix", ["", "module.", "model._orig_mod."])
def test_a_pt_file_with_shared_names_and_wrappers(tmp_path: Path, model: OasisModel, prefix: str) -> None:
    transformer, autoencoder = _published(model)
    extra = {"spatial_rotary_emb.dummy": torch.tensor(0)}
    named = {f"{prefix}{name}": tensor for name, tensor in (_with_aliases(transformer) | extra).items()}
    torch.save(named, tmp_path / "oasis500m.pt")
    save_file(autoencoder, tmp_path / "vit-l-20.safetensors")
    files = [tmp_path / "oasis500m.pt", tmp_path / "vit-l-20.safetensors"]
    made = import_checkpoint(files, None)
    assert made.report.complete
    assert len(made.report.left_out) == 2 * SIZES["depth"] + 1


def test_a_file_that_kept_only_a_blocks_name_of_what_is_shared(tmp_path: Path, model: OasisModel) -> None:
    transformer = _with_aliases(_published(model)[0])
    for name in (SPACE, TIME, *(f"blocks.1.{kind}_attn.rotary_emb.freqs" for kind in "st")):
        del transformer[name]
    made = import_checkpoint(_write(tmp_path, model, transformer=transformer), tmp_path / "pack")
    assert made.report.complete
    loaded = open_pack(tmp_path / "pack").load_model()
    assert torch.equal(loaded.state_dict()[f"transformer.{TIME}"], model.state_dict()[f"transformer.{TIME}"])


def test_what_is_shared_must_be_the_same(tmp_path: Path, model: OasisModel) -> None:
    transformer = _with_aliases(_published(model)[0])
    transformer["blocks.1.t_attn.rotary_emb.freqs"] += 1.0
    with pytest.raises(CheckpointError, match=r"blocks\.1\.t_attn.*differs"):
        import_checkpoint(_write(tmp_path, model, transformer=transformer), None)


@pytest.mark.parametrize(("kept", "lacking"), [(0, "autoencoder"), (1, "transformer")])
def test_one_file_alone_is_not_enough(tmp_path: Path, model: OasisModel, kept: int, lacking: str) -> None:
    with pytest.raises(CheckpointError, match=rf"{lacking} is missing.*both files"):
        import_checkpoint([_write(tmp_path, model)[kept]], None)


def test_a_missing_tensor_and_an_unknown_one_are_named(tmp_path: Path, model: OasisModel) -> None:
    transformer, autoencoder = _published(model)
    del transformer["blocks.1.s_mlp.fc2.bias"]
    autoencoder["discriminator.weight"] = torch.zeros(3)
    files = _write(tmp_path, model, transformer=transformer, autoencoder=autoencoder)
    report = import_checkpoint(files, None).report
    assert list(report.missing) == ["blocks.1.s_mlp.fc2.bias"]
    assert list(report.unexpected) == ["discriminator.weight"]
    with pytest.raises(CheckpointError, match=r"fc2\.bias"):
        import_checkpoint(files, tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_files_that_do_not_belong_together(tmp_path: Path, model: OasisModel) -> None:
    other = oasis(**{**SIZES, "latent_channels": 8})
    with pytest.raises(CheckpointError, match=r"8 channels.*belong together"):
        import_checkpoint(_write(tmp_path, model, autoencoder=_published(other)[1]), None)


def test_recognised_by_names_alone() -> None:
    assert checkpoint.recognise({}) == ""
    assert checkpoint.recognise({"blocks.0.attn.qkv.weight": torch.zeros(1)}) == ""


def test_the_controls_are_the_published_list() -> None:
    spec = actions.controls(25)
    assert isinstance(spec, ControlSpec)
    assert spec.names == actions.ORDER
    assert spec.names[15:17] == ("cameraX", "cameraY")
    vector = spec.to_vector(spec.parse({"forward": 1.0, "cameraY": -10.0}))
    assert vector[11] == 1.0 and vector[16] == -0.5 and np.count_nonzero(vector) == 2
    taken = [key for control in spec for key in control.keys]
    assert len(taken) == len(set(taken))
    assert len(actions.controls(7)) == 7


def test_at_full_size_names_shapes_and_counts_are_those_published() -> None:
    with torch.device("meta"):
        full = OasisModel(OasisConfig())
    transformer = {name: tuple(p.shape) for name, p in full.transformer.state_dict().items()}
    autoencoder = {name: tuple(p.shape) for name, p in full.autoencoder.state_dict().items()}
    assert len(transformer) == 16 * 18 + 14
    assert len(autoencoder) == 18 * 12 + 12
    assert sum(np.prod(shape) for shape in transformer.values()) == pytest.approx(608e6, rel=0.01)
    assert sum(np.prod(shape) for shape in autoencoder.values()) == pytest.approx(229e6, rel=0.01)
    some = {
        "x_embedder.proj.weight": (1024, 16, 2, 2),
        "t_embedder.mlp.0.weight": (1024, 256),
        "external_cond.weight": (1024, 25),
        "spatial_rotary_emb.freqs": (16,),
        "temporal_rotary_emb.freqs": (32,),
        "blocks.15.s_attn.to_qkv.weight": (3072, 1024),
        "blocks.15.t_attn.to_out.bias": (1024,),
        "blocks.0.t_adaLN_modulation.1.weight": (6144, 1024),
        "blocks.7.s_mlp.fc1.weight": (4096, 1024),
        "final_layer.linear.weight": (64, 1024),
        "final_layer.adaLN_modulation.1.bias": (2048,),
    }
    assert {name: transformer[name] for name in some} == some
    assert "blocks.0.s_attn.to_qkv.bias" not in transformer
    some = {
        "patch_embed.proj.weight": (1024, 3, 20, 20),
        "encoder.5.attn.qkv.bias": (3072,),
        "quant_conv.weight": (32, 1024),
        "post_quant_conv.weight": (1024, 16),
        "decoder.11.mlp.fc2.weight": (1024, 4096),
        "predictor.weight": (1200, 1024),
    }
    assert {name: autoencoder[name] for name in some} == some


@torch.inference_mode()
def test_one_block_of_full_size_against_the_formulas() -> None:
    """All the published widths, heads and places, in float64 numpy: a window of two frames."""
    config = dataclasses.replace(OasisConfig(), depth=1)
    with torch.device("meta"):
        transformer = Transformer(config)
    shapes = {name: tuple(p.shape) for name, p in transformer.named_parameters()}
    weights = draw(shapes, 5)
    transformer = transformer.to_empty(device="cpu")
    fresh = Transformer(dataclasses.replace(config, hidden=64, heads=1))
    transformer.load_state_dict(
        {name: torch.from_numpy(value).float() for name, value in weights.items()}
        # Of heads of the published size, whatever the width.
        | {name: value for name, value in fresh.state_dict().items() if name.endswith("freqs")}
    )
    source = np.random.RandomState(6)
    latents, actions_ = source.standard_normal((2, 16, 18, 32)), source.uniform(-1.0, 1.0, (2, 25))
    wanted = velocity(weights, latents, [14, 599], actions_, dataclasses.asdict(config))
    found = transformer(
        torch.from_numpy(latents).float()[None],
        torch.tensor([[14, 599]]),
        torch.from_numpy(actions_).float()[None],
    )[0]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-3, atol=2e-4)
    assert float(found.std()) > 0.1
