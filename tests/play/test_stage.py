"""The stage of small programs: a film and a sheet without a window, the player's keys with one."""

import av
import numpy as np
import pygame
import pytest
from PIL import Image

from worldsdk.errors import DisplayError, StorageError
from worldsdk.play.stage import Stage


def test_without_a_window_it_leaves_a_film_and_a_contact_sheet(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    film = tmp_path / "deep" / "film.mp4"
    with Stage(64, 48, 35.0, film, columns=3, rows=2) as stage:
        for shade in range(0, 240, 20):
            assert stage.turn()
            stage.picture(np.full((48, 32, 3), shade, np.uint8), (0, 0))
            pygame.draw.rect(stage.surface, (0, 0, 255), (32, 0, 32, 48))
            stage.show()
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 12 and frames[0].shape == (48, 64, 3)
    # Grey grows on the left, and blue stays on the right; encoders lose a little.
    left = [float(frame[8:40, 4:28].mean()) for frame in frames]
    assert np.abs(np.diff(left) - 20.0).max() < 6.0
    assert frames[-1][8:40, 40:60, 2].mean() > 180 > 60 > frames[-1][8:40, 40:60, 0].mean()
    with Image.open(film.with_suffix(".png")) as image:
        assert image.size == (4 + 3 * (64 + 4), 4 + 2 * (48 + 4))
    assert not pygame.display.get_init() and sorted(p.name for p in film.parent.iterdir()) == [
        "film.mp4",
        "film.png",
    ]


def test_an_unfinished_film_is_no_film(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(RuntimeError, match="stopped"), Stage(64, 48, 35.0, tmp_path / "film.mp4") as stage:
        stage.show()
        raise RuntimeError("stopped")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "taken").write_text("a file where a folder should be")
    with pytest.raises(StorageError):
        Stage(64, 48, 35.0, tmp_path / "taken" / "film.mp4").__enter__()


def test_keys_and_the_closing_of_the_window_reach_the_program(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Stage(64, 48, 1000.0) as stage:
        fields = {"key": pygame.K_h, "scancode": 11, "mod": 0, "unicode": "h"}
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, fields))
        assert stage.turn() and stage.pressed == [pygame.K_h]
        stage.show()
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        assert not stage.turn() and stage.pressed == []


def test_where_there_is_no_window_to_be_had_that_is_said(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(DisplayError, match="film"):
        Stage(64, 48, 35.0).__enter__()
