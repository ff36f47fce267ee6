"""A whole evaluation on the toy game, down to the report and its pictures."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.evaluation.toy import HISTORY, RATE_HZ, SIDE, Idle, Oracle, held_out
from worldsdk.errors import EvaluationError
from worldsdk.evaluation.collapse import Life
from worldsdk.evaluation.dreamers import ModelDreamer
from worldsdk.evaluation.evaluate import LongPlay, Results, Settings, evaluate
from worldsdk.evaluation.gauge import Limits
from worldsdk.evaluation.metrics import PSNR_CAP
from worldsdk.evaluation.pictures import long_play_sheet, png, real_above_dreamt
from worldsdk.evaluation.report import to_json, to_markdown

HELD_OUT = held_out(episodes=6, ticks=80)
SETTINGS = Settings(horizons=(1, 4, 16, 512), next_windows=50, windows=20, sessions=3, minutes=0.5)
ABOUT = {
    "world": "toy",
    "data": {"game": "toy", "frames": 480, "episodes": 6},
    "provenance": {
        "recipe": "toy.toml",
        "hardware": ["a desk calculator"],
        "minutes": {"dynamics": 12.34},
        "frames_seen": {"dynamics": 56789},
    },
}


def evaluated(model: Oracle, settings: Settings = SETTINGS) -> Results:
    starts = HELD_OUT.gather(HELD_OUT.places(5, HISTORY, 1), HISTORY, 1).context
    return evaluate(ModelDreamer(model, 1), HELD_OUT, starts, settings, RATE_HZ)


def test_report_of_the_truth() -> None:
    report = json.loads(json.dumps(to_json(evaluated(Oracle()), ABOUT), allow_nan=False))
    assert report["next_frame_psnr"] == PSNR_CAP and report["rollout_psnr"] == dict.fromkeys(
        "1", PSNR_CAP
    ) | {
        "4": PSNR_CAP,
        "16": PSNR_CAP,
    }
    assert report["horizons_left_out"] == [512]
    assert report["repeat_psnr"]["16"] < 30.0
    assert report["autoencoder_psnr"] is None and "pixels themselves" in report["autoencoder_note"]
    assert report["sharpness_ratio"]["16"] == pytest.approx(1.0)
    assert report["variable_error"]["position"]["16"] == 0.0
    assert report["repeat_variable_error"]["x"]["16"] > 1.0
    assert report["layer_error"]["depth"]["4"] == 0.0
    assert report["cells"]["rollout"]["cells"]["16"] == 1.0
    collapse = report["time_to_collapse"]
    assert (
        collapse["mean_s"] == 30.0
        and collapse["sessions"] == [{"seconds": 30.0, "cause": "alive", "endings": 0}] * 3
    )
    assert collapse["alive"] == {"1": None, "5": None, "10": None}
    assert report["interval"]["next_frame_psnr"]["count"] == 50
    assert report["settings"]["windows"] == 20


def test_report_of_stillness_equals_its_baseline() -> None:
    report = to_json(evaluated(Idle()), ABOUT)
    assert report["rollout_psnr"] == report["repeat_psnr"]
    assert report["next_frame_psnr"] == report["next_frame_repeat_psnr"]
    assert report["variable_error"]["x"] == report["repeat_variable_error"]["x"]
    cells = report["cells"]["rollout"]
    assert cells["cells"] == cells["repeat_cells"] and cells["changed_cells"]["16"] == 0.0
    assert {s["cause"] for s in report["time_to_collapse"]["sessions"]} == {"frozen"}


def test_the_card_says_what_the_json_says() -> None:
    model = Oracle()
    card = to_markdown(to_json(evaluated(model), ABOUT), model.spec)
    assert "# How faithful is toy?" in card and "480 held-out frames (6 episodes)" in card
    assert "| next frame after real history | 100.0 (100.0 to 100.0) |" in card
    assert "| 16 | 100.0 (100.0 to 100.0) |" in card
    assert (
        "| x, columns | 0 (" in card and "| position, columns |" in card and "| depth, columns | 0 (" in card
    )
    assert "alive, alive, alive" in card
    assert "Made by toy.toml on a desk calculator." in card and "| dynamics | 12.3 | 56,789 |" in card
    assert max(len(line) for line in card.splitlines()) < 400


def test_long_play_can_be_left_out_and_progress_adds_up() -> None:
    begun: dict[str, list[int]] = {}

    def stage(name: str, total: int):  # type: ignore[no-untyped-def]
        begun[name] = [total, 0]

        def tell(count: int) -> None:
            begun[name][1] += count

        return tell

    starts = HELD_OUT.gather([(0, 0)], HISTORY, 1).context
    dreamer = ModelDreamer(Oracle(), 1)
    results = evaluate(dreamer, HELD_OUT, starts, Settings(sessions=0, windows=9), RATE_HZ, stage)
    assert results.long_play is None and to_json(results, ABOUT)["time_to_collapse"] is None
    assert set(begun) == {"next frame", "rollouts to 32", "rollouts to 64"}
    assert all(total == done for total, done in begun.values())


def test_share_alive_is_counted_by_the_minute() -> None:
    lives = [Life(30.0, "unlike"), Life(300.0, "frozen"), Life(600.0), Life(600.0)]
    play = LongPlay(lives, 10.0, Limits(1.0, 1.0, 1.0), 0.0, [])
    assert [play.alive(m) for m in (0.4, 1.0, 5.0, 6.0, 10.0, 11.0)] == [1.0, 0.75, 0.75, 0.5, 0.5, None]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(windows=0),
        Settings(next_windows=-1),
        Settings(minutes=float("nan")),
        Settings(minutes=float("inf")),
        Settings(horizons=()),
        Settings(horizons=(0, 4)),
        Settings(batch=0),
        Settings(seed=-1),
        Settings(tile=0),
    ],
)
def test_numbers_that_make_no_sense_are_refused(settings: Settings) -> None:
    with pytest.raises(EvaluationError):
        settings.check()


def test_pictures_hold_the_frames_they_should() -> None:
    dreamer = ModelDreamer(Oracle(), 1)
    strip = real_above_dreamt(dreamer, HELD_OUT, [1, 4], history=HISTORY, strips=2, scale=1)
    size = SIDE + 2
    assert strip.shape == (2 + 4 * size, 2 + 3 * size, 3)
    for pair in range(2):
        real = strip[2 + 2 * pair * size :][:SIDE]
        dreamt = strip[2 + (2 * pair + 1) * size :][:SIDE]
        assert np.array_equal(real, dreamt)
    results = evaluated(Oracle())
    assert results.long_play is not None
    sheet = long_play_sheet(results.long_play.pictures, scale=1)
    assert sheet.shape[0] == 2 + 3 * size
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(sheet)))), sheet)
