"""What docs/do-it-yourself.md tells people to type can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from worldsdk.cli.main import build_parser
from worldsdk.training.recipe import bundled_recipes, load_recipe

TEXT = (Path(__file__).parents[2] / "docs" / "do-it-yourself.md").read_text("utf-8")
COMMANDS = re.findall(r"^    worldsdk (.+)$", TEXT, flags=re.MULTILINE)


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    assert found is not None
    return found[1]


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_understood(line: str) -> None:
    words = shlex.split(line)
    args = build_parser(words[0]).parse_args(words)
    assert callable(args.run)
    if words[0] in ("build", "train") and not words[1].endswith(".toml"):
        assert words[1] in bundled_recipes()


def test_every_bundled_recipe_is_listed() -> None:
    table = TEXT.partition("| recipe |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+-?[a-z]+)`", table)) >= set(bundled_recipes())


def test_the_recipe_in_it_is_one(tmp_path: Path) -> None:
    path = tmp_path / "pong.toml"
    path.write_text(block("toml"), "utf-8")
    recipe = load_recipe(path)
    assert recipe.world.name == "pong" and len(recipe.stages) == 2


def test_the_program_in_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block("python"), "do-it-yourself", "exec"), {})
    assert re.search(r"^\d+\.\d\d$", capsys.readouterr().out, flags=re.MULTILINE)
