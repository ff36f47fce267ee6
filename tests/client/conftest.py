from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.client.served import serving_world
from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.runtime.world import World


@pytest.fixture(scope="session")
def local() -> World:
    """The tiny world, here."""
    manifest = tiny_manifest()
    model = tiny_model(**manifest.config)
    return World(manifest, model, tiny_starts(model.spec))


@pytest.fixture(scope="session")
def url(local: World) -> Iterator[str]:
    """The same world on a real server in this process."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with serving_world(local) as address:
        yield address
    torch.set_num_threads(before)
