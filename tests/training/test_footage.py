"""Start contexts from footage: with the layers that the model must be reminded of, or an error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.small import INFO
from worldsdk.data.format import LayerInfo
from worldsdk.data.reader import Dataset
from worldsdk.data.writer import DatasetWriter
from worldsdk.errors import DatasetError
from worldsdk.training.export import choose_starts
from worldsdk.training.footage import Footage

FRAMES = 40


@pytest.fixture
def footage(tmp_path: Path) -> Footage:
    things = LayerInfo("things", "float32", (2, 6), 0.0, 1.0, "thing", ("none", "Medikit"))
    info = replace(INFO, layers=(*INFO.layers, things))
    rng = np.random.default_rng(0)
    arrays = {n: np.zeros((FRAMES, *shape), dtype) for n, (dtype, shape) in info.tensor_shapes().items()}
    arrays["things"][:] = rng.random((FRAMES, 2, 6))
    arrays["pixels"][:] = rng.integers(0, 256, arrays["pixels"].shape)
    DatasetWriter(tmp_path, info).write(0, arrays, (1,))
    return Footage.load(Dataset.open(tmp_path, held_out=0.0), torch.device("cpu"))


def test_layers_that_are_asked_for_come_with_the_context(footage: Footage) -> None:
    at = np.array([5, 20])
    context = footage.context(at, 3, {"things": (2, 6)})
    assert context.memory["things"].dtype == torch.float32
    for row, frame in enumerate(at):
        assert torch.equal(context.memory["things"][row], footage.layers["things"][frame - 3 : frame])
        assert torch.equal(context.pixels[row], footage.pixels[frame - 3 : frame])
    assert footage.context(at, 3).memory == {}
    depth = footage.context(at, 3, {"depth": (INFO.height, INFO.width)}).memory["depth"]
    assert depth.dtype == torch.float32


def test_starts_of_a_pack_have_them_too(footage: Footage) -> None:
    starts = choose_starts(footage, 4, 3, {"things": (2, 6)})
    assert starts.memory["things"].shape == (4, 3, 2, 6)
    kept = [
        int(np.flatnonzero([torch.equal(picture, frame) for frame in footage.pixels])[0])
        for picture in starts.pixels[:, -1]
    ]
    assert torch.equal(starts.memory["things"][:, -1], footage.layers["things"][kept])


def test_starts_at_beginnings_are_the_first_moments_of_episodes(footage: Footage) -> None:
    starts = choose_starts(footage, 2, 3, beginnings=True)
    first = np.unique(footage.first.numpy())
    firsts = {footage.pixels[f + 2].numpy().tobytes() for f in first}
    assert 1 <= len(starts) <= 2
    assert {picture.numpy().tobytes() for picture in starts.pixels[:, -1]} <= firsts


def test_layers_that_were_not_recorded_are_an_error(footage: Footage) -> None:
    at = np.array([5])
    with pytest.raises(DatasetError, match=r"no layers \['sounds'\]"):
        footage.context(at, 3, {"sounds": (1,)})
    with pytest.raises(DatasetError, match=r"'things' has \(2, 6\)"):
        footage.context(at, 3, {"things": (32, 6)})
