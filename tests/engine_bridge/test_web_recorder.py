"""The web recorder: a page's own game in a real browser, streamed into a dataset that trains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine_bridge.recording import receiving
from tests.engine_bridge.web_pages import needs_node, needs_packages, node
from worldsdk.data.reader import Dataset

ROWS = 240
BACKGROUND = (27, 42, 58)
BAT = (224, 176, 64)
SCALE = 4
"""Pixels of the game in one of the recording."""

pytestmark = [needs_node, needs_packages]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page()
    page.set_default_timeout(60_000)
    yield page
    page.close()


def test_a_page_records_its_game(page: Any, pages: str, tmp_path: Path) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with receiving(tmp_path / "set", "--frames", str(ROWS), "--allow-origin", pages) as (url, _):
        page.goto(f"{pages}/client/?record={url}&explore")
        page.wait_for_function("document.getElementById('note').textContent.includes('episodes')")
        assert page.evaluate("recorder.dropped") == 0
        page.goto("about:blank")
    assert complaints == []
    data = Dataset.open(tmp_path / "set", verify="sha256", strict=True)
    assert len(data) == ROWS and data.info.game == "bat-and-ball"
    assert data.info.controls["left"].keys == {"ArrowLeft": 1.0}
    pixels, bat, controls = data.pixels[:], data.variables[:][:, 0], data.controls[:]
    assert (np.abs(pixels[:, 2, 2].astype(int) - BACKGROUND) < 3).mean() > 0.9
    # Picture and variable are of one moment: the middle of the bat is where it says, but for the few rows in
    # which the ball covers a part of it.
    lit = np.abs(pixels[:, 45].astype(int) - BAT).max(-1) < 30
    middles = (lit * (np.arange(64) + 0.5)).sum(1) / np.maximum(1, lit.sum(1)) * SCALE
    assert (np.abs(middles - bat)[lit.sum(1) > 0] < SCALE).mean() > 0.95
    # The controls of a row led to it.
    follows = (np.diff(data.episode[:]) == 0) & (bat[1:] > 24) & (bat[1:] < 232)
    moved = np.diff(bat)[follows]
    assert np.allclose(moved, 6.0 * (controls[1:, 1] - controls[1:, 0])[follows], atol=1e-3)
    assert np.abs(moved).max() == pytest.approx(6.0)


def test_a_page_that_was_not_allowed_is_told_what_to_do(page: Any, pages: str, tmp_path: Path) -> None:
    with receiving(tmp_path / "set") as (url, _):
        page.goto(f"{pages}/client/?record={url}")
        page.wait_for_function("document.getElementById('note').textContent.includes('--allow-origin')")
        page.goto("about:blank")


def test_the_units() -> None:
    done = node("scripts/test.mjs", "recorder")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
