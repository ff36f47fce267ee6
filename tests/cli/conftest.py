from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import install_tiny_family, tiny_pack


@pytest.fixture(autouse=True, scope="session")
def tiny_family(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tiny family is installed; the environment that makes it so in a subprocess."""
    return install_tiny_family(tmp_path_factory.mktemp("family"))


@pytest.fixture(scope="session")
def folder(tiny_family: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pack. Not to be changed."""
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")
