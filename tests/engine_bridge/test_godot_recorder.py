"""From a Godot game to a dataset and to a world: the recorder in real Godot, and the demo game end to end."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine_bridge.godot_engine import Godot, find_godot
from tests.engine_bridge.recording import receiving
from tests.engine_bridge.serving import serving
from tests.support import REPOSITORY
from worldsdk.cli.main import main
from worldsdk.data.reader import Dataset
from worldsdk.packs import open_pack

GAME = REPOSITORY / "demos" / "godot-game"
ROWS = 120
TURN = 6.0
EYE_HEIGHT = 41.0
"""Of the game: degrees a tick, and map units above the ground."""


@pytest.fixture(scope="module")
def godot(tmp_path_factory: pytest.TempPathFactory) -> Godot:
    return Godot.of_a_copy(tmp_path_factory)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo game recorded of itself, playing by itself."""
    binary = find_godot()
    if binary is None:
        pytest.skip("Godot 4.3 or newer was not found: set GODOT, or run engine_bridge/godot/setup.sh")
    folder = tmp_path_factory.mktemp("yard")
    # As a new user has it: the add-on copied into the project.
    shutil.copytree(GAME, folder / "game", ignore=shutil.ignore_patterns(".godot"))
    game = Godot(binary, folder / "game")
    imported = game.call("--headless", "--import")
    assert not re.search(r"SCRIPT ERROR|Parse Error", imported.stdout), imported.stdout[-4000:]
    with receiving(folder / "set", "--frames", str(ROWS)) as (url, _):
        done = game.call(
            *("--rendering-driver", "opengl3", "--audio-driver", "Dummy", "--fixed-fps", "30"),
            *("--resolution", "256x192", "--", "--record", url, "--explore", "--seed", "3"),
            screen=True,
        )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "SCRIPT ERROR" not in done.stdout and "leaked" not in done.stdout, done.stdout[-4000:]
    assert f"{ROWS} in " in done.stdout and " 0 dropped" in done.stdout, done.stdout[-4000:]
    return folder / "set"


def test_what_was_recorded_is_what_happened(recorded: Path) -> None:
    data = Dataset.open(recorded, verify="sha256", strict=True)
    assert len(data) == ROWS and data.info.rate_hz == 30.0
    assert (data.info.width, data.info.height) == (64, 48)
    controls = list(data.info.controls.names)
    assert controls == ["turn", "forward", "back", "left", "right"]
    assert data.info.controls["forward"].keys == {"KeyW": 1.0, "ArrowUp": 1.0}
    assert data.info.controls["turn"].keys == {"ArrowLeft": -TURN, "ArrowRight": TURN}
    x, y, heading, vx, vy = np.asarray(data.variables[:]).T
    follows = np.diff(data.episode[:]) == 0
    # Controls lead to their row: a turn is seen in the very picture that it belongs to.
    turned = (np.diff(heading) + 180.0) % 360.0 - 180.0
    assert np.abs(turned + TURN * data.controls[:][1:, 0])[follows].max() < 1e-3
    assert np.allclose(np.diff(x)[follows], vx[1:][follows], atol=1e-2)
    assert np.allclose(np.diff(y)[follows], vy[1:][follows], atol=1e-2)
    assert np.hypot(vx, vy).max() > 2.0, "nobody walked"
    # Of an episode's first row nothing leads to it.
    first = [episode.start for episode in data.episodes]
    assert not data.controls[:][first].any() and not vx[first].any()


def test_pictures_and_depths_are_of_one_moment(recorded: Path) -> None:
    data = Dataset.open(recorded)
    pixels, depth = data.pixels[:], data.layers["depth"][:]
    assert pixels.std() > 20.0
    moved = np.abs(np.diff(pixels.astype(int), axis=0)).mean((1, 2, 3))
    assert np.median(moved) > 1.0
    # The sky is as far as depth goes, and nowhere else is that colour.
    sky = (np.abs(pixels.astype(int) - [140, 179, 217]) < 6).all(-1)
    assert sky.any() and (depth[sky] > 700.0).mean() > 0.95
    # Where the ground is at the lower edge, it is as far as the eye is high above it.
    down = (47 + 0.5 - 24) / 32
    ground = EYE_HEIGHT / down
    near = np.abs(depth[:, 47, :] - ground) < 0.1
    assert near.mean() > 0.3
    assert depth[:, 47, :].max() < ground + 0.1


def trained(recipe: str, recorded: Path, folder: Path, steps: int) -> Path:
    """A few steps of a recipe of the game's, in smaller batches: that it comes to an end is what counts."""
    text = (GAME / recipe).read_text("utf-8")
    small = re.sub(r"(batch|pixels|unroll) = \d+", r"\1 = 2", text).replace("[32, 64, 96]", "[8, 8, 16]")
    (folder / recipe).write_text(small)
    words = ["train", str(folder / recipe), "--data", str(recorded), "--out", str(folder / "run"), "--quiet"]
    assert main([*words, "--steps", str(steps), "--device", "cpu", "--threads", "1"]) == 0
    return folder / "run" / "pack"


def test_it_trains_with_pose_and_depth(recorded: Path, tmp_path: Path) -> None:
    pack = open_pack(trained("yard.toml", recorded, tmp_path, steps=5))
    pack.verify()
    assert pack.manifest.controls.names == ("turn", "forward", "back", "left", "right")
    assert pack.manifest.provenance["finished"] is True


def test_the_connection_and_what_is_refused_before_it(godot: Godot, tmp_path: Path) -> None:
    with receiving(tmp_path / "set") as (url, _):
        report = godot.result("tests/recording.gd", "--url", url)
    codes = [code for code, _ in report["refusals"]]
    assert codes == ["control_spec_invalid"] * 3 + ["record_invalid"]
    assert "no_such_action" in report["refusals"][1][1] and "--headless" in report["refusals"][3][1]
    good, bad = report["good"], report["bad"]
    assert good["heard"] == [["ready", 0], ["over", "", "", 40, 2]] and good["sent"] == 40
    assert bad["heard"][0] == ["ready", 40]
    assert bad["heard"][1][1] == "record_invalid" and "variable 'x': is 7" in bad["heard"][1][2]
    data = Dataset.open(tmp_path / "set")
    assert [len(e) for e in data.episodes] == [20, 20]
    assert data.pixels[:][:, 0, 0, 0].tolist() == list(range(40))
    described, first, second = report["controls"]
    assert described[0]["keys"] == {"KeyW": 2.0} and described[0]["pad"] == {"LeftStickY": -2.0}
    assert first == {"walk": pytest.approx(1.0), "look": 6.0} and second == {"look": 3.0}


SHOT = """
extends SceneTree

func _initialize() -> void:
	_go.call_deferred()


func _go() -> void:
	var twin := (load("res://game/twin.tscn") as PackedScene).instantiate()
	root.add_child(twin)
	var client: WorldClient = twin.client
	var ends := Time.get_ticks_msec() + 60_000
	while client.shown == null and Time.get_ticks_msec() < ends:
		await process_frame
	await client.pause()
	# A start is a recorded moment: there is a place in the yard where it was.
	await client.start(1, 0)
	for _frame in 5:
		await process_frame
	twin.walker.set_physics_process(false)
	twin._together = false
	twin._on_presented(client.shown)
	for _frame in 5:
		await process_frame
	await RenderingServer.frame_post_draw
	var out := OS.get_cmdline_user_args()[-1]
	root.get_texture().get_image().save_png(out + ".png")
	client.shown.image().save_png(out + "-frame.png")
	var report := {"state": client.state, "x": twin.walker.position.x, "z": twin.walker.position.z,
		"yaw": rad_to_deg(twin.walker.rotation.y)}
	print("RESULT ", JSON.stringify(report))
	twin.queue_free()
	await process_frame
	quit(0)
"""


def test_the_world_stands_beside_its_game(recorded: Path, tmp_path: Path) -> None:
    """The twin scene: what was trained is served back into the game, at the same place."""
    pack = trained("yard-pictures.toml", recorded, tmp_path, steps=2)
    binary = find_godot()
    assert binary is not None
    project = recorded.parent / "game"
    (project / "shot.gd").write_text(SHOT)
    with serving(tmp_path, world=pack) as (url, _):
        report = Godot(binary, project).drawn("shot.gd", "--url", url, tmp_path / "twin", size="768x576")
    state = report["state"]
    assert report["x"] * 32 == pytest.approx(state["x"], abs=0.1)
    assert -report["z"] * 32 == pytest.approx(state["y"], abs=0.1)
    turned = (report["yaw"] + 90 - state["heading"] + 180) % 360 - 180
    assert abs(turned) < 0.1
    picture = np.asarray(Image.open(tmp_path / "twin.png").convert("RGB")).astype(float)
    frame = np.asarray(Image.open(tmp_path / "twin-frame.png").convert("RGB")).astype(float)
    left, right = picture[160:410, 10:370], picture[160:410, 400:750]
    # What the engine draws there, and beside it what the model drew.
    assert left.std() > 15.0
    assert np.abs(right.mean((0, 1)) - frame.mean((0, 1))).max() < 16.0
