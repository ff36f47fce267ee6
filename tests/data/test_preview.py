from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.toys import HEIGHT, WIDTH, toy_dataset
from worldsdk.data.preview import contact_sheet, save_preview
from worldsdk.data.reader import Dataset


def test_contact_sheet_puts_frames_row_by_row() -> None:
    frames = np.stack([np.full((2, 3, 3), value, np.uint8) for value in range(1, 6)])
    sheet = contact_sheet(frames, columns=3)
    assert sheet.shape == (4, 9, 3)
    assert sheet[::2, ::3, 0].tolist() == [[1, 2, 3], [4, 5, 0]]


def test_preview_is_a_picture_of_the_dataset(tmp_path: Path) -> None:
    toy_dataset(tmp_path, [[16], [9]])
    dataset = Dataset.open(tmp_path)
    path = save_preview(dataset, tmp_path, columns=3, rows=2)
    with Image.open(path) as image:
        shown = np.asarray(image)
    assert shown.shape == (2 * HEIGHT, 3 * WIDTH, 3)
    np.testing.assert_array_equal(shown[:HEIGHT, :WIDTH], dataset.pixels[0])
    np.testing.assert_array_equal(shown[HEIGHT:, :WIDTH], dataset.pixels[24])
