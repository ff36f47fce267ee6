"""Decodes one picture from stdin to stdout, in a process of its own that may be killed at any moment.

Run as a file, so that nothing of worldsdk is imported. stdin: ``kind width height`` and a newline, then the
picture. stdout: height * width * 3 bytes RGB. Exit code 0, or 1 with nothing written.
"""

from __future__ import annotations

import contextlib
import io
import sys

MEMORY_BYTES = 1 << 30
"""Sixteen million pixels take 64 MB with alpha, and a resize two copies; a bomb takes all there is."""

MAX_PIXELS = 16_000_000


def main() -> int:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kind, width, height = sys.stdin.buffer.readline(64).decode("ascii").split()
    try:
        pixels = decode(sys.stdin.buffer.read(), kind, int(width), int(height))
    except Exception:
        # Whatever a decoder raises on hostile bytes means the same: no picture.
        return 1
    sys.stdout.buffer.write(pixels)
    return 0


def decode(data: bytes, kind: str, width: int, height: int) -> bytes:
    """RGB bytes of the picture, cropped at its longer side and resized to fill [height, width]."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(io.BytesIO(data), formats=(kind,)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError
        upright = ImageOps.exif_transpose(image).convert("RGB")
        return ImageOps.fit(upright, (width, height), Image.Resampling.LANCZOS).tobytes()


if __name__ == "__main__":
    sys.exit(main())
