"""From nothing to a pack, in one command, in the steps that are still missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import tiny_pack
from worldsdk.cli import build
from worldsdk.cli.main import main
from worldsdk.data.reader import Dataset
from worldsdk.packs import open_pack

RECIPE = """
[world]
name = "board"
title = "Board"
summary = "A board."
family = "convnet"
starts = 4

[data]
game = "grid-rooms"
frames = 500
size = "64x64"
seed = 1
held_out = 0.4

[model]
history = 1
channels = [8, 12, 16]
condition = 16

[train]
minutes = 0.1

[[stage]]
name = "frame"
objective = "frame"
share = 1.0
batch = 4
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "board.toml"
    path.write_text(RECIPE, "utf-8")
    return path


def words(recipe: Path, out: Path) -> list[str]:
    return ["build", str(recipe), "--out", str(out), "--steps", "4", "--quick", "--quiet", "--device", "cpu"]


def test_a_recipe_becomes_a_pack_and_is_not_made_twice(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("minigrid")
    out = tmp_path / "out"
    # Somebody has begun to record it already.
    begun = ["record", "grid-rooms", "--size", "64x64", "--seed", "1", "--frames", "200"]
    assert main([*begun, "--out", str(out / "data")]) == 0
    assert main(words(recipe, out)) == 0
    said = capsys.readouterr().out
    assert "done before" not in said and "[4/4] check the pack" in said and "--resume" in said
    dataset = Dataset.open(out / "data")
    assert len(dataset) == 500
    pack = open_pack(out / "run" / "pack")
    pack.verify()
    assert pack.manifest.name == "board" and pack.manifest.provenance["finished"] is True
    figures = json.loads((out / "eval.json").read_text("utf-8"))
    assert json.loads(pack.read("card.json")) == figures
    # Nothing is left to do but to look at it.
    digest = pack.manifest.digest
    assert main(words(recipe, out)) == 0
    assert capsys.readouterr().out.count("done before") == 3
    assert open_pack(out / "run" / "pack").manifest.digest == digest


@pytest.mark.parametrize("code", [130, 2])
def test_a_step_that_stops_stops_the_build(
    code: int, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(build, "_do", lambda line: done.append(line[0]) or code)
    assert main(words(recipe, tmp_path / "out")) == code
    assert done == ["record"]


def test_training_that_was_stopped_ends_the_build_there(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    monkeypatch.setattr(build, "_do", lambda line: done.append(line[0]) or 0)
    assert main(words(recipe, tmp_path / "out")) == 130
    assert done == ["record", "train"]
    assert "the same command goes on" in capsys.readouterr().out


def test_what_is_finished_is_read_from_the_pack(tmp_path: Path) -> None:
    assert not build.finished(tmp_path / "none")
    stopped = tiny_pack(tmp_path / "stopped", provenance={"finished": False})
    whole = tiny_pack(tmp_path / "whole", provenance={"finished": True})
    assert not build.finished(stopped) and build.finished(whole)
    assert build.has_card(whole) and not build.has_card(tmp_path / "none")
    (whole / "pack.json").write_text("{", "utf-8")
    assert not build.finished(whole)


def test_a_folder_without_a_usable_dataset_has_no_frames(tmp_path: Path) -> None:
    assert build.recorded(tmp_path) == 0


def test_a_recipe_that_is_none_is_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build", "no-such-recipe"]) == 2
    assert "there is no such recipe" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
