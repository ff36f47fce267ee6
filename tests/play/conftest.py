from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.runtime.world import World


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny pictures gain nothing from threads, and on a busy machine threads wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
