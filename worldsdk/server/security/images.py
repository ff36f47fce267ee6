"""Uploaded pictures: size from the header first, then decoded in a process that can be stopped."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import ImageError
from worldsdk.server.hooks import RefusedError
from worldsdk.server.security import image_worker
from worldsdk.server.security.image_header import ImageHeader, read_header

MAX_IMAGE_PIXELS = image_worker.MAX_PIXELS
"""Beyond any screen, and 48 MB once decoded."""

MAX_IMAGE_BYTES = 8 * 1024 * 1024
"""A photograph of that many pixels as JPEG; a PNG of a screen."""

DECODE_SECONDS = 5.0
"""The largest allowed picture takes under one second; what takes longer was made to."""

AT_ONCE = 2
"""Decoders at work at the same time: each may take a core and a gigabyte."""

MAX_WAITING = 16
"""Pictures that wait for a decoder; more are refused rather than kept in memory."""

_FIX = "send a PNG, JPEG or WebP"


class BoundedImages:
    """An ``ImageReader``.

    Args:
        seconds: what one picture may take once its decoder started.
        command: the decoder; the one of this package unless a test brings its own.
    """

    def __init__(self, *, seconds: float = DECODE_SECONDS, command: tuple[str, ...] | None = None) -> None:
        self._seconds = seconds
        # -P: the folder of the decoder's file is not searched for modules.
        self._command = command or (sys.executable, "-P", str(Path(image_worker.__file__).resolve()))
        self._free = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def read(self, data: bytes, width: int, height: int) -> NDArray[np.uint8]:
        """uint8 [height, width, 3] RGB: the middle of the picture, fitted to that size.

        Raises:
            RefusedError: ``too_large`` (bytes), ``image_invalid`` (kind, pixels, damage, time), or
                ``rate_limited`` (too many at once).
        """
        if len(data) > MAX_IMAGE_BYTES:
            raise RefusedError(
                "too_large", f"the picture has {len(data)} bytes", fix=f"send at most {MAX_IMAGE_BYTES}"
            )
        try:
            header = read_header(data)
        except ImageError as error:
            raise RefusedError(error.code, error.what, fix=error.fix) from error
        if header.pixels > MAX_IMAGE_PIXELS:
            raise RefusedError(
                "image_invalid",
                f"the picture has {header.width} x {header.height} pixels",
                fix=f"send at most {MAX_IMAGE_PIXELS} pixels",
            )
        if self._inside >= AT_ONCE + MAX_WAITING:
            raise RefusedError("rate_limited", "too many pictures at once", retry_after_ms=1000)
        self._inside += 1
        try:
            async with self._free:
                pixels = await self._decode(data, header, width, height)
        finally:
            self._inside -= 1
        return np.frombuffer(pixels, dtype=np.uint8).reshape(height, width, 3).copy()

    async def _decode(self, data: bytes, header: ImageHeader, width: int, height: int) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        order = f"{header.kind} {width} {height}\n".encode()
        try:
            async with asyncio.timeout(self._seconds):
                pixels, _ = await process.communicate(order + data)
        except TimeoutError as error:
            raise RefusedError("image_invalid", "the picture takes too long to decode", fix=_FIX) from error
        finally:
            await _stop(process)
        if process.returncode != 0 or len(pixels) != width * height * 3:
            raise RefusedError("image_invalid", "the picture is damaged", fix=_FIX)
        return pixels


async def _stop(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
