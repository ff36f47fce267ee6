"""Writing a picture file whole."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worldsdk.packs.storage import write_file


def write_png(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """uint8 [h, w, 3] as a PNG file. Raises StorageError; nothing half-written is left behind."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    write_file(path, content.getvalue())
    return path
