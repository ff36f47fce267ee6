"""What several engines' tests need: the web workspace, bundled and served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine_bridge.web_pages import bundled


@pytest.fixture(scope="session")
def pages() -> Iterator[str]:
    """The demo pages, bundled and served; yields their origin."""
    with bundled() as origin:
        yield origin
