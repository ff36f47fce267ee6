"""Derived layers: there for whoever looks, free of charge for whoever does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.models.samples import context, followed
from worldsdk.runtime import engine
from worldsdk.runtime.engine import Request
from worldsdk.runtime.history import Moment
from worldsdk.runtime.layers import Layers

Floats = NDArray[np.float32]
DEPTH = np.full((2, 3), 7.0, np.float32)


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, Floats]:
        self.calls += 1
        return {"motion_x": DEPTH + 1.0, "motion_y": DEPTH + 2.0}


def test_nothing_is_worked_out_before_somebody_looks_and_then_once() -> None:
    derive = Counting()
    layers = Layers({"depth": DEPTH}, ("motion_x", "motion_y"), derive)
    assert list(layers) == ["depth", "motion_x", "motion_y"] and len(layers) == 3
    assert "motion_x" in layers and "colour" not in layers and layers["depth"] is DEPTH
    assert layers.derived_bytes == 2 * DEPTH.nbytes and "motion_y" in repr(layers)
    assert derive.calls == 0
    assert layers["motion_y"][0, 0] == 9.0 and layers["motion_x"][0, 0] == 8.0
    assert layers["motion_x"] is layers["motion_x"] and derive.calls == 1
    with pytest.raises(ValueError, match="read-only"):
        layers["motion_x"][0, 0] = 0.0
    with pytest.raises(KeyError):
        layers["colour"]
    assert layers.get("colour") is None


def test_without_derived_layers_it_is_what_was_made() -> None:
    layers = Layers({"depth": DEPTH})
    assert dict(layers) == {"depth": DEPTH} and layers.derived_bytes == 0
    assert not Layers({})


@pytest.fixture(scope="module")
def model() -> Iterator[Any]:
    yield followed()


def rows(model: Any, batch: int) -> list[engine.Row]:
    moments = context(model, batch=batch, seed=3)
    requests = [
        Request(engine.begin(model, moments.select(index)), np.ones(5, np.float32), seed=index, tick=1)
        for index in range(batch)
    ]
    return engine.advance(model, requests, 1)[0]


def test_a_pass_makes_only_what_the_model_predicts(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain = model.derive

    def derive(layers: Mapping[str, Floats], clues: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
        asked.append("derive")
        found: dict[str, Floats] = plain(layers, clues)
        return found

    monkeypatch.setattr(model, "derive", derive)
    row = rows(model, 1)[0]
    assert list(row.layers.made) == ["depth", "entities"] and not asked
    assert list(row.layers) == [layer.name for layer in model.spec.layers]
    assert row.layers["motion_x"].shape == (model.spec.height, model.spec.width) and asked == ["derive"]


def test_rows_of_a_batch_have_their_own(model: Any) -> None:
    """Each with the clues of its own session: the batch's layers are those of its rows alone."""
    together = rows(model, 3)
    moments = context(model, batch=3, seed=3)
    for index, row in enumerate(together):
        alone = Request(engine.begin(model, moments.select(index)), np.ones(5, np.float32), index, 1)
        expected = engine.advance(model, [alone], 1)[0][0]
        for name in ("motion_x", "motion_y"):
            near = np.isclose(row.layers[name], expected.layers[name], atol=0.05)
            # A pixel at the edge of a thing's picture may fall to the other side.
            assert near.mean() > 0.97, name
    assert not np.allclose(together[0].layers["motion_x"], together[1].layers["motion_x"])


def test_looking_does_not_change_what_a_history_counts(model: Any) -> None:
    row = rows(model, 1)[0]
    # Only the parts that are counted matter here.
    frame: Any = type("Shown", (), {"pixels": row.pixels, "layers": row.layers})()
    moment = Moment(1, row.state, frame)
    before = moment.parts
    row.layers["motion_x"]
    assert moment.parts == before and id(row.layers) in before
    size = model.spec.height * model.spec.width * 4
    assert before[id(row.layers)] == 2 * size and torch.is_tensor(row.state["pose"])
