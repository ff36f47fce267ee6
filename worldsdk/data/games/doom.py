"""ViZDoom scenarios as recordable games (the optional extra ``doom``).

Every engine tick is one frame, 35 a second. What is not part of the world is switched off: status bar,
weapon, crosshair, messages, particles, decals, flashes of the screen, and the bobbing of the view, so that
the camera stays at one height and a frame depends on the position alone.

Conventions, checked by the tests against the engine:

- ``turn`` is in degrees per tick, positive to the right. ``heading`` is the engine's angle: degrees
  counter-clockwise from east (+x), so ``heading[t] = heading[t - 1] - turn[t]``, to the engine's 1/182 degree.
- ``x``, ``y`` are in map units; ``vx``, ``vy`` in map units per tick, after that tick's friction (0.906).
- ``depth`` is the distance along the viewing direction (not along the ray). The engine's buffer has whole
  numbers ``d``; comparing it with wall distances worked out from the map's lines gives
  ``depth = 7.14 d + 8.9`` map units, linear within the rounding of 3.6, up to d = 102 (737 map units), where
  it saturates: everything farther says 737. Sky has the depth of the ceiling that it is drawn on.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.data.format import LayerInfo
from worldsdk.data.games.game import GameInfo, Observation
from worldsdk.errors import MissingExtraError, RecordError
from worldsdk.models.interface import Variable

RATE_HZ = 35.0
DEPTH_STEP = 7.14
DEPTH_OFFSET = 8.9
DEPTH_LEVELS = 102
DEPTH_HIGH = DEPTH_STEP * DEPTH_LEVELS + DEPTH_OFFSET

CLASSES = ("background", "monster", "health", "armor", "weapon", "ammo", "other")
_CATEGORY = {name: index for index, name in enumerate(CLASSES)}

SCENARIOS = {"doom-field": "health_gathering", "doom-maze": "my_way_home"}
"""World name -> ViZDoom scenario; any other bundled scenario is ``doom:<scenario>``."""

_RESOLUTIONS = ((160, 120), (256, 192), (320, 240), (400, 300), (512, 384), (640, 480), (1024, 768))
_MOVES = (
    ("forward", "MOVE_FORWARD", ("KeyW", "ArrowUp"), {"LeftStickY": -1.0, "DPadUp": 1.0}, "walk forward"),
    ("back", "MOVE_BACKWARD", ("KeyS", "ArrowDown"), {"LeftStickY": 1.0, "DPadDown": 1.0}, "walk backward"),
    ("left", "MOVE_LEFT", ("KeyA",), {"LeftStickX": -1.0, "DPadLeft": 1.0}, "step to the left"),
    ("right", "MOVE_RIGHT", ("KeyD",), {"LeftStickX": 1.0, "DPadRight": 1.0}, "step to the right"),
)
TURN = Control(
    "turn",
    "axis",
    low=-8.0,
    high=8.0,
    unit="degrees/tick",
    keys={"ArrowLeft": -4.0, "ArrowRight": 4.0},
    pad={"RightStickX": 8.0},
    mouse=("x", 0.15),
    help="turn, positive to the right",
)
ATTACK = Control("attack", keys={"Space": 1.0}, pad={"A": 1.0}, help="fire")


def doom_controls(*, attack: bool) -> ControlSpec:
    """The control spec of every Doom world; ``attack`` only where the scenario has it."""
    moves = tuple(
        Control(name, keys=dict.fromkeys(keys, 1.0), pad=pad, help=text) for name, _, keys, pad, text in _MOVES
    )
    return ControlSpec((*moves, TURN, ATTACK) if attack else (*moves, TURN))


class DoomGame:
    """A ViZDoom scenario behind the ``Game`` protocol.

    Args:
        name: a key of ``SCENARIOS`` or ``doom:<scenario>``.
        width, height: of the frames, 4 to 3; they must divide one of the engine's resolutions by 2 or more.

    Raises:
        MissingExtraError: ViZDoom is not installed.
        RecordError: no such scenario, or a size that the engine's resolutions do not divide into.
    """

    def __init__(self, name: str = "doom-field", width: int = 64, height: int = 48) -> None:
        try:
            import vizdoom
        except ImportError:
            raise MissingExtraError(
                "ViZDoom is not installed", where=name, fix="pip install 'worldsdk[doom]'"
            ) from None
        self._vizdoom = vizdoom
        scenario = SCENARIOS.get(name, name.removeprefix("doom:"))
        config = Path(vizdoom.scenarios_path) / f"{scenario}.cfg"
        wad = config.with_suffix(".wad")
        if not config.name == f"{scenario}.cfg" or not config.is_file() or not wad.is_file():
            known = sorted(p.stem for p in Path(vizdoom.scenarios_path).glob("*.wad"))
            raise RecordError(f"ViZDoom has no scenario {scenario!r}", where=name, fix=f"it has {known}")
        self._screen = _screen_for(width, height)
        self._factor = self._screen[0] // width
        self._folder = tempfile.mkdtemp(prefix="worldsdk-doom-")
        self._game = self._start(str(config))
        lines = self._bounds()
        attack = "attack" in self._controls.names
        self._info = GameInfo(
            game=name,
            height=height,
            width=width,
            controls=self._controls,
            variables=(
                Variable("x", lines[0], lines[2], "map units"),
                Variable("y", lines[1], lines[3], "map units"),
                Variable("heading", 0.0, 360.0, "degrees", 360.0),
                Variable("vx", -16.0, 16.0, "map units/tick"),
                Variable("vy", -16.0, 16.0, "map units/tick"),
                Variable("health", 0.0, 100.0, "points"),
            ),
            layers=(
                LayerInfo(
                    "depth",
                    "float16",
                    (height, width),
                    DEPTH_OFFSET,
                    DEPTH_HIGH,
                    "map units",
                    help="distance along the viewing direction, mean over the pixel; "
                    f"saturates at {DEPTH_HIGH:.0f}, rounding {DEPTH_STEP / 2:.1f}",
                ),
                LayerInfo(
                    "labels",
                    "uint8",
                    (height, width),
                    0.0,
                    float(len(CLASSES) - 1),
                    "class",
                    classes=CLASSES,
                    help="kind of object that covers at least a quarter of the pixel",
                ),
            ),
            rate_hz=RATE_HZ,
            licence="BSD-3-Clause (Freedoom art); MIT (ViZDoom scenario)",
            notices={
                "FREEDOOM.txt": _notice("FREEDOOM.txt"),
                "VIZDOOM-SCENARIOS.txt": _notice("VIZDOOM-SCENARIOS.txt"),
            },
            settings={
                "engine": "vizdoom",
                "scenario": scenario,
                "screen": list(self._screen),
                "frame_skip": 1,
                "view_bobbing": False,
                "attack": attack,
            },
            versions={"vizdoom": version("vizdoom")},
        )
        self._last = self._blank()

    @property
    def info(self) -> GameInfo:
        return self._info

    def reset(self, seed: int) -> Observation:
        self._game.set_seed(seed)
        self._game.new_episode()
        observation = self._observe(0.0)
        if observation is None:
            raise RecordError(f"the episode of seed {seed} ended before it began", where=self._info.game)
        return observation

    def step(self, controls: Controls) -> Observation:
        # One degree of the delta button is one degree of turn; the others are 0 or 1.
        reward = float(self._game.make_action([controls[name] for name in self._controls.names], 1))
        observation = self._observe(reward)
        if observation is None:
            last = self._last
            return Observation(
                last.pixels, last.variables, last.layers, reward=reward, ended=True, drawn=False
            )
        return observation

    def close(self) -> None:
        self._game.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, config: str) -> Any:
        vizdoom = self._vizdoom
        game = vizdoom.DoomGame()
        game.load_config(config)
        names = {str(button).rpartition(".")[2] for button in game.get_available_buttons()}
        self._controls = doom_controls(attack="ATTACK" in names)
        buttons = [getattr(vizdoom.Button, engine) for _, engine, *_ in _MOVES]
        buttons.append(vizdoom.Button.TURN_LEFT_RIGHT_DELTA)
        if "attack" in self._controls.names:
            buttons.append(vizdoom.Button.ATTACK)
        game.set_available_buttons(buttons)
        variable = vizdoom.GameVariable
        game.set_available_game_variables(
            [
                variable.POSITION_X,
                variable.POSITION_Y,
                variable.ANGLE,
                variable.VELOCITY_X,
                variable.VELOCITY_Y,
                variable.HEALTH,
            ]
        )
        for part in (
            "hud",
            "minimal_hud",
            "crosshair",
            "weapon",
            "decals",
            "particles",
            "effects_sprites",
            "messages",
            "corpses",
            "screen_flashes",
        ):
            getattr(game, f"set_render_{part}")(False)
        game.set_screen_resolution(getattr(vizdoom.ScreenResolution, "RES_{}X{}".format(*self._screen)))
        game.set_screen_format(vizdoom.ScreenFormat.RGB24)
        game.set_depth_buffer_enabled(True)
        game.set_labels_buffer_enabled(True)
        game.set_sectors_info_enabled(True)
        game.set_window_visible(False)
        game.set_sound_enabled(False)
        game.set_mode(vizdoom.Mode.PLAYER)
        game.set_episode_timeout(0)
        game.set_doom_config_path(os.path.join(self._folder, "engine.ini"))
        game.add_game_args("+movebob 0")
        # The engine leaves a folder of its own where it is started.
        here = os.getcwd()
        os.chdir(self._folder)
        try:
            game.init()
        except Exception as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise RecordError(f"ViZDoom did not start ({error})", where=config) from error
        finally:
            os.chdir(here)
        return game

    def _bounds(self) -> tuple[float, float, float, float]:
        lines = [line for sector in self._game.get_state().sectors for line in sector.lines]
        xs = [x for line in lines for x in (line.x1, line.x2)]
        ys = [y for line in lines for y in (line.y1, line.y2)]
        # The sectors never change; leaving them out of every later state saves time.
        self._game.set_sectors_info_enabled(False)
        return float(min(xs)), float(min(ys)), float(max(xs)), float(max(ys))

    def _blank(self) -> Observation:
        height, width = self._info.height, self._info.width
        return Observation(
            np.zeros((height, width, 3), np.uint8), np.zeros(len(self._info.variables), np.float32)
        )

    def _observe(self, reward: float) -> Observation | None:
        # After the last tick of an episode the engine has no state: there is no picture of it.
        state = self._game.get_state()
        if state is None:
            return None
        classes = np.zeros(256, np.uint8)
        for label in state.labels:
            category = str(label.object_category).lower()
            classes[label.value] = _CATEGORY.get(category, len(CLASSES) - 1)
        size = (self._info.width, self._info.height)
        self._last = Observation(
            pixels=np.asarray(Image.fromarray(state.screen_buffer).resize(size, Image.Resampling.BOX)),
            variables=state.game_variables.astype(np.float32),
            layers={
                "depth": pool_depth(state.depth_buffer, self._factor),
                "labels": pool_labels(classes[state.labels_buffer], self._factor),
            },
            reward=reward,
        )
        return self._last


def pool_depth(buffer: NDArray[np.uint8], factor: int) -> NDArray[np.float16]:
    """Means of factor x factor blocks of the engine's depth, in map units, float16."""
    rows = sum(buffer[i::factor].astype(np.uint16) for i in range(factor))
    total = sum(np.asarray(rows)[:, i::factor] for i in range(factor))
    depth = np.asarray(total, np.float32) * (DEPTH_STEP / factor**2) + DEPTH_OFFSET
    return depth.astype(np.float16)


def pool_labels(classes: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """The class that covers at least a quarter of each factor x factor block, else background."""
    height, width = classes.shape[0] // factor, classes.shape[1] // factor
    pooled = np.zeros((height, width), np.uint8)
    for value in np.unique(classes):
        if value:
            blocks = (classes == value).reshape(height, factor, width, factor)
            pooled[blocks.sum(axis=(1, 3)) * 4 >= factor * factor] = value
    return pooled


def _screen_for(width: int, height: int) -> tuple[int, int]:
    if width > 0 and height > 0:
        for across, down in _RESOLUTIONS:
            factor = across // width
            if factor >= 2 and across == width * factor and down == height * factor:
                return across, down
    raise RecordError(
        f"size is {width}x{height}", where="--size", fix="Doom gives 64x48, 80x60, 128x96, 160x120 or 320x240"
    )


def _notice(name: str) -> str:
    return (files("worldsdk.data") / "notices" / name).read_text("utf-8")
