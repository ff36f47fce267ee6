"""Where surfaces are learnt from: things are met often enough, and where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.small import HEIGHT, WIDTH, write_dataset, write_recipe
from worldsdk.data.reader import Dataset
from worldsdk.models.anchored import AnchoredModel
from worldsdk.models.anchored.sprites import look_at
from worldsdk.training.build import new_model
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.spots import PEOPLED, Spots
from worldsdk.training.recipe import load_recipe


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[AnchoredModel, Footage]:
    return _made(tmp_path_factory.mktemp("lamps"), "followed")


def _made(folder: Path, kind: str) -> tuple[AnchoredModel, Footage]:
    dataset = Dataset.open(write_dataset(folder / "data"), held_out=0.25)
    recipe = load_recipe(write_recipe(folder, kind))
    torch.manual_seed(0)
    model = new_model(recipe, dataset.info)
    assert isinstance(model, AnchoredModel)
    return model, Footage.load(dataset, torch.device("cpu"))


def test_half_of_the_frames_show_something(followed: tuple[AnchoredModel, Footage]) -> None:
    model, footage = followed
    sprites = model.painter.sprites
    assert sprites is not None
    spots = Spots(footage, footage.windows(0, 1), model.painter)
    frames = spots.frames(np.random.default_rng(0), 64)
    assert np.isin(frames, footage.train).all()
    rows = torch.from_numpy(frames)
    things = footage.layers["things"][rows]
    seen = look_at(footage.variables[rows, :3], things, sprites.facets)
    shown = ((things[..., 0] > 0.5) & (seen.depth > 0.0)).any(1).numpy()
    assert shown[: round(PEOPLED * 64)].all()


def test_half_of_their_pixels_lie_on_a_thing(followed: tuple[AnchoredModel, Footage]) -> None:
    model, footage = followed
    sprites = model.painter.sprites
    assert sprites is not None
    spots, draw = Spots(footage, footage.windows(0, 1), model.painter), np.random.default_rng(1)
    frames = spots.frames(draw, 64)[:32]
    row, column = spots.pixels(draw, frames, 40, HEIGHT, WIDTH)
    assert row.shape == column.shape == (32, 40)
    assert int(row.min()) >= 0 and int(row.max()) < HEIGHT
    assert int(column.min()) >= 0 and int(column.max()) < WIDTH
    at = torch.from_numpy(frames)
    wall = torch.full(row.shape, 1000.0)
    poses, things = footage.variables[at, :3], footage.layers["things"][at]
    hit, _ = sprites.front(poses, things, row, column, wall, model.painter.view)
    on_things, anywhere = (hit[:, :20] >= 0).float().mean(), (hit[:, 20:] >= 0).float().mean()
    # A pixel here is as wide as the lamp: the middle of many that show a bit of it lies outside.
    assert float(on_things) > 0.3
    assert float(on_things) > 4.0 * float(anywhere)


def test_without_things_all_is_drawn_evenly(tmp_path: Path) -> None:
    model, footage = _made(tmp_path, "anchored")
    assert model.painter.sprites is None
    spots, at = Spots(footage, footage.windows(0, 1), model.painter), footage.windows(0, 1)
    same = np.random.default_rng(3)
    frames = spots.frames(np.random.default_rng(3), 50)
    assert np.array_equal(frames, same.choice(at, 50))
    row, column = spots.pixels(np.random.default_rng(4), frames, 400, HEIGHT, WIDTH)
    counts = np.bincount((row * WIDTH + column).flatten().numpy(), minlength=HEIGHT * WIDTH)
    assert counts.min() > 0.3 * counts.mean()
