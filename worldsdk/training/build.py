"""From a recipe and what was recorded to a model's configuration."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from worldsdk.data.format import DatasetInfo
from worldsdk.errors import PackError, RecipeError
from worldsdk.models.interface import WorldModel
from worldsdk.models.registry import build_model
from worldsdk.training.recipe import Recipe


def model_config(recipe: Recipe, info: DatasetInfo) -> dict[str, Any]:
    """The family's config: the recipe's ``[model]`` and the dataset's sizes, controls and variables."""
    return {
        **recipe.model,
        "height": info.height,
        "width": info.width,
        "controls": len(info.controls),
        "variables": [asdict(variable) for variable in info.variables],
    }


def new_model(recipe: Recipe, info: DatasetInfo) -> WorldModel:
    """A model with fresh weights.

    Raises:
        RecipeError: the ``[model]`` table does not fit the family or the data.
    """
    try:
        return build_model(recipe.world.family, model_config(recipe, info))
    except PackError as error:
        raise RecipeError(error.what, where=f"{recipe.path}, [model]", fix=error.fix) from error
