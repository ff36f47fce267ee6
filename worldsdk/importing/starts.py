"""Start contexts for an imported world: from a dataset, from pictures, or of plain grey."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from worldsdk.controls import ControlSpec
from worldsdk.data.format import INFO_FILE
from worldsdk.data.reader import Dataset
from worldsdk.errors import DatasetError
from worldsdk.models.interface import Context, ModelSpec

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
MOMENT = "full_res.npy"
"""What DIAMOND's own starting points hold their frames in: uint8 [n, 3, H, W], oldest first."""

LIMIT = 8
"""Starts taken at most."""
GREY = 128
NO_STARTS = (
    "no real frames were given: sessions begin at plain grey, which no game ever showed, and the first "
    "seconds are worth little; give a dataset or pictures with --starts"
)


def starts_for(spec: ModelSpec, controls: ControlSpec, place: Path | None) -> tuple[Context, str]:
    """Start contexts that fit ``spec``, and a sentence that says where they are from.

    Args:
        place: a dataset's folder; a folder of pictures, each a start in which nothing moves; a folder of
            folders, each a moment, with pictures in the order of their names, or with ``MOMENT``; or ``None``
            for grey.

    Raises:
        DatasetError: nothing usable there, or another game's controls.
    """
    if spec.variables or spec.memory:
        raise DatasetError(
            "this family needs recorded variables", fix="train a pack from a dataset: worldsdk train"
        )
    if place is None:
        grey = np.full((1, spec.history, spec.height, spec.width, 3), GREY, np.uint8)
        return _context(grey, None, spec), NO_STARTS
    if (place / INFO_FILE).is_file():
        return _from_dataset(place, spec, controls)
    return _from_pictures(place, spec)


def _from_dataset(folder: Path, spec: ModelSpec, controls: ControlSpec) -> tuple[Context, str]:
    dataset = Dataset.open(folder)
    recorded = dataset.info.controls
    lacking = sorted(set(controls.names) - set(recorded.names))
    if lacking:
        raise DatasetError(
            f"was recorded without the controls {lacking}",
            where=str(folder),
            fix=f"record the game that the model is of; the world has {list(controls.names)}",
        )
    first = dataset.windows(spec.history)
    if not len(first):
        raise DatasetError(
            f"has no episode of {spec.history} frames", where=str(folder), fix="record a longer one"
        )
    chosen = first[np.linspace(0, len(first) - 1, min(LIMIT, len(first))).astype(np.int64)]
    at = chosen[:, None] + np.arange(spec.history)
    frames = np.stack([_sized(picture, spec) for picture in dataset.pixels[at.ravel()]])
    order = [recorded.names.index(name) for name in controls.names]
    # Each recorded number in its own control's scale, then in the world's.
    scales = np.array([recorded[n].scale / controls[n].scale for n in controls.names], np.float32)
    vectors = dataset.controls[at.ravel()][:, order] * scales
    pixels = frames.reshape(len(chosen), spec.history, *frames.shape[1:])
    held = vectors.reshape(len(chosen), spec.history, len(order)).astype(np.float32)
    size = dataset.pixels.shape[1:3]
    change = "" if size == (spec.height, spec.width) else f", made {spec.width}x{spec.height}"
    return _context(pixels, held, spec), f"{len(chosen)} recorded moments of {folder.name}{change}"


def _from_pictures(folder: Path, spec: ModelSpec) -> tuple[Context, str]:
    try:
        children = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    except OSError as error:
        raise DatasetError(f"cannot be read ({error.strerror})", where=str(folder)) from error
    moments: list[NDArray[np.uint8]] = []
    still = 0
    for child in children:
        if (child / MOMENT).is_file():
            moments.append(_array(child / MOMENT, spec))
        elif child.is_dir():
            names = [path for path in sorted(child.iterdir()) if path.suffix.lower() in PICTURES]
            if len(names) >= spec.history:
                moments.append(np.stack([_picture(path, spec) for path in names[-spec.history :]]))
            elif names:
                warnings.warn(
                    f"left out: {child} has {len(names)} pictures, {spec.history} make a moment", stacklevel=2
                )
        elif child.suffix.lower() in PICTURES:
            moments.append(np.repeat(_picture(child, spec)[None], spec.history, axis=0))
            still += 1
        if len(moments) == LIMIT:
            break
    if not moments:
        raise DatasetError(
            "holds no dataset and no pictures",
            where=str(folder),
            fix=f"give a folder of `worldsdk record`, pictures ({', '.join(PICTURES)}), or folders of "
            f"at least {spec.history} pictures each, or with {MOMENT}",
        )
    what = f"{len(moments)} moments of {folder.name}"
    return _context(np.stack(moments), None, spec), f"{what}, {still} of them stills" if still else what


def _array(path: Path, spec: ModelSpec) -> NDArray[np.uint8]:
    """The last frames of a numpy file."""
    try:
        frames = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(
            f"is no numpy array ({error})", where=str(path), fix="download it again"
        ) from error
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[1] != 3 or len(frames) < spec.history:
        raise DatasetError(
            f"is {frames.dtype} {list(frames.shape)}",
            where=str(path),
            fix=f"it should be uint8 [{spec.history} or more, 3, height, width]",
        )
    return np.stack([_sized(frame.transpose(1, 2, 0), spec) for frame in frames[-spec.history :]])


def _picture(path: Path, spec: ModelSpec) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return _sized(np.asarray(image.convert("RGB")), spec)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"is no picture ({error})", where=str(path), fix="take it out of the folder"
        ) from error


def _sized(picture: NDArray[np.uint8], spec: ModelSpec) -> NDArray[np.uint8]:
    """``picture`` at the model's size; each pixel the mean of those it covers."""
    if picture.shape[:2] == (spec.height, spec.width):
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture)).resize(
        (spec.width, spec.height), Image.Resampling.BOX
    )
    return np.asarray(image)


def _context(pixels: NDArray[np.uint8], held: NDArray[np.float32] | None, spec: ModelSpec) -> Context:
    if held is None:
        held = np.zeros((*pixels.shape[:2], spec.controls), np.float32)
    return Context(
        torch.from_numpy(np.ascontiguousarray(pixels)),
        torch.from_numpy(np.ascontiguousarray(held)),
        torch.zeros(*pixels.shape[:2], 0),
    )
