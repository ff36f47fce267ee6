"""Learning how things fare: what is drawn more often weighs less, and rules come out as rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.small import write_dataset, write_recipe
from worldsdk.data.reader import Dataset
from worldsdk.errors import RecipeError
from worldsdk.models.anchored import AnchoredModel
from worldsdk.training.build import new_model
from worldsdk.training.footage import Footage
from worldsdk.training.objectives.things import ThingsObjective, _steps
from worldsdk.training.recipe import load_recipe

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def objective(tmp_path_factory: pytest.TempPathFactory) -> ThingsObjective:
    folder = tmp_path_factory.mktemp("lamps")
    dataset = Dataset.open(write_dataset(folder / "data"), held_out=0.25)
    recipe = load_recipe(write_recipe(folder, "followed"))
    torch.manual_seed(0)
    model = new_model(recipe, dataset.info)
    assert isinstance(model, AnchoredModel)
    return ThingsObjective(model, Footage.load(dataset, CPU), recipe.stages[0])


def test_newcomers_are_those_that_were_recorded(objective: ThingsObjective) -> None:
    births = objective.things.births
    assert set(births[:, 1].tolist()) == {100.0 + tick for tick in range(10, 100, 10)}
    assert set(births[:, 0].tolist()) == {1.0}


def test_ticks_are_counted_from_the_last_newcomer_of_the_episode(objective: ThingsObjective) -> None:
    # Columns: things, rewards; there are no meters.
    assert objective.since[9:22, 0].tolist() == [9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert objective.since[100:103, 0].tolist() == [0, 1, 2]


def test_weights_undo_the_choice_of_eventful_ticks(objective: ThingsObjective) -> None:
    draw = np.random.default_rng(0)
    several = len(objective.at) * 200
    rows = np.concatenate([draw.choice(objective.eventful, several), draw.choice(objective.at, several)])
    born = objective.rows.born.numpy()
    weighed = objective.weight.numpy()[rows]
    estimated = (born[rows] * weighed).mean()
    assert estimated == pytest.approx(born[objective.at].mean(), rel=0.02)
    assert weighed.mean() == pytest.approx(1.0, rel=0.02)


def test_rules_are_learnt_as_rules(objective: ThingsObjective) -> None:
    """A newcomer each tenth tick and none between; who is not at an end stays."""
    optimiser = torch.optim.Adam(objective.parameters(), lr=1e-2)
    draw, noise = np.random.default_rng(0), torch.Generator().manual_seed(0)
    for _ in range(150):
        loss = objective.losses(draw, noise)["total"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    now = torch.arange(12, 52)
    footage, model = objective.footage, objective.anchored
    with torch.no_grad():
        prospects = objective.things(
            footage.variables[now, :3],
            objective.rows.things[now - 1],
            objective.since[now - 1],
            objective._recent(now),
            model.facts(footage.controls[now], footage.variables[now - 1, 5:]),
        )
    comes = prospects.newcomer.sigmoid() > 0.5
    assert comes.tolist() == objective.rows.born[now].tolist()
    assert bool((prospects.stays[:, 1].sigmoid() > 0.9).all())


def test_steps_are_the_most_frequent_that_were_recorded(objective: ThingsObjective) -> None:
    assert not bool(objective.things.steps.any())  # lamps do not walk
    walked = objective.rows.things.clone()
    walked[:, 1, 8] = 0.0
    walked[::2, 1, 5], walked[1::2, 1, 6] = 10.0, -7.0
    walked[::10, 1, 5] = 3.0
    steps = _steps(objective.footage, replace(objective.rows, things=walked))
    assert steps[:3].tolist() == [[0.0, -7.0, 0.0], [10.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    assert not bool(steps[3:].any())


def test_without_things_there_is_nothing_to_learn(objective: ThingsObjective, tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path, "anchored"))
    dataset = Dataset.open(write_dataset(tmp_path / "data", episodes=2), held_out=0.5)
    model = new_model(recipe, dataset.info)
    assert isinstance(model, AnchoredModel)
    with pytest.raises(RecipeError, match="no things"):
        ThingsObjective(model, objective.footage, recipe.stages[0])
