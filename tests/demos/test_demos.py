"""Every demo runs as a reader would run it: a process, a world, a screen that happens not to be there."""

import os
import re
import subprocess
import sys

import av
import numpy as np
import pytest
from PIL import Image

from tests.support import REPOSITORY, install_tiny_family, tiny_pack

DEMOS = sorted((REPOSITORY / "demos").glob("[0-9][0-9]_*.py"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demos")
    pack = tiny_pack(folder / "tiny")
    environment = os.environ | install_tiny_family(folder / "family")
    environment |= {"SDL_VIDEODRIVER": "dummy", "OMP_NUM_THREADS": "1"}

    def start(number, *arguments):
        demo = next(path for path in DEMOS if path.name.startswith(f"{number:02}_"))
        done = subprocess.run(
            [sys.executable, str(demo), str(pack), *arguments],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout, folder

    return start


def test_each_has_its_number_is_short_and_explained():
    numbers = [int(path.name[:2]) for path in DEMOS]
    assert len(set(numbers)) == len(numbers) and set(numbers) >= {1, 2, 3, 4, 5, 9, 10}
    for path in DEMOS:
        text = path.read_text()
        assert len(text.splitlines()) <= 60, path.name
        assert text.startswith(f'"""{int(path.name[:2])}. '), path.name
        assert re.search(rf"python demos/{path.name} (\[WORLD\]|\[?URL)", text), path.name


def test_a_filmstrip_of_two_rows(run):
    said, folder = run(1, "--ticks", "9", "--out", "strip.png")
    assert "forward" in said and "turn" in said and "saved strip.png" in said
    with Image.open(folder / "strip.png") as image:
        strip = np.asarray(image)
    assert strip.shape == (2 + 2 * (36 + 2), 2 + 8 * (48 + 2), 3)
    assert (strip[2:38] != strip[40:76]).mean() > 0.3


def test_playing_ends_at_the_tick_asked_for(run):
    said, _ = run(2, "--ticks", "12")
    assert "played 12 ticks" in said


def test_real_time_takes_the_time_it_says(run):
    said, _ = run(3, "--ticks", "35")
    beats = re.search(r"35 beats in ([\d.]+) s", said)
    assert beats and 0.9 < float(beats[1]) < 5.0
    assert re.search(r"missed \d+, p99 [\d.]+ ms", said)


def test_two_futures_part_and_meet(run):
    said, _ = run(4, "--ticks", "8")
    assert "goes on identically: True" in said
    assert "rewound both to tick 10; equal again: True" in said
    apart = re.search(r"after 14 ticks the futures differ by ([\d.]+)", said)
    assert apart and float(apart[1]) > 0.1


def test_the_agent_leaves_a_film_of_every_tick(run):
    said, folder = run(5, "--ticks", "20", "--out", "agent.mp4")
    walked, turned = map(int, re.search(r"walked (\d+) ticks, turned (\d+)", said).groups())
    assert walked + turned == 20
    with av.open(str(folder / "agent.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20


def test_an_agent_learns_in_the_dream(run):
    said, _ = run(9, "--steps", "512", "--envs", "8", "--actions", '[{}, {"forward": 1.0}, {"turn": 4.0}]')
    before, after = re.findall(r"return ([+-][\d.]+), (\d) of 8 episodes reached an end", said)
    assert "after 1024 dreamt frames" in said
    assert before[1] == after[1] == "0" and float(before[0]) != float(after[0])


def test_tree_search_looks_at_what_it_may_and_its_way_can_be_walked_again(run):
    said, _ = run(10, "--frames", "150", "--moves", "forward,turn")
    looked, places = map(int, re.search(r"looked at (\d+) frames, (\d+) places", said).groups())
    assert looked == 150 and 1 < places <= 151
    moves = re.search(r"way: (.+)", said)[1].split(", ")
    assert set(moves) <= {"forward", "turn"}
    assert f"walked its {len(moves)} moves, went back and walked them again: same frames: True" in said
