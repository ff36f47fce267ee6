"""docs/your-game.md says what there is: commands parse, files exist, and recorders have the verbs named."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.support import REPOSITORY
from worldsdk.cli.main import build_parser
from worldsdk.training.recipe import load_recipe

PAGE = REPOSITORY / "docs" / "your-game.md"
TEXT = PAGE.read_text("utf-8")
COMMANDS = sorted(set(re.findall(r"^    worldsdk (.+)$", TEXT, re.MULTILINE)))


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_one(line: str) -> None:
    words = shlex.split(line)
    build_parser(words[0]).parse_args(words)


def test_there_are_commands() -> None:
    assert {line.split()[0] for line in COMMANDS} == {"record", "train", "play", "serve"}


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target


def test_the_recorder_of_godot_has_every_verb_and_property() -> None:
    recorder = REPOSITORY / "engine_bridge/godot/addons/worldsdk/nodes/world_recorder.gd"
    source = recorder.read_text("utf-8")
    names = set(re.findall(r"`(add_\w+|new_episode|end_episode|stop)\(", TEXT))
    assert len(names) >= 8
    for name in names:
        assert f"func {name}(" in source, name
    for name in ("buttons", "viewport", "depth", "every_ticks", "keep_every_tick"):
        assert f"`{name}" in TEXT and f"var {name} " in source.replace(":", " ", 10_000), name


@pytest.mark.parametrize(("name", "family"), [("yard.toml", "anchored"), ("yard-pictures.toml", "convnet")])
def test_the_recipes_are_recipes(name: str, family: str) -> None:
    recipe = load_recipe(REPOSITORY / "demos" / "godot-game" / name)
    assert recipe.world.family == family and recipe.data.game == "lantern-yard"
