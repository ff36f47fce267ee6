from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.runtime.world import World


def make_world(**changes) -> World:
    manifest = tiny_manifest(**changes)
    model = tiny_model(**manifest.config)
    return World(manifest, model, tiny_starts(model.spec))


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def dummy_display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A video driver without a screen, and a user folder of the test's own."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("WORLDSDK_HOME", str(tmp_path / "home"))
    yield tmp_path
