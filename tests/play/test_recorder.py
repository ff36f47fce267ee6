import contextlib
import errno

import av
import numpy as np
import pytest

from worldsdk.errors import PixelError, PlayError, StorageError
from worldsdk.play import recorder
from worldsdk.play.recorder import BackgroundFilm, FilmWriter, film_size


def picture(value, size=(12, 16)):
    return np.full((*size, 3), value, np.uint8)


def read(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return stream, float(stream.average_rate), frames


def encoders():
    """Those that this build of PyAV really has."""
    for name, _ in recorder.ENCODERS:
        with contextlib.suppress(ValueError):
            yield av.Codec(name, "w").name


@pytest.mark.parametrize("encoder", list(encoders()))
def test_a_film_holds_every_frame_in_order(tmp_path, monkeypatch, encoder):
    monkeypatch.setattr(recorder, "ENCODERS", [e for e in recorder.ENCODERS if e[0] == encoder])
    values = list(range(0, 250, 10))
    with FilmWriter(tmp_path / "film.mp4", 120, 160, 35.0, "nearest") as film:
        for value in values:
            film.add(picture(value))
    stream, rate, frames = read(tmp_path / "film.mp4")
    assert stream.codec_context.pix_fmt == "yuv420p" and rate == pytest.approx(35.0)
    assert [frame.shape for frame in frames] == [(120, 160, 3)] * len(values)
    assert np.abs([frame.mean() - value for frame, value in zip(frames, values, strict=True)]).max() < 6
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_without_an_encoder_the_cure_is_named_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "ENCODERS", [("no-such-encoder", {})])
    with pytest.raises(PlayError, match="no mp4 encoder"):
        FilmWriter(tmp_path / "film.mp4", 120, 160, 35.0)
    assert list(tmp_path.iterdir()) == []


def test_a_film_given_up_leaves_nothing_and_keeps_an_older_one(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), FilmWriter(tmp_path / "film.mp4", 24, 32, 35.0) as film:
        film.add(picture(1))
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert (tmp_path / "film.mp4").read_bytes() == b"older"


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(tmp_path, monkeypatch):
    film = FilmWriter(tmp_path / "film.mp4", 24, 32, 35.0)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    film.add(picture(1))
    monkeypatch.setattr(type(film._part), "replace", full)
    with pytest.raises(StorageError, match="No space left"):
        film.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        FilmWriter(tmp_path / "file" / "film.mp4", 24, 32, 35.0)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((48, 64), (480, 640)), ((64, 64), (640, 640)), ((7, 9), (498, 640)), ((1001, 1999), (1002, 2000))],
)
def test_films_are_large_and_even(size, expected):
    height, width = film_size(*size)
    assert (height, width) == expected or (height % 2 == 0 and width % 2 == 0 and 600 < width <= 2000)


def test_a_background_film_takes_all_frames_and_finishes(tmp_path):
    film = BackgroundFilm(FilmWriter(tmp_path / "film.mp4", 24, 32, 30.0))
    for value in range(film.WAITING):
        film.add(picture(value))
    assert film.close() == tmp_path / "film.mp4"
    assert len(read(tmp_path / "film.mp4")[2]) == film.WAITING and film.dropped == 0


def test_a_background_film_hands_on_what_the_encoder_met(tmp_path):
    film = BackgroundFilm(FilmWriter(tmp_path / "film.mp4", 24, 32, 30.0))
    for _ in range(2 * film.WAITING):
        film.add(np.zeros((3, 3), np.uint8))
    with pytest.raises(PixelError):
        film.close()
    assert list(tmp_path.iterdir()) == []


def test_a_live_film_drops_and_counts_rather_than_waits(tmp_path, monkeypatch):
    import threading

    gate = threading.Event()
    writer = FilmWriter(tmp_path / "film.mp4", 24, 32, 30.0)
    slow = writer.add
    monkeypatch.setattr(writer, "add", lambda pixels: (gate.wait(), slow(pixels)))
    film = BackgroundFilm(writer)
    for _ in range(film.WAITING + 50):
        film.add(picture(1))
    dropped = film.dropped
    gate.set()
    film.close()
    # One frame may be in the encoder's hands.
    assert dropped in (49, 50)
    assert writer.frames == film.WAITING + 50 - dropped
