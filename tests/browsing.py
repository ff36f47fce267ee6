"""Headless Chromium, for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SOFTWARE_GL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL without a GPU: only for pages that draw with it, since it is slow."""


@contextmanager
def chromium(*flags: str) -> Iterator[Any]:
    """A browser of playwright's; skips where there is none.

    Not for a whole session: playwright keeps an event loop running in this thread while it is open.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright was not found: pip install it")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("Chromium was not found on PATH (apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", *flags])
        yield browser
        browser.close()
