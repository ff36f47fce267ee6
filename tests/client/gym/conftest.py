from __future__ import annotations

import pytest

from tests.client.gym.toy import ToyWorld
from tests.support import install_tiny_family, tiny_pack


@pytest.fixture
def toy():
    return ToyWorld()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a pack of the tiny family."""
    install_tiny_family(tmp_path_factory.mktemp("family"))
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")
