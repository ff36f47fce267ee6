"""Recipes: what they accept, and what they say of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.small import recipe_text, write_recipe
from worldsdk.errors import RecipeError
from worldsdk.training.objectives import find_objective
from worldsdk.training.recipe import bundled_recipes, load_recipe


@pytest.mark.parametrize("name", bundled_recipes())
def test_bundled_recipes_load_and_name_themselves(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.world.name == name
    for stage in recipe.stages:
        find_objective(recipe.world.family, stage.objective)


def test_three_worlds_have_recipes() -> None:
    assert {"doom-field", "doom-maze", "grid-rooms"} <= set(bundled_recipes())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[world]", "[word]", "no table \\[world\\]"),
        ("share = 0.5", "share = 0.9", "add up to 1.4"),
        ("frames = 800", 'frames = "many"', "frames is 'many'"),
        ("seed = 3", "sead = 3", "unknown fields \\['sead'\\]"),
        ("batch = 16", "batch = 0", "batch 0"),
        ('title = "Room"', "", "title"),
        ('title = "Room"', 'title = "Room"\nstarts_at = "home"', "starts_at is 'home'"),
        ("minutes = 1.0", "minutes = -1.0", "minutes -1"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "bad.toml"
    text = recipe_text("anchored")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RecipeError, match=says) as caught:
        load_recipe(path)
    assert "bad.toml" in str(caught.value)


def test_files_that_are_not_recipes(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such recipe"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe not toml")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(tmp_path / "x.toml")
    with pytest.raises(RecipeError, match="no objective 'sculpture'"):
        find_objective("anchored", "sculpture")


def test_the_digest_follows_what_is_learnt_and_not_the_budget(tmp_path: Path) -> None:
    first = load_recipe(write_recipe(tmp_path, "anchored"))
    other = tmp_path / "other.toml"
    other.write_text(recipe_text("anchored").replace("minutes = 1.0", "minutes = 9.0"), "utf-8")
    assert load_recipe(other).digest() == first.digest()
    other.write_text(recipe_text("anchored").replace("unroll = 2", "unroll = 3"), "utf-8")
    assert load_recipe(other).digest() != first.digest()
