"""``worldsdk play`` as a user runs it: a process of its own on a tiny pack."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support import install_tiny_family, tiny_pack
from worldsdk.cli.main import main


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture
def environment(tmp_path, tmp_path_factory):
    """No display at all, and the tiny family installed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("SDL_VIDEODRIVER", None)
    family = install_tiny_family(tmp_path_factory.mktemp("family"))
    return kept | family | {"WORLDSDK_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}


def play(folder, environment, *arguments, **changes):
    command = [sys.executable, "-m", "worldsdk.cli.main", "play", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=environment | changes, capture_output=True, text=True, timeout=120
    )


def test_headless_with_inputs_twice_is_the_same_run(tmp_path, pack, environment):
    (tmp_path / "walk.json").write_text(
        json.dumps([{"ticks": 20, "controls": {"forward": 1}}, {"ticks": 10, "controls": {"turn": -4.0}}])
    )
    runs = []
    for out in ("a", "b"):
        done = play(
            tmp_path, environment, pack, "--headless", "--inputs", "walk.json", "--seed", 7, "--out", out
        )
        assert done.returncode == 0, done.stderr
        runs.append(json.loads((tmp_path / out / "timing.json").read_text()))
        assert f"{out}/demo.mp4" in done.stdout and runs[-1]["digest"] in done.stdout
    assert runs[0]["digest"] == runs[1]["digest"] and runs[0]["ticks"] == 30 and runs[0]["seed"] == 7


def test_without_a_display_it_says_so_and_plays_headless(tmp_path, pack, environment):
    done = play(tmp_path, environment, pack, "--seconds", 1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No window: there is no display")
    report = json.loads((tmp_path / "out" / "play" / "timing.json").read_text())
    assert report["ticks"] == 35
    assert "Traceback" not in done.stderr


def test_a_window_opens_plays_and_leaves_by_itself(tmp_path, pack, environment):
    done = play(tmp_path, environment, pack, "--seconds", 0.5, SDL_VIDEODRIVER="dummy")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-world"], "[pack_not_found]"),
        (["PACK", "--inputs", "bad.json"], "bad.json line 1 column 2"),
        (["PACK", "--headless", "--start", "99"], "start is 99"),
        (["PACK", "--headless", "--steps", "99"], "steps is 99"),
        (["PACK", "--headless", "--seconds", "0.001"], "less than a tick"),
        (["PACK", "--headless", "--realtime", "--fps", "5000", "--seconds", "1"], "fps is 5000"),
        (["PACK", "--headless", "--out", "bad.json"], "[storage_failed]"),
    ],
)
def test_errors_are_one_line(tmp_path, pack, environment, monkeypatch, capfd, arguments, says):
    (tmp_path / "bad.json").write_text("[oops")
    monkeypatch.chdir(tmp_path)
    assert main(["play", *[str(pack) if word == "PACK" else word for word in arguments]]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("worldsdk: ") and says in lines[0]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["bad.json"]


@pytest.mark.parametrize("option", ["--seconds", "--fps", "--budget-ms", "--seed", "--steps"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "x"])
def test_numbers_that_make_no_sense_are_wrong_use(capsys, option, value):
    with pytest.raises(SystemExit) as left:
        main(["play", "anything", option, value])
    assert left.value.code == 2 and option in capsys.readouterr().err


def test_help_teaches_by_examples(tmp_path, environment):
    done = play(tmp_path, environment, "--help")
    assert done.returncode == 0
    for words in ("examples:", "--headless", "--inputs", "walk.json", '"controls"'):
        assert words in done.stdout


@pytest.mark.parametrize("window", [True, False])
def test_ctrl_c_ends_it_cleanly(tmp_path, pack, environment, window):
    changes = {"SDL_VIDEODRIVER": "dummy"} if window else {}
    how = [] if window else ["--headless", "--realtime", "--seconds", "600", "--out", "film"]
    command = [sys.executable, "-m", "worldsdk.cli.main", "play", str(pack), *how]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment | changes, stderr=subprocess.PIPE, text=True
    )
    # The mark of a first start, or the film in the making, tells that it plays.
    sign = (tmp_path / "home").rglob if window else (tmp_path / "film").rglob
    ends = time.monotonic() + 60
    while not [path for path in sign("*") if path.is_file()] and time.monotonic() < ends:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stderr and "Exception" not in stderr
    assert not list(tmp_path.rglob("*.part"))
