"""What docs/your-model.md says is done as it stands there, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "your-model.md"

USE = """
import runpy, torch, worldsdk
runpy.run_path("make_pack.py")
from my_world import MyModel
from pathlib import Path
from worldsdk.importing import import_checkpoint

world = worldsdk.load("my-pack", "cpu")
session = world.session(seed=3)
frame = session.step({"left": 1})
assert frame.pixels.shape == (32, 32, 3) and frame.timing.steps_used == 2
twin, again = session.fork(), world.restore(session.snapshot())
digests = {s.step({"right": 1}).digest() for s in (session, twin, again)}
assert len(digests) == 1
session.rewind(1)
assert session.step({"right": 1}).digest() in digests
assert session.step({}, steps=1).digest() != twin.step({}, steps=4).digest()

torch.manual_seed(0)
model = MyModel(channels=8, controls=3)
saved = {"net." + n.replace("controls.", "pressed."): t for n, t in model.state_dict().items()}
torch.save({"state_dict": saved, "epoch": 1}, "trained.pt")
done = import_checkpoint([Path("trained.pt")], Path("imported"))
assert done.report.recognised == "my world" and done.report.complete
assert worldsdk.load("imported", "cpu").session().step({"key_2": 1}).tick == 1
print("done")
"""


def blocks(page: str) -> dict[str, str]:
    """The page's code by the file names that its first lines give."""
    found = re.findall(r"```(?:python|toml)\n# (\S+)\n(.*?)```", page, flags=re.DOTALL)
    return dict(found)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The page's files, and the metadata that installing them would leave."""
    for name, code in blocks(PAGE.read_text()).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    entry = re.search(r"^my_world = \"(\S+)\"$", (tmp_path / "pyproject.toml").read_text(), re.MULTILINE)
    assert entry is not None
    info = tmp_path / "my_world-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-world\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[worldsdk.families]\nmy_world = {entry[1]}\n")
    return tmp_path


def test_the_page_has_a_whole_family_of_modest_length() -> None:
    found = blocks(PAGE.read_text())
    assert set(found) == {"my_world/__init__.py", "pyproject.toml", "make_pack.py", "my_world/checkpoint.py"}
    lines = [line for line in found["my_world/__init__.py"].splitlines() if line.strip()]
    assert len(lines) <= 80


def test_its_pack_plays_and_its_checkpoint_is_imported(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{project}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "done"


def test_what_the_page_names_is_there() -> None:
    page = PAGE.read_text()
    for link in re.findall(r"\]\(\.\./([^)]+)\)", page):
        assert (ROOT / link).exists(), link
