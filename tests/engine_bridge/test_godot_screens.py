"""What the Godot bridge draws, compared as pictures: real Godot on a virtual screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import worldsdk
from tests.engine_bridge.godot_engine import Godot
from tests.engine_bridge.serving import serving
from tests.support import install_tiny_family, tiny_pack

WALL_METERS = 3.0
UNITS_PER_METER = 0.1
"""Of the tiny world's depth, which goes from 0 to 1: the far end is 10 m away."""


@pytest.fixture(scope="module")
def godot(tmp_path_factory: pytest.TempPathFactory) -> Godot:
    return Godot.of_a_copy(tmp_path_factory)


@pytest.fixture(scope="module")
def server(godot: Godot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server of a world with a depth layer, whose frames are larger than 64 KiB."""
    env = install_tiny_family(tmp_path_factory.mktemp("family"))
    config = {"height": 192, "width": 256, "history": 3, "max_steps": 4}
    pack = tiny_pack(tmp_path_factory.mktemp("packs") / "large", config=config)
    with serving(tmp_path_factory.mktemp("large"), world=pack, env=env) as (url, _):
        yield url


def picture(path: Path) -> NDArray[np.int16]:
    return np.array(Image.open(path).convert("RGB")).astype(np.int16)


def test_frames_above_64_kib_pass_both_ways(godot: Godot, server: str) -> None:
    report = godot.result("tests/large.gd", "--url", server)
    assert report["bytes"] == 192 * 256 * 3
    assert report["layer"] == 192 * 256 * 2
    assert report["snapshot"] > 65536
    assert report["restored"] is True and report["observed"] is True
    assert report["codecs"] == {"jpeg": True, "webp": True, "png": True}


def test_screen_depth_and_background(godot: Godot, server: str, tmp_path: Path) -> None:
    out = tmp_path / "shot"
    arguments = (
        "--url",
        server,
        "--seed",
        "2",
        "--wall",
        str(WALL_METERS),
        "--units",
        str(UNITS_PER_METER),
        "--out",
        out,
    )
    report = godot.drawn("tests/drawn.gd", *arguments, size="512x384")
    assert report["size"] == [512, 384]
    with worldsdk.connect(server, layers=["depth"]) as world:
        session = world.session(seed=2)
        frame = session.step({"forward": 1.0})
    assert frame.digest() == report["digest"]
    twice = frame.pixels.repeat(2, 0).repeat(2, 1).astype(np.int16)

    # A screen shows the frame as it is.
    screen = picture(tmp_path / "shot-screen.png")
    assert np.abs(screen - twice).max() <= 1

    # Among the world's depths a wall of the engine's hides what lies behind it, and nothing else.
    depth = np.array(report["depths"]).reshape(192, 256)
    assert np.abs(depth - frame.layers["depth"]).max() < 1e-4
    meters = (depth / UNITS_PER_METER).repeat(2, 0).repeat(2, 1)
    drawn = picture(tmp_path / "shot-depth.png")
    red = (drawn == [255, 0, 0]).all(-1)
    clear = np.abs(meters - WALL_METERS) > 0.02
    assert 0.05 < red.mean() < 0.95
    assert (red == (meters > WALL_METERS))[clear].mean() > 0.999
    # Colours go to linear light and back, which costs dark ones a few steps.
    assert np.abs(drawn - twice)[~red & clear].max() <= 8

    # Behind a cube the frame is seen all around it, and the camera stands where the pose says.
    behind = picture(tmp_path / "shot-background.png")
    cube = (behind == [255, 0, 0]).all(-1)
    rows, columns = np.nonzero(cube)
    assert 0.005 < cube.mean() < 0.1
    assert abs(rows.mean() - 191.5) < 3 and abs(columns.mean() - 255.5) < 3
    assert np.abs(behind - twice)[~cube].max() <= 2
    heading = np.deg2rad(frame.state["heading"])
    expected = [frame.state["x"], -frame.state["y"], np.cos(heading), -np.sin(heading)]
    assert report["camera"] == pytest.approx(expected, abs=1e-3)


@pytest.fixture(scope="module")
def maze(godot: Godot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server of doom-maze."""
    with serving(tmp_path_factory.mktemp("maze"), world="doom-maze") as (url, _):
        yield url


RED, GREEN = [255, 0, 0], [0, 255, 0]


def coloured(path: Path, colour: list[int]) -> NDArray[np.bool_]:
    """[H, W]: where a picture has exactly that colour, which no picture of the maze has."""
    found: NDArray[np.bool_] = (picture(path) == colour).all(-1)
    return found


def test_boxes_stand_among_the_walls_that_doom_maze_dreams(godot: Godot, tmp_path: Path) -> None:
    # Frames so small that each of their pixels is many of the window's.
    with serving(tmp_path, "--variant", "64x48", world="doom-maze") as (url, _):
        boxes_among_walls(godot, url, tmp_path)


def boxes_among_walls(godot: Godot, maze: str, tmp_path: Path) -> None:
    out = tmp_path / "depth"
    report = godot.drawn("tests/depth.gd", "--url", maze, "--seed", "3", "--out", out, size="320x288")
    assert report["heard"] == [] and report["tick"] == 12
    with worldsdk.connect(maze, layers=["depth"]) as world:
        session = world.session(seed=3)
        for _ in range(12):
            frame = session.step({"forward": 1.0})
    assert frame.digest() == report["digest"]
    depth = np.array(report["depths"]).reshape(48, 64)
    # The layer travels in 65,536 steps.
    assert np.abs(depth - frame.layers["depth"]).max() < 0.1

    # Without the world both boxes are seen, where they were put; its pixels are 5 x 6 of the window's.
    bare, boxes = (tmp_path / f"depth-{name}.png" for name in ("bare", "boxes"))
    for colour, spot in ((RED, report["before"]), (GREEN, report["behind"])):
        rows, columns = np.nonzero(coloured(bare, colour))
        assert len(rows) > 100
        assert abs(columns.mean() - 5 * (spot[0] + 0.5)) < 3 and abs(rows.mean() - 6 * (spot[1] + 0.5)) < 3
    # Among its walls the one before a wall is seen whole, and nothing of the one behind a wall.
    assert (coloured(boxes, RED) == coloured(bare, RED)).all()
    assert not coloured(boxes, GREEN).any()

    # A plane through the maze hides what is farther, to the pixel, and nothing that is nearer.
    red = coloured(tmp_path / "depth-plane.png", RED)
    farther = (depth > report["plane"]).repeat(6, 0).repeat(5, 1)
    clear = np.abs(depth / report["plane"] - 1.0).repeat(6, 0).repeat(5, 1) > 0.01
    assert 0.2 < red.mean() < 0.8
    assert (red == farther)[clear].mean() > 0.999


@pytest.mark.parametrize("scene", ["screen", "background", "depth"])
def test_doom_maze_is_played_in_a_scene(godot: Godot, maze: str, scene: str, tmp_path: Path) -> None:
    """On a quad in a level, behind what the engine draws, and around it. By what came, not by how fast."""
    out = tmp_path / "maze"
    report = godot.drawn("tests/scene.gd", "--scene", scene, "--url", maze, "--out", out, size="320x240")
    assert report["heard"] == []
    assert report["playing"] is True and report["held"] is True and report["moved"] is True
    assert report["frames"] > 20
    turned = abs(report["second"]["heading"] - report["first"]["heading"]) % 360.0
    assert 4.0 < turned < 356.0
    first, second = (picture(tmp_path / f"maze-{number}.png") for number in (1, 2))
    assert first.std() > 10.0
    assert (np.abs(first - second).max(-1) > 16).mean() > 0.03


def test_through_the_door_and_back(godot: Godot, maze: str, tmp_path: Path) -> None:
    """The demo: Godot's view becomes the world's memory, the world goes on from it, rewinding leads out."""
    out = tmp_path / "door"
    report = godot.drawn("tests/door.gd", "--url", maze, "--out", out, size="320x240")
    assert report["heard"] == []
    assert report["ready"] is True and report["through"] is True and report["out"] is True
    assert report["deepest"] > report["entered"] + 10
    assert report["back"] == report["entered"] - 1
    assert report["walking"] is True and report["paused"] is True
    before, inside, after = (
        picture(tmp_path / f"door-{name}.png")[60:200] for name in ("before", "inside", "after")
    )
    assert np.abs(before - inside).mean() > 5.0
    assert np.abs(before - after).mean() < 1.0
    seen = picture(tmp_path / "door-seen.png")
    assert seen.shape == (192, 256, 3) and seen.std() > 5.0
