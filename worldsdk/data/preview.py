"""A contact sheet: what a dataset looks like, at a glance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worldsdk.data.reader import Dataset
from worldsdk.packs.storage import atomic_file

PREVIEW_FILE = "preview.png"


def contact_sheet(frames: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Frames uint8 [N, H, W, 3] side by side, ``columns`` a row; missing ones are black."""
    count, height, width, _ = frames.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height, width, 3), np.uint8)
    sheet[:count] = frames
    grid = sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, 3)


def save_preview(dataset: Dataset, folder: Path, columns: int = 10, rows: int = 8) -> Path:
    """Writes ``preview.png``: each row a strip of moments of one place in the dataset, top to bottom.

    Raises:
        StorageError: the folder cannot be written.
    """
    frames = []
    for start in np.linspace(0, max(len(dataset) - 1, 0), rows).astype(int):
        for step in range(columns):
            frames.append(dataset.pixels[min(start + 4 * step, len(dataset) - 1)])
    sheet = Image.fromarray(contact_sheet(np.stack(frames), columns))
    path = folder / PREVIEW_FILE
    with atomic_file(path) as file:
        sheet.save(file, format="PNG")
    return path
