"""The order of the rooms, held by the import contracts in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lint_imports(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", code, str(config)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_import_contracts_hold() -> None:
    result = lint_imports(ROOT, ROOT / "pyproject.toml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def copy_of_the_house(folder: Path) -> Path:
    """A small package with the same rooms, the same contracts, and nothing in it."""
    rooms = ["cli", "play", "training", "evaluation", "data", "runtime", "packs", "models", "pixels"]
    package = folder / "worldsdk"
    for room in rooms:
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    for name in ("__init__", "frame", "controls", "errors"):
        (package / f"{name}.py").write_text("")
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return package


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("models/a.py", "import worldsdk.runtime"),
        ("packs/a.py", "import worldsdk.runtime"),
        ("data/a.py", "import worldsdk.training"),
        ("runtime/a.py", "def late():\n    import worldsdk.play"),
        ("errors.py", "import worldsdk.controls"),
        ("data/a.py", "import pickle"),
        ("models/a.py", "import pygame"),
        ("attic/__init__.py", "room = 'without a place'"),
    ],
)
def test_contracts_catch_a_breach(tmp_path: Path, file: str, line: str) -> None:
    package = copy_of_the_house(tmp_path)
    assert lint_imports(tmp_path, tmp_path / "pyproject.toml").returncode == 0
    (package / file).parent.mkdir(exist_ok=True)
    (package / file).write_text(f"{line}\n")
    assert lint_imports(tmp_path, tmp_path / "pyproject.toml").returncode != 0


def test_constraints_pin_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.split(r"\[|>=", line)[0].replace("_", "-").lower() for line in declared}
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {pin.split("==")[0].replace("_", "-").lower() for pin in pins if "==" in pin}
    assert names <= pinned
