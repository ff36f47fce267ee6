"""The demos that need layers, on the bundled worlds that have them: films without a window."""

import os
import re
import subprocess
import sys
from itertools import pairwise

import av
import numpy as np
import pytest
from PIL import Image

from tests.support import REPOSITORY
from worldsdk.packs import open_pack, save_pack


@pytest.fixture
def run(tmp_path):
    def start(name, *arguments):
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "demos" / name), *arguments, "--out", "film.mp4"],
            cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with av.open(str(tmp_path / "film.mp4")) as container:
            film = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        with Image.open(tmp_path / "film.png") as image:
            assert image.width > 800
        return done.stdout, film

    return start


def ghosts(frame):
    """Pixels of the ghost's pale blue, which nothing in the Doom worlds has."""
    red, green, blue = np.moveaxis(frame.astype(int), 2, 0)
    return int(((blue > 205) & (green > 195) & (blue - red > 18)).sum())


def test_a_ghost_goes_behind_generated_walls(run):
    said, film = run("11_compositing.py", "--ticks", "60")
    drawn, whole, hidden = map(int, re.search(r"drawn (\d+) times: (\d+) times whole, (\d+)", said).groups())
    assert len(film) == drawn == 60 and whole > 10 and hidden > 10
    sizes = [ghosts(frame) for frame in film]
    # It is seen in the film as often as the demo says that it was drawn.
    assert max(sizes) > 1500 and sum(size < max(sizes) / 10 for size in sizes) >= hidden
    assert sum(size > max(sizes) / 2 for size in sizes) >= whole / 2


@pytest.fixture
def sure(tmp_path):
    """doom-field with pictures of medkits that are there or not, whatever its training was sure of."""
    pack = open_pack("doom-field")
    model = pack.load_model("cpu")
    weights = model.state_dict()
    there = weights["painter.sprites.texels"][:, 3]
    there.copy_((there - (there.min() + there.max()) / 2.0) * 50.0)
    notices = {name: pack.read(name) for name in pack.manifest.notices}
    return save_pack(tmp_path / "sure", pack.manifest, weights, pack.load_starts(model.spec), notices)


def test_medkits_are_marked_and_the_display_changes(run, sure):
    said, film = run("11_compositing.py", str(sure), "--start", "1", "--ticks", "20")
    assert "drawn 20 times" in said
    red, green, blue = np.moveaxis(np.stack(film).astype(int), 3, 0)
    marked = (red > 200) & (green > 160) & (blue < 140)
    # Until the camera has turned away from them.
    assert (marked.sum((1, 2))[:10] > 40).all()
    # Bars on a plate, then numbers, then nothing: the corner lies dark, then bare.
    corner = np.s_[-50:-12, 20:120]
    bars, none = film[2][corner], film[18][corner]
    assert np.abs(bars.astype(int) - none).mean() > 10


def test_steering_teleports_heals_and_draws_a_map(run):
    said, film = run("12_steering.py", "--ticks", "75")
    teleports, heals, drawn = map(
        int, re.search(r"teleported (\d+) times, healed (\d+) times; the dream drew (\d+)", said).groups()
    )
    assert teleports == 1 and heals >= 1 and drawn >= 5 and len(film) == 75
    # The jump is a cut: picture and map change as they never do when walking.
    steps = [float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(film)]
    assert int(np.argmax(steps)) in (68, 69) and film[0].shape == (384, 512 + 384, 3)
