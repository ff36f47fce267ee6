"""The Godot bridge in real Godot, without a window: vectors, play, reconnection, the editor plugin."""

from __future__ import annotations

import json

import pytest

from tests.engine_bridge.godot_engine import PROJECT, Godot
from tests.support import REPOSITORY

VECTORS = REPOSITORY / "protocol" / "vectors"
ADDON = PROJECT / "addons" / "worldsdk"


@pytest.fixture(scope="module")
def godot(tmp_path_factory: pytest.TempPathFactory) -> Godot:
    return Godot.of_a_copy(tmp_path_factory.mktemp("godot"))


def test_golden_vectors(godot: Godot) -> None:
    report = json.loads(godot.run("tests/conformance.gd", "--vectors", VECTORS).splitlines()[-1])
    lines = sum(len(file.read_text().splitlines()) for file in VECTORS.glob("*.jsonl"))
    assert report["vectors"] == {"passed": lines, "failed": 0}
    assert report["bridge"] == "godot"


def test_every_script_is_accepted_by_the_engine(godot: Godot) -> None:
    """Types are checked as errors (project.godot), so that an untyped declaration fails here too."""
    scripts = sorted(
        path.relative_to(PROJECT) for path in PROJECT.rglob("*.gd") if ".godot" not in path.parts
    )
    assert len(scripts) > 20
    report = godot.result("tests/compile.gd", "--scripts", ",".join(map(str, scripts)))
    assert report == {"compiled": len(scripts), "broken": []}
