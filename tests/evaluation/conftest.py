"""A reader taught on the toy board, once for all tests that read with it."""

from __future__ import annotations

import pytest

from tests.evaluation import toy_board
from worldsdk.evaluation.heldout import HeldOut
from worldsdk.evaluation.lessons import teach
from worldsdk.evaluation.reader import Reader


@pytest.fixture(scope="session")
def lessons() -> HeldOut:
    """Real play of the board that nothing is measured on."""
    return toy_board.held_out(12, 150, first_seed=100)


@pytest.fixture(scope="session")
def reader(lessons: HeldOut) -> Reader:
    return teach(lessons, 300)
