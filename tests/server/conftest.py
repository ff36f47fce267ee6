from __future__ import annotations

import pytest

from tests.support import install_tiny_family


@pytest.fixture(autouse=True, scope="session")
def tiny_family(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tiny family is installed; the environment that makes it so in a subprocess."""
    return install_tiny_family(tmp_path_factory.mktemp("family"))
