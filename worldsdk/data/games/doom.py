"""ViZDoom scenarios as recordable games (the optional extra ``doom``).

Every engine tick is one frame, 35 a second. What is not part of the world is switched off: status bar,
weapon, crosshair, messages, particles, decals, flashes of the screen, and the bobbing of the view, so that
the camera stays at one height and a frame depends on the position alone. Units and signs: ``doom_spec``.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Controls
from worldsdk.data.games.doom_spec import (
    CLASSES,
    MOVES,
    RATE_HZ,
    SCENARIOS,
    Scenario,
    doom_controls,
    doom_layers,
    doom_variables,
    things_layer,
)
from worldsdk.data.games.game import GameInfo, Observation
from worldsdk.data.games.pool import pool_depth, pool_labels, pool_pixels
from worldsdk.data.games.things import Thing, ThingSlots
from worldsdk.errors import MissingExtraError, RecordError

_SCREENS = ((160, 120), (256, 192), (320, 240), (400, 300), (512, 384), (640, 480), (1024, 768))
_VARIABLES = ("POSITION_X", "POSITION_Y", "ANGLE", "VELOCITY_X", "VELOCITY_Y", "HEALTH")
_AMMO = ("AMMO2",)
_NOT_THE_WORLD = (
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
)
_CATEGORY = {name: index for index, name in enumerate(CLASSES)}
_OTHER = len(CLASSES) - 1


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
        scenario = SCENARIOS.get(name) or Scenario(name.removeprefix("doom:"))
        config = _config_of(scenario.file, name, Path(vizdoom.scenarios_path))
        screen = _screen_for(width, height)
        self._factor = screen[0] // width
        self._size = (width, height)
        self._folder = Path(tempfile.mkdtemp(prefix="worldsdk-doom-"))
        # Also where nobody calls close: an interrupted program leaves no folder behind.
        self._sweep = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._game, attack = _start(vizdoom, scenario, config, screen, self._folder)
        self._kinds = {name: index for index, name in enumerate(scenario.things, start=1)}
        self._slots = ThingSlots()
        corners = _corners(self._game)
        things = (things_layer(scenario.things, *corners),) if scenario.things else ()
        self.info = GameInfo(
            game=name,
            height=height,
            width=width,
            controls=doom_controls(attack=attack, walks=scenario.walks),
            variables=doom_variables(*corners, ammo=scenario.ammo),
            layers=(*doom_layers(height, width), *things),
            rate_hz=RATE_HZ,
            licence="BSD-3-Clause (Freedoom art); MIT (ViZDoom scenario)",
            notices={name: _notice(name) for name in ("FREEDOOM.txt", "VIZDOOM-SCENARIOS.txt")},
            settings={
                "engine": "vizdoom",
                "scenario": scenario.file,
                "screen": list(screen),
                "frame_skip": 1,
                "view_bobbing": False,
            },
            versions={"vizdoom": version("vizdoom")},
        )
        self._last: Observation | None = None

    def reset(self, seed: int) -> Observation:
        self._game.set_seed(seed)
        self._game.new_episode()
        self._slots.reset()
        observation = self._observe(0.0)
        if observation is None:
            raise RecordError(f"the episode of seed {seed} ended before it began", where=self.info.game)
        return observation

    def step(self, controls: Controls) -> Observation:
        if self._last is None:
            raise RecordError("step before reset", where=self.info.game, fix="call reset(seed) first")
        last = self._last
        # A delta button takes degrees as they are.
        reward = float(self._game.make_action([controls[name] for name in self.info.controls.names], 1))
        observation = self._observe(reward)
        if observation is not None:
            return observation
        self._last = None
        return Observation(last.pixels, last.variables, last.layers, reward=reward, ended=True, drawn=False)

    def close(self) -> None:
        self._game.close()
        self._sweep()

    def _observe(self, reward: float) -> Observation | None:
        # After the last tick of an episode the engine has no state: there is no picture of it.
        state = self._game.get_state()
        if state is None:
            return None
        classes = np.zeros(256, np.uint8)
        for label in state.labels:
            classes[label.value] = _CATEGORY.get(str(label.object_category).lower(), _OTHER)
        present = set(classes.tolist())
        layers: dict[str, NDArray[Any]] = {
            "depth": pool_depth(state.depth_buffer, self._factor),
            "labels": pool_labels(classes[state.labels_buffer], self._factor, present),
        }
        if self._kinds:
            x, y = (float(value) for value in state.game_variables[:2])
            layers["things"] = self._slots.update(self._things(state.objects), x, y)
        self._last = Observation(
            pixels=pool_pixels(state.screen_buffer, *self._size),
            variables=state.game_variables.astype(np.float32),
            layers=layers,
            reward=reward,
        )
        return self._last

    def _things(self, objects: Any) -> list[Thing]:
        return [
            Thing(o.id, self._kinds[o.name], o.position_x, o.position_y, o.position_z, o.angle)
            for o in objects
            if o.name in self._kinds
        ]


def _start(
    vizdoom: Any, scenario: Scenario, config: Path, screen: tuple[int, int], folder: Path
) -> tuple[Any, bool]:
    """Starts the engine. Returns it, and whether the scenario lets the player attack."""
    game = vizdoom.DoomGame()
    game.load_config(str(config))
    attack = any(button.name == "ATTACK" for button in game.get_available_buttons())
    names = doom_controls(attack=attack, walks=scenario.walks).names
    told = (*_VARIABLES, *_AMMO) if scenario.ammo else _VARIABLES
    game.set_available_buttons([getattr(vizdoom.Button, MOVES[name]) for name in names])
    game.set_available_game_variables([getattr(vizdoom.GameVariable, name) for name in told])
    for part in _NOT_THE_WORLD:
        getattr(game, f"set_render_{part}")(False)
    game.set_screen_resolution(getattr(vizdoom.ScreenResolution, f"RES_{screen[0]}X{screen[1]}"))
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_depth_buffer_enabled(True)
    game.set_labels_buffer_enabled(True)
    game.set_sectors_info_enabled(True)
    game.set_objects_info_enabled(bool(scenario.things))
    game.set_window_visible(False)
    game.set_sound_enabled(False)
    game.set_mode(vizdoom.Mode.PLAYER)
    game.set_episode_timeout(0)
    game.set_doom_config_path(str(folder / "engine.ini"))
    game.add_game_args("+movebob 0")
    try:
        # The engine leaves a folder of its own in the place where it is started.
        with contextlib.chdir(folder):
            game.init()
    except Exception as error:
        raise RecordError(f"ViZDoom did not start ({error})", where=str(config)) from error
    return game, attack


def _corners(game: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    lines = [line for sector in game.get_state().sectors for line in sector.lines]
    xs = [float(x) for line in lines for x in (line.x1, line.x2)]
    ys = [float(y) for line in lines for y in (line.y1, line.y2)]
    # The lines never move; leaving them out of every later state saves time.
    game.set_sectors_info_enabled(False)
    return (min(xs), min(ys)), (max(xs), max(ys))


def _config_of(scenario: str, name: str, folder: Path) -> Path:
    known = sorted(path.stem for path in folder.glob("*.wad") if path.with_suffix(".cfg").is_file())
    if scenario not in known:
        raise RecordError(f"ViZDoom has no scenario {scenario!r}", where=name, fix=f"it has {known}")
    return folder / f"{scenario}.cfg"


def _screen_for(width: int, height: int) -> tuple[int, int]:
    for across, down in _SCREENS:
        factor = across // width if width > 0 else 0
        if factor >= 2 and (across, down) == (width * factor, height * factor):
            return across, down
    raise RecordError(
        f"size is {width}x{height}",
        where="frame size",
        fix="Doom gives 64x48, 80x60, 128x96, 160x120 or 320x240",
    )


def _notice(name: str) -> str:
    return (files("worldsdk.data") / "notices" / name).read_text("utf-8")
