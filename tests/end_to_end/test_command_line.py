"""The front door: help, versions, errors and exit codes, without any world."""

from __future__ import annotations

import importlib
import json
import keyword
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.end_to_end.program import PROGRAM, run
from worldsdk.cli import main as cli
from worldsdk.errors import PackError


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert all(re.search(rf"^    {name}\s", result.stdout, re.M) for name in cli.COMMANDS)


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys\nfrom worldsdk.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print({'torch', 'numpy', 'numba', 'pygame'} & set(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stderr.strip() == "set()"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    module = importlib.import_module(f"worldsdk.cli.{name}{'_' * keyword.iskeyword(name)}")
    assert name == module.NAME
    assert cli.COMMANDS[name] == module.HELP
    result = run(name, "--help")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"usage: worldsdk {name}") and "-h, --help" in result.stdout


def test_version_is_that_of_the_package() -> None:
    assert run("--version").stdout.strip() == f"worldsdk {version('worldsdk')}"


@pytest.mark.parametrize("arguments", [(), ("dance",), ("bench",), ("eval",), ("play", "--no-such-option")])
def test_wrong_use_is_exit_code_2_with_usage(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage: worldsdk" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("play", "no-such-world", "--headless"), ["no-such-world", "pack_not_found"]),
        (("bench", "no-such-world"), ["no-such-world", "pack_not_found"]),
        (("eval", "no-such-world"), ["no-such-world", "pack_not_found"]),
        (("eval", "no-such-world", "--horizons", "1,x"), ["1,x", "--horizons", "evaluation_invalid"]),
        (("eval", "no-such-world", "--windows", "0"), ["windows", "evaluation_invalid"]),
        (("worlds", "no-such-world"), ["no-such-world", "pack_not_found"]),
        (("record", "no-such-game", "--out", "never-made"), ["no-such-game", "record_invalid"]),
        (
            ("train", "no-such-recipe.toml", "--data", "d", "--out", "o"),
            ["no-such-recipe.toml", "recipe_invalid"],
        ),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    arguments: tuple[str, ...], names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.returncode == 2, result.stderr
    # A progress bar may have been drawn before; the sentence comes last and alone.
    said = [line for line in result.stderr.splitlines() if line.strip() and "tick/s" not in line]
    assert len(said) == 1 and said[0].startswith("worldsdk: "), result.stderr
    assert all(name in said[0] for name in names), said[0]
    assert not list(tmp_path.iterdir())


def test_a_damaged_pack_is_named(tmp_path: Path) -> None:
    (tmp_path / "pack.json").write_text("{")
    for command in ("play", "bench", "eval", "worlds"):
        result = run(command, tmp_path)
        assert result.returncode == 2 and "pack_invalid" in result.stderr
        assert str(tmp_path) in result.stderr and "Traceback" not in result.stderr


def test_an_interrupt_is_quiet() -> None:
    code = (
        "import sys, time\nfrom worldsdk.cli import main as cli, worlds\n"
        "def run(args):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "worlds.run = run\nsys.exit(cli.main(['worlds']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and errors == ""


def test_a_reader_that_leaves_is_no_error() -> None:
    process = subprocess.Popen(
        f"'{PROGRAM}' worlds --json | true; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, 141) and errors == ""


def test_long_errors_stay_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from worldsdk.cli import worlds

    def fail(args: object) -> int:
        raise PackError("two\nlines", where="a\nb")

    monkeypatch.setattr(worlds, "run", fail)
    assert cli.main(["worlds"]) == 2
    assert capsys.readouterr().err == "worldsdk: a b: two lines [pack_invalid]\n"


def test_worlds_prints_json_for_programs() -> None:
    result = run("worlds", "--json")
    assert result.returncode == 0
    assert isinstance(json.loads(result.stdout), list)
