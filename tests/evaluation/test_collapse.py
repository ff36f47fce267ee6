"""The collapse detector: silent on the game, quick on what fades, freezes or turns to noise."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from tests.evaluation.toy import RATE_HZ, SIDE, Blurring, Idle, Oracle, held_out
from worldsdk.errors import DatasetError
from worldsdk.evaluation.collapse import Life, Watch, false_alarms, lifetimes, script
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.evaluate import Album
from worldsdk.evaluation.gauge import Gauge
from worldsdk.models.interface import Condition, Output, State, WorldModel

HELD_OUT = held_out(episodes=6, ticks=120)
GAUGE = Gauge.fit(HELD_OUT)


def play_long(model: WorldModel, seconds: float = 60.0, sessions: int = 3) -> list[Life]:
    starts = HELD_OUT.gather([(row, 5) for row in range(sessions)], model.spec.history, 1).context
    controls = script(HELD_OUT, sessions, int(seconds * RATE_HZ))
    return lifetimes(ModelDreamer(model, 1), GAUGE, starts, controls, RATE_HZ, seeds=range(sessions))


def test_the_game_itself_never_collapses() -> None:
    assert play_long(Oracle()) == [Life(60.0)] * 3
    assert false_alarms(GAUGE, HELD_OUT) == 0.0


def test_a_fading_dream_is_caught_while_it_fades() -> None:
    for life in play_long(Blurring(good=200)):
        assert life.cause == "unlike"
        assert 20.0 < life.seconds < 22.0


class Ending(Idle):
    """Stands still, and says at every tick that the episode is over."""

    def commit(self, state: State, condition: Condition, estimate: torch.Tensor) -> tuple[State, Output]:
        after, output = super().commit(state, condition, estimate)
        return after, dataclasses.replace(output, ended=torch.ones_like(output.ended))


def test_an_ended_episode_begins_anew_and_is_counted() -> None:
    lives = play_long(Ending(), seconds=5.0)
    assert [life.endings for life in lives] == [int(5.0 * RATE_HZ)] * 3


def test_a_frozen_picture_is_caught() -> None:
    lives = play_long(Idle())
    assert [life.cause for life in lives] == ["frozen"] * 3
    assert all(life.seconds == 0.0 for life in lives)


def test_noise_is_unlike_and_so_is_grey() -> None:
    generator = np.random.default_rng(0)
    grey = np.full((1, SIDE, SIDE, 3), 128, np.uint8)
    dark = (HELD_OUT.episodes[0].pixels[:1] // 3).astype(np.uint8)
    noise = generator.integers(100, 156, (1, SIDE, SIDE, 3), dtype=np.uint8)
    assert GAUGE.unlike(np.concatenate([grey, dark, noise])).all()
    assert not GAUGE.unlike(HELD_OUT.episodes[1].pixels).any()


def picture(value: int) -> np.ndarray:
    return np.full((4, 4, 3), value, np.uint8)


def look_on(unlike: list[bool], still: bool = False, pressing: bool = True) -> Life | None:
    watch = Watch(0.5)
    for index, flag in enumerate(unlike):
        pressed = np.array([index if pressing else 0], np.float32)
        watch.look(picture(0 if still else index), flag, pressed)
    return watch.collapse


def test_four_looks_in_five_over_two_seconds_are_needed() -> None:
    assert look_on([False, *[True] * 3, False] * 5) is None
    assert look_on([False, True, True, False, True, True]) == Life(0.5, "unlike")
    assert look_on([False, False, *[True] * 5]) == Life(1.0, "unlike")


def test_the_first_collapse_counts() -> None:
    assert look_on([True] * 5 + [False] * 10 + [True] * 10) == Life(0.0, "unlike")


def test_standing_still_is_only_odd_while_controls_change() -> None:
    assert look_on([False] * 60, still=True, pressing=False) is None
    assert look_on([False] * 19, still=True) is None
    assert look_on([False] * 60, still=True) == Life(0.0, "frozen")


def test_scripts_begin_at_different_places_and_press_real_controls() -> None:
    controls = script(HELD_OUT, 4, 1000)
    assert controls.shape == (4, 1000, 1) and controls.dtype == np.float32
    assert set(np.unique(controls)) == {-1.0, 0.0, 1.0}
    assert not np.array_equal(controls[0], controls[1])


def test_one_episode_cannot_say_what_is_normal() -> None:
    with pytest.raises(DatasetError, match="at least 2"):
        Gauge.fit(held_out(episodes=1))


def test_the_album_keeps_the_asked_moments_and_the_end() -> None:
    album = Album([0.0, 5.0, 30.0])
    for second in range(13):
        album.look(float(second), np.zeros((1, 4, 4, 3), np.uint8))
    assert [seconds for seconds, _ in album.pages] == [0.0, 5.0, 12.0]


def test_sessions_do_not_disturb_each_other() -> None:
    torch.manual_seed(0)
    assert play_long(Blurring(good=100), 30.0, sessions=1)[0] == play_long(Blurring(good=100), 30.0)[0]
