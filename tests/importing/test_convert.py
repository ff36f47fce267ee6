"""From a checkpoint to a pack that plays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.models.diamond import made, published
from worldsdk.cli.main import main
from worldsdk.errors import CheckpointError, DatasetError
from worldsdk.importing import import_checkpoint
from worldsdk.packs import open_pack
from worldsdk.runtime.world import load


@pytest.fixture
def breakout(tmp_path: Path) -> Path:
    """A small checkpoint with the published names, the policy among them, as a compiled agent saves it."""
    tensors = made.tensors(published.small_atari()) | {"actor_critic.critic.weight": torch.zeros(2)}
    path = tmp_path / "Breakout.pt"
    torch.save({f"_orig_mod.agent.{name}": tensor for name, tensor in tensors.items()}, path)
    return path


def test_a_checkpoint_becomes_a_pack_that_plays_as_the_model_does(breakout: Path, tmp_path: Path) -> None:
    done = import_checkpoint([breakout], tmp_path / "pack", licence="MIT")
    assert done.report.complete
    assert set(done.report.used) == set(published.small_atari())
    assert done.report.left_out == {"actor_critic.critic.weight": "the policy, which a world does without"}
    assert set(done.report.stripped) == {"_orig_mod.", "agent."}
    pack = open_pack(tmp_path / "pack")
    pack.verify()
    assert pack.manifest.name == "diamond-breakout" and pack.manifest.controls.names[-1] == "fire"
    weights = pack.load_model().state_dict()
    for name, tensor in made.atari().state_dict().items():
        assert torch.equal(weights[name], tensor), name
    session = load(tmp_path / "pack", "cpu").session(seed=1)
    assert (session.frame.pixels == 128).all()
    frame = session.step({"fire": 1})
    assert frame.timing.steps_used == 3 and frame.pixels.std() > 1.0


def test_half_the_size_is_nearly_the_same(breakout: Path, tmp_path: Path) -> None:
    import_checkpoint([breakout], tmp_path / "full")
    import_checkpoint([breakout], tmp_path / "half", half=True)
    full, half = (open_pack(tmp_path / name) for name in ("full", "half"))
    sizes = [pack.manifest.files["weights.safetensors"].size for pack in (full, half)]
    assert sizes[1] < 0.6 * sizes[0]
    one, other = full.load_model().state_dict(), half.load_model().state_dict()
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=1e-2, atol=1e-2)


def test_missing_unexpected_and_misshapen_tensors_are_named(tmp_path: Path) -> None:
    tensors = made.tensors(published.small_atari())
    del tensors["denoiser.inner_model.conv_out.bias"]
    tensors["denoiser.inner_model.extra.weight"] = torch.zeros(1)
    tensors["rew_end_model.head.0.bias"] = torch.zeros(7)
    path = tmp_path / "Breakout.safetensors"
    save_file(tensors, path)
    with pytest.raises(CheckpointError) as caught:
        import_checkpoint([path], tmp_path / "pack")
    sentence = str(caught.value)
    for words in (
        "1 missing (denoiser.inner_model.conv_out.bias)",
        "1 unexpected",
        r"is [7] and should be [12]",
    ):
        assert words in sentence
    assert not (tmp_path / "pack").exists()
    report = import_checkpoint([path], None).report
    assert not report.complete and report.unexpected == ["denoiser.inner_model.extra.weight"]


@pytest.mark.parametrize("lost", ["cond_proj.0.weight", "act_emb.0.weight", "conv_in.weight"])
def test_what_sizes_are_read_from_must_be_there(lost: str, tmp_path: Path) -> None:
    tensors = made.tensors(published.small_atari())
    del tensors[f"denoiser.inner_model.{lost}"]
    save_file(tensors, tmp_path / "Breakout.safetensors")
    with pytest.raises(CheckpointError, match=rf"{lost}' is missing"):
        import_checkpoint([tmp_path / "Breakout.safetensors"], tmp_path / "pack")


def test_another_familys_checkpoint_is_told_by_its_tensors(breakout: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"it is DIAMOND, Atari, 4 actions.*--family diamond"):
        import_checkpoint([breakout], tmp_path / "pack", family="oasis")
    save_file({"bert.weight": torch.zeros(1)}, tmp_path / "bert.safetensors")
    with pytest.raises(CheckpointError, match=r"1 tensors such as \['bert.weight'\]"):
        import_checkpoint([tmp_path / "bert.safetensors"], tmp_path / "pack")
    for family, words in (("convnet", "has no reader"), ("nobody", "is not installed")):
        with pytest.raises(CheckpointError, match=words):
            import_checkpoint([breakout], tmp_path / "pack", family=family)


def test_a_game_with_another_number_of_actions_is_refused(breakout: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="has 4 actions and Pong has 6"):
        import_checkpoint([breakout], tmp_path / "pack", game="Pong")
    named = import_checkpoint([breakout], None, game="ALE/Breakout-v5")
    assert named.manifest.controls.names == ("right", "left", "fire")
    assert import_checkpoint([breakout], None, game="Home-made").manifest.controls.names[0] == "action_1"


def test_sessions_begin_at_pictures_of_the_game(breakout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "moment").mkdir(parents=True)
    Image.new("RGB", (160, 210), (200, 30, 30)).save(folder / "still.png")
    for shade in range(4):
        Image.new("RGB", (16, 16), (shade * 10,) * 3).save(folder / "moment" / f"{shade}.png")
    done = import_checkpoint([breakout], tmp_path / "pack", starts=folder)
    assert "2 moments of pictures, 1 of them stills" in done.starts
    starts = open_pack(tmp_path / "pack").load_starts()
    assert starts.pixels.shape == (2, 2, 16, 16, 3)
    assert starts.pixels[0, :, 0, 0, 0].tolist() == [20, 30]
    assert np.unique(starts.pixels[1].reshape(-1, 3), axis=0).tolist() == [[200, 30, 30]]
    (folder / "still.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="is no picture"):
        import_checkpoint([breakout], tmp_path / "pack", starts=folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DatasetError, match="no dataset and no pictures"):
        import_checkpoint([breakout], tmp_path / "pack", starts=empty)


def test_the_command_prints_every_name_or_a_sentence(
    breakout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(breakout), "--look", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (
        report["complete"] and report["pack"] is None and len(report["used"]) == len(published.small_atari())
    )
    assert main(["import", str(breakout), "--out", str(tmp_path / "pack")]) == 0
    said = capsys.readouterr().out
    assert "DIAMOND, Atari, 4 actions" in said and "plain grey" in said and "worldsdk play" in said
    breakout.write_bytes(b"<html>login</html>")
    assert main(["import", str(breakout), "--out", str(tmp_path / "pack")]) == 2
    assert "web page" in capsys.readouterr().err
