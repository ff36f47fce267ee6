from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import install_tiny_family, tiny_manifest, tiny_model, tiny_starts
from worldsdk.runtime.world import World


@pytest.fixture(autouse=True, scope="session")
def tiny_family(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tiny family is installed; the environment that makes it so in a subprocess."""
    folder: Path = tmp_path_factory.mktemp("family")
    return install_tiny_family(folder)


@pytest.fixture(scope="module")
def world() -> World:
    """A deterministic world on the CPU, with two denoising steps a tick."""
    model = tiny_model()
    return World(tiny_manifest(), model, tiny_starts(model.spec))
