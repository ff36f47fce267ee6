"""Reading boards back from pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import DatasetError
from worldsdk.evaluation.cells import MAX_TILES, TileBook, cut
from worldsdk.evaluation.rollout import Moment

TILES = np.random.default_rng(2).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)


def draw(board: np.ndarray) -> np.ndarray:
    """int [N, R, C] -> uint8 [N, 8 R, 8 C, 3]."""
    count, rows, columns = board.shape
    return TILES[board].transpose(0, 1, 3, 2, 4, 5).reshape(count, rows * 8, columns * 8, 3)


def random_boards(seed: int, count: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 6, (count, 3, 4))


def moment(real: np.ndarray, dreamt: np.ndarray, last: np.ndarray) -> Moment:
    nothing = np.zeros((len(real), 0), np.float32)
    return Moment(draw(real), dreamt, draw(last), nothing, nothing, nothing, {}, {}, {})


@given(st.integers(0, 1000), st.integers(0, 12))
def test_boards_are_read_back_through_mild_errors(seed: int, levels: int) -> None:
    book = TileBook.learn([draw(np.arange(6).reshape(1, 2, 3))])
    assert len(book.tiles) == 6
    names = {tile.tobytes(): index for index, tile in enumerate(TILES)}
    order = np.array([names[tile.tobytes()] for tile in book.tiles])
    board = random_boards(seed)
    noise = np.random.default_rng(seed).integers(-levels, levels + 1, draw(board).shape)
    seen = np.clip(draw(board).astype(int) + noise, 0, 255).astype(np.uint8)
    assert np.array_equal(order[book.read(seen)], board)


def test_shares_by_hand() -> None:
    book = TileBook.learn([draw(random_boards(0, 40))])
    last = np.zeros((2, 3, 4), int)
    real = last.copy()
    real[0, 0, 0] = real[0, 1, 1] = 3
    dreamt = real.copy()
    dreamt[0, 0, 0] = 5
    found = {name: function(moment(real, draw(dreamt), last)) for name, function in book.measures().items()}
    assert found["cells"] == pytest.approx([11 / 12, 1.0])
    assert found["repeat_cells"] == pytest.approx([10 / 12, 1.0])
    assert found["changed_cells"][0] == pytest.approx(0.5) and np.isnan(found["changed_cells"][1])
    assert found["board"].tolist() == [0.0, 1.0]


def test_cut_puts_every_pixel_in_its_cell() -> None:
    board = random_boards(4)
    cells = cut(draw(board), 8)
    assert cells.shape == (5, 3, 4, 8, 8, 3)
    assert np.array_equal(cells, TILES[board])


def test_games_without_tiles_are_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (MAX_TILES, 16, 16, 3), dtype=np.uint8)
    with pytest.raises(DatasetError, match="different tiles"):
        TileBook.learn([noise])
    with pytest.raises(DatasetError, match="do not divide"):
        TileBook.learn([noise[:1, :15]])
    with pytest.raises(DatasetError, match="no frames"):
        TileBook.learn([])
