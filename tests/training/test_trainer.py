"""Training runs: they learn, stop, go on to the bit, refuse what is not theirs, end in a pack that plays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import worldsdk
from tests.training.small import write_dataset, write_recipe
from worldsdk.data.reader import Dataset
from worldsdk.errors import CheckpointError, RecipeError
from worldsdk.packs.pack import open_pack
from worldsdk.training.export import export_pack
from worldsdk.training.footage import Footage
from worldsdk.training.recipe import Recipe, load_recipe
from worldsdk.training.trainer import Budget, Trainer

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return Dataset.open(write_dataset(tmp_path_factory.mktemp("room")), held_out=0.3)


@pytest.fixture(params=["anchored", "convnet", "followed"])
def recipe(request: pytest.FixtureRequest, tmp_path: Path) -> Recipe:
    return load_recipe(write_recipe(tmp_path, request.param))


def _train(
    recipe: Recipe, dataset: Dataset, folder: Path, steps: int, stop_after: int | None = None
) -> Trainer:
    trainer = Trainer(recipe, dataset, folder, Budget(steps=steps), CPU, quiet=True)
    if stop_after is not None:
        step = trainer._step

        def stopping(*args, **kwargs):  # type: ignore[no-untyped-def]
            terms = step(*args, **kwargs)
            if trainer.progress.total_steps + 1 >= stop_after:
                trainer.stop()
            return terms

        trainer._step = stopping  # type: ignore[method-assign]
    trainer.run()
    return trainer


@pytest.mark.parametrize("stop", [3, 5, 7])
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(
    recipe: Recipe, dataset: Dataset, tmp_path: Path, stop: int
) -> None:
    whole = _train(recipe, dataset, tmp_path / "whole", steps=8)
    halted = _train(recipe, dataset, tmp_path / "parts", steps=8, stop_after=stop)
    assert halted.progress.total_steps == stop
    resumed = _train(recipe, dataset, tmp_path / "parts", steps=8)
    assert resumed.resumed
    assert resumed.progress.total_steps == whole.progress.total_steps == 8
    assert resumed.progress.frames == whole.progress.frames
    for (name, a), (_, b) in zip(
        whole.model.named_parameters(), resumed.model.named_parameters(), strict=True
    ):
        assert torch.equal(a, b), name
    for name, value in whole.average.weights.items():
        assert torch.equal(value, resumed.average.weights[name]), name


def test_training_lowers_the_loss(dataset: Dataset, tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path, "anchored"))
    trainer = Trainer(recipe, dataset, tmp_path / "run", Budget(steps=240), CPU, quiet=True)
    totals: dict[str, list[float]] = {}
    step = trainer._step

    def watching(objective, optimiser, stage, done):  # type: ignore[no-untyped-def]
        terms = step(objective, optimiser, stage, done)
        totals.setdefault(stage.name, []).append(float(terms["total"]))
        return terms

    trainer._step = watching  # type: ignore[method-assign]
    assert trainer.run()
    for name, values in totals.items():
        assert np.mean(values[-10:]) < 0.95 * np.mean(values[:10]), name


def test_a_finished_run_exports_a_pack_that_plays(recipe: Recipe, dataset: Dataset, tmp_path: Path) -> None:
    trainer = _train(recipe, dataset, tmp_path / "run", steps=6)
    folder = export_pack(trainer, dataset, tmp_path / "run" / "pack")
    exact = open_pack(folder).load_model().state_dict()
    for name, measured in trainer.averaged().named_buffers():
        assert name not in exact or torch.equal(exact[name], measured), name
    world = worldsdk.load(folder, device="cpu")
    assert world.starts == 5
    assert (folder / "ROOM.txt").read_text() == "Nobody drew this room."
    first, second = world.session(seed=4), world.session(seed=4)
    for _ in range(3):
        frame = first.step({"forward": 1.0, "turn": -2.0})
        assert frame.digest() == second.step({"forward": 1.0, "turn": -2.0}).digest()
    # As large as it was recorded, or as many times larger as the recipe wants.
    finer = recipe.model.get("fine", 1)
    assert frame.pixels.shape == (16 * finer, 24 * finer, 3)
    assert world.manifest.provenance["steps"] == trainer.progress.total_steps
    assert world.manifest.provenance["finished"] is True


def test_what_one_watches_is_drawn(dataset: Dataset, tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path, "convnet"))
    _train(recipe, dataset, tmp_path / "run", steps=2)
    for name in ("curves.jsonl", "curves.png", "strip-frame.png"):
        assert (tmp_path / "run" / name).stat().st_size > 100, name


def test_a_checkpoint_of_another_recipe_or_a_damaged_one_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path, "convnet"))
    _train(recipe, dataset, tmp_path / "run", steps=2)
    other = load_recipe(write_recipe(tmp_path, "anchored"))
    with pytest.raises(CheckpointError, match="another recipe"):
        Trainer(other, dataset, tmp_path / "run", Budget(steps=2), CPU, quiet=True)
    path = tmp_path / "run" / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cannot be read"):
        Trainer(recipe, dataset, tmp_path / "run", Budget(steps=2), CPU, quiet=True)


def test_a_model_table_that_does_not_fit_is_named(dataset: Dataset, tmp_path: Path) -> None:
    path = write_recipe(tmp_path, "convnet")
    path.write_text(path.read_text().replace("history = 2", "histories = 2"), "utf-8")
    with pytest.raises(RecipeError, match="histories"):
        Trainer(load_recipe(path), dataset, tmp_path / "run", Budget(steps=1), CPU, quiet=True)


def test_a_mistake_in_the_last_stage_is_found_before_the_first(dataset: Dataset, tmp_path: Path) -> None:
    path = write_recipe(tmp_path, "anchored")
    path.write_text(path.read_text() + "hue = 3\n", "utf-8")
    with pytest.raises(RecipeError, match="'hue'"):
        Trainer(load_recipe(path), dataset, tmp_path / "run", Budget(steps=1), CPU, quiet=True)


def test_held_out_episodes_are_never_drawn(dataset: Dataset) -> None:
    footage = Footage.load(dataset, CPU)
    held_out = {t for episode in dataset.split("held_out") for t in range(episode.start, episode.stop)}
    assert held_out
    drawn = footage.windows(4, 6)
    touched = {int(t) + offset for t in drawn for offset in range(-4, 6)}
    assert not touched & held_out
    assert {int(t) for t in footage.windows(4, 6, held_out=True)} <= held_out


def test_the_command_trains_stops_on_a_signal_and_goes_on(tmp_path: Path) -> None:
    data, recipe = write_dataset(tmp_path / "data"), write_recipe(tmp_path, "convnet")
    command = [
        str(Path(sys.executable).with_name("worldsdk")),
        "train",
        str(recipe),
        "--data",
        str(data),
        "--out",
        str(tmp_path / "run"),
    ]
    running = subprocess.Popen(
        [*command, "--minutes", "5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        curves = tmp_path / "run" / "curves.jsonl"
        for _ in range(600):
            if curves.exists() or running.poll() is not None:
                break
            try:
                running.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        assert curves.exists(), running.communicate()[1]
        running.terminate()
        out, error = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0, error
    assert "stopped" in out
    steps = load_file(tmp_path / "run" / "checkpoint.safetensors")
    assert any(name.startswith("optimiser/exp_avg/") for name in steps)
    again = subprocess.run([*command, "--steps", "3", "--quiet"], capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr
    assert "going on from step" in again.stdout and "done; play it" in again.stdout
