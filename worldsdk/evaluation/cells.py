"""Cell accuracy for worlds drawn from tiles: is every square of the board what it should be?

A frame is cut into tiles; each dreamt tile is read as the nearest of all tile pictures that real frames
show. A cell is right when it reads as the same tile that the real frame has there, so a cell that is
merely a few levels off in colour still counts, and one that shows a closed door for an open one does not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from worldsdk.errors import DatasetError
from worldsdk.evaluation.rollout import Measure, Numbers

MAX_TILES = 1024
"""A game that shows more different tiles than this is not drawn from tiles."""


class TileBook:
    """All tile pictures of a game.

    Args:
        tiles: uint8 [K, size, size, 3], all different.
    """

    def __init__(self, tiles: NDArray[np.uint8]) -> None:
        self.tiles = tiles
        self.size = tiles.shape[1]
        self._flat = torch.from_numpy(tiles.reshape(len(tiles), -1).astype(np.float32))

    @classmethod
    def learn(cls, pictures: Iterable[NDArray[np.uint8]], size: int = 8) -> TileBook:
        """Collects the tiles of real frames.

        Args:
            pictures: batches of uint8 [N, H, W, 3] with H and W multiples of ``size``.
            size: pixels along a tile's side.

        Raises:
            DatasetError: the frames do not divide into tiles, or show more than ``MAX_TILES`` of them.
        """
        known: dict[bytes, None] = {}
        for batch in pictures:
            for tile in np.unique(cut(batch, size).reshape(-1, size * size * 3), axis=0):
                known.setdefault(tile.tobytes())
            if len(known) > MAX_TILES:
                raise DatasetError(
                    f"frames show more than {MAX_TILES} different tiles of {size} x {size} pixels",
                    where="held-out episodes",
                    fix="measure cells only for games drawn from tiles, at the tile size they are drawn with",
                )
        if not known:
            raise DatasetError("there are no frames", where="held-out episodes", fix="record some")
        tiles = np.frombuffer(b"".join(known), dtype=np.uint8)
        return cls(tiles.reshape(-1, size, size, 3))

    def read(self, frames: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The nearest tile's number for every cell: uint8 [N, H, W, 3] -> int64 [N, rows, columns]."""
        cells = cut(frames, self.size)
        flat = torch.from_numpy(cells.reshape(-1, self._flat.shape[1]).astype(np.float32))
        nearest: NDArray[np.int64] = torch.cdist(flat, self._flat).argmin(dim=1).numpy()
        return nearest.reshape(cells.shape[:3])

    def measures(self) -> dict[str, Measure]:
        """``cells``: share of cells right; ``changed_cells``: the same among the cells that differ from
        the last real frame (NaN where none does); ``board``: 1 where all are right; and ``repeat_cells``."""
        return {
            "cells": lambda m: _share(self.read(m.dreamt) == self.read(m.real)),
            "repeat_cells": lambda m: _share(self.read(m.last) == self.read(m.real)),
            "board": lambda m: np.all(self.read(m.dreamt) == self.read(m.real), axis=(1, 2)).astype(float),
            "changed_cells": lambda m: _share_where(
                self.read(m.dreamt) == self.read(m.real), self.read(m.last) != self.read(m.real)
            ),
        }


def cut(frames: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """uint8 [N, H, W, 3] -> [N, H / size, W / size, size, size, 3].

    Raises:
        DatasetError: H or W is no multiple of ``size``.
    """
    count, height, width, _ = frames.shape
    if height % size or width % size:
        raise DatasetError(
            f"frames of {width} x {height} do not divide into tiles of {size} x {size}",
            where="held-out episodes",
            fix="give the tile size that the game is drawn with",
        )
    grid = frames.reshape(count, height // size, size, width // size, size, 3)
    return np.ascontiguousarray(grid.transpose(0, 1, 3, 2, 4, 5))


def _share(right: NDArray[np.bool_]) -> Numbers:
    share: Numbers = right.mean(axis=(1, 2), dtype=np.float64)
    return share


def _share_where(right: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Numbers:
    total = asked.sum(axis=(1, 2)).astype(np.float64)
    total[total == 0] = np.nan
    share: Numbers = (right & asked).sum(axis=(1, 2)) / total
    return share
