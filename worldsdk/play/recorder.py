"""Writing films: mp4 by PyAV, one picture a tick at the world's rate."""

from __future__ import annotations

import queue
import tempfile
import threading
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from worldsdk.errors import PlayError, StorageError
from worldsdk.pixels import Method, upscale

ENCODERS: Final = (
    ("libx264", {"preset": "veryfast", "crf": "17"}),
    ("libopenh264", {"b": "4M"}),
    ("mpeg4", {"q:v": "3"}),
)
"""Tried in order: builds of FFmpeg differ in what they may ship."""

FILM_WIDTH = 640


def film_size(height: int, width: int, target_width: int = FILM_WIDTH) -> tuple[int, int]:
    """(height, width) of a film of frames that size: the largest whole enlargement up to
    ``target_width``, made even as yuv420p needs."""
    factor = max(1, target_width // width)
    return height * factor + height * factor % 2, width * factor + width * factor % 2


class FilmWriter:
    """An mp4 file that appears under its name only once it is complete.

    Args:
        path: of the finished file; its folder is made.
        height, width: of the film, even.
        rate_hz: pictures per second.
        method: how frames are enlarged.

    Raises:
        StorageError: the place cannot be written.
        PlayError: no usable encoder in this build of FFmpeg.
    """

    def __init__(self, path: Path, height: int, width: int, rate_hz: float, method: Method = "edge") -> None:
        self.path = path
        self.frames = 0
        self.encoder = ""
        self._method: Method = method
        self._picture = np.empty((height, width, 3), np.uint8)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                prefix=f".{path.name}.", suffix=".part", dir=path.parent, delete=False
            ) as handle:
                self._part = Path(handle.name)
        except OSError as error:
            raise _storage(path, error) from error
        try:
            self._container, self._stream = self._open(height, width, rate_hz)
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise

    def _open(self, height: int, width: int, rate_hz: float) -> tuple[Any, Any]:
        for name, options in ENCODERS:
            try:
                av.Codec(name, "w")
            except ValueError:
                continue
            container = av.open(str(self._part), "w", format="mp4", options={"movflags": "faststart"})
            stream: Any = container.add_stream(
                name, rate=Fraction(rate_hz).limit_denominator(1000), options=dict(options)
            )
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            # The world needs the other cores more than the film does.
            stream.codec_context.thread_count = 1
            try:
                stream.codec_context.open(strict=False)
            except (av.error.FFmpegError, ValueError):
                container.close()
                continue
            self.encoder = name
            return container, stream
        raise PlayError(
            "this build of FFmpeg has no mp4 encoder",
            where=str(self.path),
            fix=f"install a PyAV with one of {[name for name, _ in ENCODERS]}",
        )

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Appends a frame, uint8 [h, w, 3] of any size. Raises StorageError where the disk refuses."""
        height, width = self._picture.shape[:2]
        upscale(pixels, height, width, self._method, self._picture)
        try:
            for packet in self._stream.encode(av.VideoFrame.from_ndarray(self._picture, format="rgb24")):
                self._container.mux(packet)
        except OSError as error:
            raise _storage(self.path, error) from error
        self.frames += 1

    def close(self) -> Path:
        """Finishes the file and gives it its name. Raises StorageError; nothing is then left behind."""
        try:
            for packet in self._stream.encode():
                self._container.mux(packet)
            self._container.close()
            self._part.chmod(0o644)
            self._part.replace(self.path)
        except OSError as error:
            self.discard()
            raise _storage(self.path, error) from error
        return self.path

    def discard(self) -> None:
        """Gives up: nothing is left behind."""
        try:
            self._container.close()
        except OSError:
            pass
        finally:
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> FilmWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


class BackgroundFilm:
    """A FilmWriter on its own thread, so that a live world never waits for an encoder.

    While the encoder is ``WAITING`` frames behind, new ones are dropped and counted in ``dropped``.

    Args:
        writer: from here on only this object's.
    """

    WAITING = 256

    def __init__(self, writer: FilmWriter) -> None:
        self.writer = writer
        self.dropped = 0
        self._error: BaseException | None = None
        self._queue: queue.Queue[NDArray[np.uint8] | None] = queue.Queue(self.WAITING)
        self._thread = threading.Thread(target=self._run, name="worldsdk-film", daemon=True)
        self._thread.start()

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Takes a frame, which must not be written to afterwards; never waits, never raises."""
        try:
            self._queue.put_nowait(pixels)
        except queue.Full:
            self.dropped += 1

    def close(self) -> Path:
        """Waits for the encoder and finishes the film. Raises what the encoder met, if anything."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self.writer.path

    def _run(self) -> None:
        ended = False
        try:
            with self.writer:
                while (pixels := self._queue.get()) is not None:
                    self.writer.add(pixels)
                ended = True
        except BaseException as error:
            self._error = error
            # Whoever closes must not block on a full queue that nobody empties.
            while not ended:
                ended = self._queue.get() is None


def _storage(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot write the film ({error.strerror or error})",
        where=str(path),
        fix="free some space or choose another place; nothing was left behind",
    )
