"""The demos that need a server, each as a process of its own against a served world."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests.client.served import serving_world
from tests.play.conftest import make_world
from tests.support import REPOSITORY


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demos")
    with serving_world(make_world()) as url:

        def start(name, *arguments):
            done = subprocess.run(
                [sys.executable, str(REPOSITORY / "demos" / name), url, *arguments],
                cwd=folder, capture_output=True, text=True, timeout=120,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            return done.stdout, folder

        yield start


def test_ten_lines_play_the_same_world_as_here(run):
    said, _ = run("06_ten_lines.py", "--ticks", "12")
    session = make_world().session(seed=7)
    for _ in range(12):
        frame = session.step({"forward": 1})
    assert "Tiny: held forward for 12 ticks" in said and f"digest {frame.digest()[:16]}" in said


def test_two_players_share_one_world(run):
    said, _ = run("07_two_players.py", "--seconds", "1.5")
    ticks = dict(re.findall(r"(first|second) +held \w+: saw \d+ frames to tick (\d+)", said))
    assert set(ticks) == {"first", "second"}
    # The second came to a world that the first had already been in, and turned it for both.
    headings = [float(found) for found in re.findall(r"'heading': ([\d.]+)", said)]
    walked = [float(found) for found in re.findall(r"'x': ([-\d.]+)", said)]
    assert len(headings) == len(walked) == 2
    assert re.search(r"they were \d+ ticks apart", said)


def test_a_late_viewer_begins_at_the_present(run):
    said, folder = run("08_late_viewer.py", "--ticks", "10")
    player, viewer = map(int, re.search(r"player was at tick (\d+);.*frame is tick (\d+)", said).groups())
    assert player >= 10 and viewer >= player - 2 and "key frame: True" in said
    with Image.open(folder / "late.png") as picture:
        assert np.asarray(picture).std() > 1.0


def test_readme_has_the_ten_lines_as_they_are():
    demo = (REPOSITORY / "demos" / "06_ten_lines.py").read_text()
    body = demo[demo.index("with worldsdk.connect(") :]
    body = body.replace("args.url", '"localhost:8765"').replace("args.ticks", "70")
    assert body in (REPOSITORY / "README.md").read_text()
