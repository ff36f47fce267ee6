"""A pack's weights on disk, read tensor by tensor: no more than one is in memory at a time.

The safetensors layout: the header's length as unsigned 64-bit little-endian, a JSON header that names each
tensor's type, shape and place, and then the tensors.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from worldsdk.errors import PackChecksumError, PackError
from worldsdk.packs.manifest import WEIGHTS_NAME
from worldsdk.packs.pack import Pack

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
HEADER_LIMIT = 1 << 26
CHUNK = 1 << 22


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: its type and shape, and its first byte in the file."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int

    @property
    def size(self) -> int:
        """In bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


class WeightsFile:
    """The weights of a pack whose checksum has been found right. Reading is safe from any thread.

    Attributes:
        places: name -> where it lies.
    """

    def __init__(self, pack: Pack) -> None:
        """Raises PackError or PackChecksumError: no such file, not the promised bytes, not safetensors."""
        self._path = pack.folder / WEIGHTS_NAME
        entry = pack.manifest.files.get(WEIGHTS_NAME)
        if entry is None:
            raise PackError(f"there is no file {WEIGHTS_NAME!r}", where=str(pack.folder))
        try:
            # Kept open: whatever is put in its place later, what is read is what was checked.
            self._file = os.open(self._path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            size, digest = self._digest()
            if size != entry.size or digest != entry.sha256:
                wrong = (
                    f"is {size} bytes long, not {entry.size}" if size != entry.size else "has been altered"
                )
                raise PackChecksumError(
                    f"file {WEIGHTS_NAME!r} {wrong}", where=str(pack.folder), fix="install the pack again"
                )
            self.places = self._header(size)
        except BaseException:
            os.close(self._file)
            raise

    def __del__(self) -> None:
        file = self.__dict__.pop("_file", None)
        if file is not None:
            try:
                os.close(file)
            except OSError:
                return

    def read(self, name: str, out: Tensor) -> None:
        """Fills ``out``, whatever its type and device, with the tensor of that name and of its shape.

        Raises:
            PackError: the file cannot be read any more.
        """
        place = self.places[name]
        if tuple(out.shape) != place.shape:
            raise PackError(
                f"tensor {name!r} has shape {place.shape}", where=WEIGHTS_NAME, fix=f"not {tuple(out.shape)}"
            )
        direct = out.device.type == "cpu" and out.dtype == place.dtype and out.is_contiguous()
        here = out if direct else torch.empty(place.shape, dtype=place.dtype)
        view = memoryview(here.reshape(-1).view(torch.uint8).numpy().data)
        done = 0
        while done < place.size:
            # Read, not mapped: pages of a mapped file count as this process's memory for as long as it likes.
            try:
                got = os.preadv(self._file, [view[done:]], place.begin + done)
            except OSError as error:
                raise self._unreadable(error) from error
            if not got:
                raise PackError("has become shorter", where=str(self._path), fix="install the pack again")
            done += got
        if not direct:
            out.copy_(here)

    def _digest(self) -> tuple[int, str]:
        summed, size = hashlib.sha256(), 0
        while chunk := os.pread(self._file, CHUNK, size):
            summed.update(chunk)
            size += len(chunk)
        return size, summed.hexdigest()

    def _header(self, size: int) -> dict[str, Place]:
        try:
            length = int.from_bytes(os.pread(self._file, 8, 0), "little")
            if not 2 <= length <= min(HEADER_LIMIT, size - 8):
                raise ValueError(f"a header of {length} bytes")
            header: dict[str, Any] = json.loads(os.pread(self._file, length, 8))
            header.pop("__metadata__", None)
            return {name: _place(told, 8 + length, size) for name, told in header.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PackError(f"is not a safetensors file ({error})", where=WEIGHTS_NAME) from error

    def _unreadable(self, error: OSError) -> PackError:
        return PackError(
            f"file {WEIGHTS_NAME!r} cannot be read ({error.strerror})", where=str(Path(self._path).parent)
        )


def _place(told: Any, data: int, size: int) -> Place:
    shape = tuple(int(length) for length in told["shape"])
    begin, end = told["data_offsets"]
    place = Place(DTYPES[told["dtype"]], shape, data + begin)
    if min(shape, default=0) < 0 or begin < 0 or end - begin != place.size or data + end > size:
        raise ValueError(f"a tensor of {shape} from {begin} to {end}")
    return place
