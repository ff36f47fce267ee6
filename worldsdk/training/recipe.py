"""Recipe files: everything that turns a recorded game into a world pack, in one TOML file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from worldsdk.errors import RecipeError

BUNDLED = Path(__file__).parent / "recipes"
STARTS_AT = ("anywhere", "beginnings")


@dataclass(frozen=True)
class WorldPart:
    """What the finished pack says of itself; see ``worldsdk.packs.Manifest``.

    Attributes:
        starts: how many moments sessions may begin at.
        starts_at: ``anywhere`` in the recorded play, or at the ``beginnings`` of its episodes.
    """

    name: str
    title: str
    summary: str
    family: str
    version: str = "1.0.0"
    idle: str = "noop"
    default_steps: int = 1
    display: tuple[int, int] = (960, 720)
    starts: int = 48
    starts_at: str = "anywhere"


@dataclass(frozen=True)
class DataPart:
    """What to record, in the words of ``worldsdk record``."""

    game: str
    frames: int
    size: str = ""
    seed: int = 0
    policy: str = "mix"
    held_out: float = 0.05


@dataclass(frozen=True)
class Stage:
    """One stage of training.

    Attributes:
        name: shown in the progress bar and the curves.
        objective: of the family, e.g. ``motion`` or ``picture``.
        share: of the whole time (or of all steps) that the stage gets.
        batch: windows a step.
        lr: peak learning rate; rises over the first ``warmup`` steps, then falls to 0 along a half cosine.
        unroll: frames that the model continues each window by, on its own frames from the second on.
        settings: the objective's own.
    """

    name: str
    objective: str
    share: float
    batch: int = 32
    lr: float = 1e-3
    warmup: int = 100
    unroll: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """A whole recipe.

    Attributes:
        model: the family's config, less what the dataset says (frame size, controls, variables).
        seed: of weights, data order and noise.
        minutes: the time budget where none is given on the command line.
        weight_decay, clip: of AdamW, and the largest norm of a gradient.
        ema: decay of the averaged weights, which are the ones that ship (Karras et al. 2022, F.2).
    """

    world: WorldPart
    data: DataPart
    model: Mapping[str, Any]
    stages: tuple[Stage, ...]
    seed: int = 0
    minutes: float = 60.0
    weight_decay: float = 1e-3
    clip: float = 1.0
    ema: float = 0.998
    path: str = ""

    def digest(self) -> str:
        """Identifies what is trained: a checkpoint continues only the recipe it belongs to.

        The time budget, the shares and the words of the pack are left out: they may change on the way.
        """
        stages = [
            {k: v for k, v in asdict(stage).items() if k not in ("share", "lr", "batch")}
            for stage in self.stages
        ]
        facts = {"family": self.world.family, "model": dict(self.model), "stages": stages, "seed": self.seed}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def bundled_recipes() -> list[str]:
    """Names of the recipes that come with worldsdk."""
    return sorted(path.stem for path in BUNDLED.glob("*.toml"))


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Reads a recipe file, or a bundled recipe by its name.

    Raises:
        RecipeError: no such file, not TOML, an unknown or missing field, or an impossible value.
    """
    path = Path(name_or_path)
    if not path.suffix and (BUNDLED / f"{name_or_path}.toml").is_file():
        path = BUNDLED / f"{name_or_path}.toml"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RecipeError(
            "there is no such recipe", where=str(path), fix=f"give a file or one of {bundled_recipes()}"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"cannot be read ({error})", where=str(path), fix="write it as TOML") from error
    return parse_recipe(data, str(path))


def parse_recipe(data: Mapping[str, Any], where: str) -> Recipe:
    """``load_recipe`` for TOML that is already parsed."""
    rest = dict(data)
    train = dict(_table(rest, "train", where))
    world = dict(_table(rest, "world", where))
    if "display" in world:
        world["display"] = tuple(world["display"])
    stages = []
    raw_stages = rest.pop("stage", None)
    if not isinstance(raw_stages, list) or not raw_stages:
        raise RecipeError("has no stages", where=where, fix="add at least one [[stage]]")
    for number, raw in enumerate(raw_stages):
        place = f"{where}, stage {number + 1}"
        known = {k: v for k, v in dict(raw).items() if k in Stage.__dataclass_fields__}
        settings = {k: v for k, v in dict(raw).items() if k not in Stage.__dataclass_fields__}
        stages.append(_build(Stage, {**known, "settings": settings}, place))
    recipe_fields = {
        "world": _build(WorldPart, world, f"{where}, [world]"),
        "data": _build(DataPart, dict(_table(rest, "data", where)), f"{where}, [data]"),
        "model": _table(rest, "model", where),
        "stages": tuple(stages),
        "path": where,
    }
    if rest:
        raise RecipeError(
            f"unknown tables {sorted(rest)}", where=where, fix="tables are world, data, model, train, stage"
        )
    recipe: Recipe = _build(Recipe, {**recipe_fields, **train}, f"{where}, [train]")
    _check(recipe, where)
    return recipe


def _check(recipe: Recipe, where: str) -> None:
    total = sum(stage.share for stage in recipe.stages)
    if abs(total - 1.0) > 1e-6 or any(stage.share <= 0 for stage in recipe.stages):
        raise RecipeError(
            f"shares of the stages add up to {total:g}", where=where, fix="make positive ones add up to 1"
        )
    for stage in recipe.stages:
        if stage.batch < 1 or stage.unroll < 1 or not 0 < stage.lr < 1:
            raise RecipeError(
                f"batch {stage.batch}, unroll {stage.unroll}, lr {stage.lr}",
                where=f"{where}, stage {stage.name!r}",
                fix="batch and unroll are at least 1, lr between 0 and 1",
            )
    if recipe.world.starts_at not in STARTS_AT:
        raise RecipeError(
            f"starts_at is {recipe.world.starts_at!r}",
            where=f"{where}, [world]",
            fix=f"give one of {STARTS_AT}",
        )
    if recipe.minutes <= 0 or not 0 <= recipe.ema < 1:
        raise RecipeError(
            f"minutes {recipe.minutes}, ema {recipe.ema}", where=where, fix="minutes above 0, ema in [0, 1)"
        )


def _table(data: dict[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = data.pop(name, {} if name in ("train", "model") else None)
    if not isinstance(table, dict):
        raise RecipeError(f"has no table [{name}]", where=where, fix=f"add [{name}]")
    return table


def _build(kind: type[Any], fields: Mapping[str, Any], where: str) -> Any:
    unknown = set(fields) - set(kind.__dataclass_fields__)
    if unknown:
        raise RecipeError(
            f"unknown fields {sorted(unknown)}",
            where=where,
            fix=f"fields are {sorted(kind.__dataclass_fields__)}",
        )
    for name, value in fields.items():
        expected = kind.__dataclass_fields__[name].type
        if expected in ("int", "float", "str") and not isinstance(value, _ACCEPTED[expected]):
            raise RecipeError(f"{name} is {value!r}", where=where, fix=f"give a value of type {expected}")
    try:
        return kind(**fields)
    except TypeError as error:
        raise RecipeError(f"a field is missing ({error})", where=where) from error


_ACCEPTED: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,)}
