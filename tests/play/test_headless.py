import json

import av
import numpy as np
import pytest
from PIL import Image

from worldsdk.errors import ControlError, PlayError, StorageError
from worldsdk.play.headless import HeadlessOptions, play_headless
from worldsdk.play.layer_view import layer_picture
from worldsdk.play.script import InputScript, parse_script, wander


def test_a_run_leaves_a_film_a_sheet_and_timings(tmp_path, world):
    seen = []
    report = play_headless(
        world, HeadlessOptions(tmp_path / "out", seconds=1.0, seed=3), lambda *done: seen.append(done)
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "contact-sheet.png", "demo.mp4", "timing.json",
    ]  # fmt: skip
    assert json.loads((tmp_path / "out" / "timing.json").read_text()) == report
    assert report["ticks"] == 35 and seen == [(done, 35) for done in range(1, 36)]
    assert report["steps_used"] == {"mean": 2.0, "min": 2}
    assert 0 < report["frame_ms"]["p50"] <= report["frame_ms"]["p95"] <= report["frame_ms"]["p99"]
    assert set(report["stage_ms"]) == {"condition", "denoise", "commit", "pixels"}
    with av.open(str(tmp_path / "out" / "demo.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 35
    with Image.open(tmp_path / "out" / "contact-sheet.png") as sheet:
        assert len(np.unique(np.asarray(sheet).reshape(-1, 3), axis=0)) > 100


def test_a_sheet_of_layers_has_a_row_for_each(tmp_path, world):
    report = play_headless(world, HeadlessOptions(tmp_path, seconds=0.4, seed=3, layer_sheet=True))
    assert report["files"]["layers"] == "layers.png"
    with Image.open(tmp_path / "layers.png") as image:
        sheet = np.asarray(image)
    factor = 192 // 16
    assert sheet.shape == (4 + 2 * (12 * factor + 4), 4 + 6 * (192 + 4), 3)
    session = world.session(seed=3)
    script = wander(world.controls, report["ticks"], world.rate_hz)
    frames = [session.step(script.at(index)) for index in range(report["ticks"])]
    depth = layer_picture(frames[-1].layers, "depth", {"depth": (0.0, 1.0)})
    last = sheet[-4 - 12 * factor : -4, -4 - 192 : -4]
    assert (last[factor // 2 :: factor, factor // 2 :: factor] == depth).all()


def test_the_digest_tells_runs_apart_and_equal_runs_are_equal(tmp_path, world):
    script = parse_script([{"ticks": 8, "controls": {"forward": 1}}], world.controls)
    other = parse_script([{"ticks": 8, "controls": {"turn": 2}}], world.controls)

    def digest(**changes):
        options = {"out": tmp_path, "script": script, "seed": 1} | changes
        return play_headless(world, HeadlessOptions(**options))["digest"]

    first = digest()
    assert first == digest()
    assert len({first, digest(seed=2), digest(start=1), digest(script=other), digest(seconds=1.0)}) == 5


def test_the_run_is_what_a_session_gives_for_the_same_inputs(tmp_path, world):
    script = parse_script([{"ticks": 5, "controls": {"turn": 2}}, {"ticks": 2}], world.controls)
    report = play_headless(world, HeadlessOptions(tmp_path, script=script, seed=4, start=2))
    session = world.session(seed=4, start=2)
    frames = [session.step(controls) for controls in script]
    last = frames[-1].pixels
    with Image.open(tmp_path / "contact-sheet.png") as image:
        sheet = np.asarray(image)
    assert report["ticks"] == 7
    # The seventh frame starts the second row of six; its middle survives any upscaler's edges.
    factor = 192 // 16
    top, left = 4 + 12 * factor + 4, 4
    tile = sheet[top : top + 12 * factor, left : left + 192]
    assert np.abs(tile.mean((0, 1)) - last.mean((0, 1))).max() < 6


def test_in_real_time_the_clock_counts_and_there_is_no_digest(tmp_path, world):
    report = play_headless(world, HeadlessOptions(tmp_path, seconds=0.5, realtime=True, fps=60.0))
    assert report["realtime"] and report["digest"] is None and report["steps"] is None
    assert report["rate_hz"] == 60.0 and report["ticks"] + report["missed"] >= 30
    with av.open(str(tmp_path / "demo.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30


def test_without_a_clock_a_slow_tick_is_a_missed_one(tmp_path, world):
    report = play_headless(world, HeadlessOptions(tmp_path, seconds=0.3, budget_ms=1e-6))
    assert report["missed"] == report["ticks"] > 0


def test_less_than_a_tick_is_refused(tmp_path, world):
    with pytest.raises(PlayError, match="less than a tick"):
        play_headless(world, HeadlessOptions(tmp_path / "out", seconds=0.001))
    assert not (tmp_path / "out").exists()


def test_a_run_that_fails_leaves_no_film(tmp_path, world):
    class Broken(InputScript):
        def at(self, index):
            return super().at(index) if index < 5 else {"jump": 1}

    script = Broken(world.controls.rest, ((10, world.controls.rest),))
    with pytest.raises(ControlError):
        play_headless(world, HeadlessOptions(tmp_path, script=script))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_interrupted_leaves_no_film(tmp_path, world):
    def interrupt(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play_headless(world, HeadlessOptions(tmp_path, seconds=1.0), interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path, world):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        play_headless(world, HeadlessOptions(tmp_path / "file", seconds=0.2))
