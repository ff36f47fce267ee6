"""Any Gymnasium environment that shows pictures, as a recordable game (the optional extra ``gym``).

Pictures are the observation where it is one (uint8 [H, W, 3], or grey), else what ``render`` returns. How
actions become controls:

- ``Discrete(n)``: with nothing held action 0 is taken; actions 1 to n - 1 are one button each, and of
  several held buttons the first in the order of the control spec counts. An environment that names its
  actions (``get_action_meanings``) has its own "NOOP" as rest and its names on the buttons.
- ``MultiBinary(n)``: n buttons.
- ``Box`` of one dimension with finite limits and 0 inside: one axis an entry.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.data.games.game import GameInfo, Observation
from worldsdk.data.games.pool import pool_pixels
from worldsdk.errors import MissingExtraError, RecordError

_RATE_HZ = 30.0
_DIGITS = ("Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0")
_KEYS = {
    "left": ("ArrowLeft", "KeyA"),
    "right": ("ArrowRight", "KeyD"),
    "up": ("ArrowUp", "KeyW"),
    "down": ("ArrowDown", "KeyS"),
    "fire": ("Space",),
}
_PAD = {"left": "DPadLeft", "right": "DPadRight", "up": "DPadUp", "down": "DPadDown", "fire": "A"}
_AXIS_KEYS = (("ArrowLeft", "ArrowRight"), ("ArrowDown", "ArrowUp"), ("KeyA", "KeyD"), ("KeyS", "KeyW"))
_STICKS = ("LeftStickX", "LeftStickY", "RightStickX", "RightStickY")


class GymGame:
    """A Gymnasium environment behind the ``Game`` protocol.

    Args:
        name: the environment's id, e.g. ``CarRacing-v3``; ``package:id`` imports the package first.
        width, height: of the frames; pictures are box-averaged to that size.

    Raises:
        MissingExtraError: Gymnasium, or what the environment needs, is not installed.
        RecordError: no such environment, no pictures, or actions that cannot be controls.
    """

    def __init__(self, name: str, width: int = 64, height: int = 64) -> None:
        try:
            import gymnasium
        except ImportError:
            raise MissingExtraError(
                "Gymnasium is not installed", where=name, fix="pip install 'worldsdk[gym]'"
            ) from None
        try:
            self._env: Any = gymnasium.make(name, render_mode="rgb_array")
        except gymnasium.error.DependencyNotInstalled as error:
            raise MissingExtraError(f"a package is missing ({error})", where=name) from error
        except (gymnasium.error.Error, ImportError, TypeError) as error:
            raise RecordError(
                f"the environment cannot be made ({error})", where=name, fix="give a Gymnasium id"
            ) from error
        self._spaces = gymnasium.spaces
        self._size = (width, height)
        self._name = name
        try:
            spec = self._map_actions(self._env.action_space)
            observation, _ = self._env.reset(seed=0)
            self._picture(observation)
        except BaseException:
            self._env.close()
            raise
        self.info = GameInfo(
            game=name,
            height=height,
            width=width,
            controls=spec,
            rate_hz=float(self._env.metadata.get("render_fps") or _RATE_HZ),
            licence="see the environment's own licence",
            settings={"engine": "gymnasium", "environment": name},
            versions={"gymnasium": version("gymnasium")},
        )

    def reset(self, seed: int) -> Observation:
        observation, _ = self._env.reset(seed=seed)
        return self._observe(observation, 0.0, ended=False, cut=False)

    def step(self, controls: Controls) -> Observation:
        observation, reward, ended, cut, _ = self._env.step(self.action(controls))
        return self._observe(observation, float(reward), ended=bool(ended), cut=bool(cut))

    def close(self) -> None:
        self._env.close()

    def action(self, controls: Controls) -> Any:
        """The environment's action for ``controls``: an int, or an array of its action space."""
        values = [controls[name] for name in self._names]
        if self._actions is not None:
            held = [action for action, value in zip(self._actions, values, strict=True) if value]
            return held[0] if held else self._rest
        return np.array(values, self._env.action_space.dtype)

    def _map_actions(self, space: Any) -> ControlSpec:
        self._actions: list[int] | None = None
        self._rest = 0
        if isinstance(space, self._spaces.Discrete):
            names = self._meanings(int(space.n))
            self._rest = next((i for i, name in enumerate(names) if name == "noop"), 0)
            chosen = [i for i in range(len(names)) if i != self._rest]
            # An environment may start its numbering elsewhere than at 0.
            self._actions = [i + int(space.start) for i in chosen]
            self._rest += int(space.start)
            spec = ControlSpec(tuple(_button(names[i], row) for row, i in enumerate(chosen)))
        elif isinstance(space, self._spaces.MultiBinary) and isinstance(space.n, (int, np.integer)):
            spec = ControlSpec(tuple(_button(f"button_{i}", i) for i in range(int(space.n))))
        elif isinstance(space, self._spaces.Box) and len(space.shape) == 1:
            lows, highs = (np.asarray(limits, np.float64).tolist() for limits in (space.low, space.high))
            if not all(
                np.isfinite([low, high]).all() and low <= 0.0 <= high
                for low, high in zip(lows, highs, strict=True)
            ):
                raise RecordError(
                    f"axes range from {lows} to {highs}",
                    where=self._name,
                    fix="only finite axes with 0 inside can be controls",
                )
            spec = ControlSpec(
                tuple(_axis(i, low, high) for i, (low, high) in enumerate(zip(lows, highs, strict=True)))
            )
        else:
            raise RecordError(
                f"actions are {space}",
                where=self._name,
                fix="Discrete, MultiBinary and flat Box can be controls",
            )
        if not len(spec):
            raise RecordError("there is nothing to control", where=self._name)
        self._names = spec.names
        return spec

    def _meanings(self, count: int) -> list[str]:
        meanings = getattr(self._env.unwrapped, "get_action_meanings", None)
        names = [str(name).lower() for name in meanings()] if meanings is not None else []
        if len(names) != count or len(set(names)) != count:
            return [f"action_{i}" for i in range(count)]
        return names

    def _picture(self, observation: Any) -> NDArray[np.uint8]:
        seen = observation
        if not (isinstance(seen, np.ndarray) and _is_picture(seen)):
            seen = self._env.render()
        if not (isinstance(seen, np.ndarray) and _is_picture(seen)):
            raise RecordError(
                "shows no pictures",
                where=self._name,
                fix="it must observe or render uint8 arrays of height x width (x 3)",
            )
        if seen.ndim == 2:
            seen = seen[:, :, None]
        if seen.shape[2] == 1:
            seen = np.repeat(seen, 3, axis=2)
        return pool_pixels(seen, *self._size)

    def _observe(self, observation: Any, reward: float, *, ended: bool, cut: bool) -> Observation:
        return Observation(
            pixels=self._picture(observation),
            variables=np.zeros(0, np.float32),
            reward=reward,
            ended=ended,
            cut=cut,
        )


def _is_picture(array: NDArray[Any]) -> bool:
    # Nothing smaller than a thumbnail is taken for a picture: a uint8 vector of states is none.
    flat = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3))
    return array.dtype == np.uint8 and flat and min(array.shape[:2]) >= 8


def _button(name: str, number: int) -> Control:
    keys = _KEYS.get(name) or ((_DIGITS[number],) if number < len(_DIGITS) else ())
    pad = {_PAD[name]: 1.0} if name in _PAD else {}
    return Control(name, keys=dict.fromkeys(keys, 1.0), pad=pad)


def _axis(number: int, low: float, high: float) -> Control:
    keys: dict[str, float] = {}
    pad: dict[str, float] = {}
    if number < len(_AXIS_KEYS):
        for code, value in zip(_AXIS_KEYS[number], (low, high), strict=True):
            if value:
                keys[code] = value
        pad[_STICKS[number]] = high if number % 2 == 0 else low
    return Control(f"axis_{number}", "axis", low=low, high=high, keys=keys, pad=pad)
