"""One world as a ``gymnasium.Env``."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from worldsdk.client.gym.lane import Lane, Rules, advance
from worldsdk.client.gym.ports import AnySession, AnyWorld
from worldsdk.client.gym.spaces import ActionChoice, action_map
from worldsdk.client.gym.views import view
from worldsdk.client.gym.window import HumanWindow
from worldsdk.client.gym.worlds import Source, open_world
from worldsdk.errors import GymError
from worldsdk.frame import Frame

RENDER_MODES = ("human", "rgb_array")


class WorldEnv(gymnasium.Env[NDArray[Any], Any]):
    """An episode of a dreamt world.

    A seed given to ``reset`` fixes the whole episode: the start, the noise, so every frame that the same
    actions lead to. Reward and end are what the model predicts. ``info`` has ``tick``, ``state`` (the state
    variables in their own units), and ``seed`` and ``start``: ``world.session(seed, start)`` begins the same.

    Args:
        world, url, device, steps, variant, token: which world; see ``open_world``. The ids of worlds that
            show frames larger than those they were taught on stand for the smaller ones, which cost less.
        action: ``"discrete"``, ``"multi"``, ``"box"``, or a list of control mappings; see ``spaces``.
        observation: ``"pixels"`` (uint8 [H, W, 3]) or ``"state"`` (float32 [n] in [-1, 1]); see ``views``.
        size: (width, height) of pixel observations; the world's own by default.
        frame_skip: ticks that each action is held for; rewards are summed.
        max_steps: actions after which an episode is truncated; None for never.
        start: ``"random"``, the index of a start context, or a list of them to draw from.
        render_mode: ``"rgb_array"``: ``render`` returns the frame; ``"human"``: a window shows every step at
            the world's own rate.

    Raises:
        GymError: options that cannot be. And what ``open_world`` raises.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - an instance's own, in Gymnasium
        "render_modes": list(RENDER_MODES),
        "render_fps": 35.0,
    }

    def __init__(
        self,
        world: str | Path | AnyWorld | None = None,
        url: str | None = None,
        *,
        action: ActionChoice = "discrete",
        observation: str = "pixels",
        size: tuple[int, int] | None = None,
        frame_skip: int = 1,
        max_steps: int | None = None,
        start: str | int | Sequence[int] = "random",
        device: str = "auto",
        steps: int | None = None,
        variant: str | None = None,
        token: str | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, *RENDER_MODES):
            raise GymError(f"render_mode is {render_mode!r}", fix=f"use one of {list(RENDER_MODES)} or None")
        source = open_world(world, url, device=device, steps=steps, variant=variant, token=token)
        try:
            rules = Rules.checked(frame_skip, max_steps, start, source.world.starts)
            self._actions = action_map(source.world.controls, action)
            self._view = view(observation, source.height, source.width, source.variables, size)
        except BaseException:
            source.close()
            raise
        self._lane = Lane(source.world, rules)
        self._source: Source | None = source
        self.action_space = self._actions.space
        self.observation_space = self._view.space
        self.render_mode = render_mode
        # A copy: the class's own describes no particular world.
        self.metadata = self.metadata | {"render_fps": source.world.rate_hz / rules.frame_skip}
        self._title = source.name
        self._window: HumanWindow | None = None

    @property
    def session(self) -> AnySession:
        """The session of the episode, for what Gymnasium has no word for."""
        return self._lane.live()

    @property
    def frame(self) -> Frame:
        """The latest frame, with its layers, timing and controls."""
        return self._lane.frame

    def get_action_meanings(self) -> list[str]:
        """What each action (or each entry of one) does, in words."""
        return list(self._actions.meanings)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Begins an episode; ``options={"start": index}`` begins at that start context."""
        self._open()
        super().reset(seed=seed)
        self._lane.begin(self.np_random, options)
        self._show()
        return self._now()

    def step(self, action: Any) -> tuple[NDArray[Any], float, bool, bool, dict[str, Any]]:
        """Takes one action.

        Raises:
            ControlError: not an action of the space; nothing has moved.
            GymError: before ``reset``, or the episode is over.
            ModelError: the model produced NaN.
        """
        self._open()
        lane = self._lane
        advance(lane.world, [lane], [self._actions.controls(action)])
        self._show()
        observation, info = self._now()
        return observation, lane.reward, lane.terminated, lane.truncated, info

    def snapshot(self) -> bytes:
        """The episode as bytes: all that its next frames depend on, and its count of steps.

        The numbers that ``reset`` draws are not part of it.
        """
        return self._lane.snapshot()

    def restore(self, blob: bytes) -> tuple[NDArray[Any], dict[str, Any]]:
        """Goes on from ``snapshot``'s bytes, of this or any environment of the same world.

        Returns:
            Observation and info of that moment.

        Raises:
            SnapshotError and its kinds; the episode is then as before.
        """
        self._open()
        self._lane.restore(blob)
        self._show()
        return self._now()

    def fork(self) -> WorldEnv:
        """An independent twin at this moment, sharing nothing but the weights. It opens no window.

        A remote twin has a connection of its own, and ends with the environment that it came from.

        Raises:
            GymError: before ``reset``, or after ``close``.
        """
        source = self._open()
        twin = copy.copy(self)
        twin._lane = self._lane.fork()
        twin._source = Source(**{**vars(source), "owned": False})
        twin._window = None
        twin.render_mode = "rgb_array" if self.render_mode == "human" else self.render_mode
        twin.action_space = copy.deepcopy(self.action_space)
        twin.observation_space = copy.deepcopy(self.observation_space)
        if self._np_random is not None:
            twin._np_random = copy.deepcopy(self._np_random)
        return twin

    def render(self) -> NDArray[np.uint8] | None:
        """The latest frame, uint8 [H, W, 3] in the world's own size; None in other modes."""
        if self.render_mode != "rgb_array":
            return None
        return np.array(self._lane.frame.pixels)

    def close(self) -> None:
        """Ends the session and the window; again is harmless."""
        source, self._source = self._source, None
        self._lane.drop()
        if self._window is not None:
            self._window.close()
            self._window = None
        if source is not None:
            source.close()

    def _open(self) -> Source:
        if self._source is None:
            raise GymError("the environment is closed", fix="make another")
        return self._source

    def _now(self) -> tuple[NDArray[Any], dict[str, Any]]:
        return self._view.of(self._lane.frame), self._lane.info()

    def _show(self) -> None:
        if self.render_mode != "human":
            return
        pixels = self._lane.frame.pixels
        if self._window is None:
            self._window = HumanWindow(
                self._title, pixels.shape[0], pixels.shape[1], self.metadata["render_fps"]
            )
        self._window.show(pixels)
