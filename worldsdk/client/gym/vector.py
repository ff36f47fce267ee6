"""Many episodes of one world as a ``gymnasium.vector.VectorEnv``: one pass draws the frames of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from worldsdk.client.gym.env import WorldEnv
from worldsdk.client.gym.lane import Lane, Rules, advance
from worldsdk.client.gym.ports import AnyWorld
from worldsdk.client.gym.spaces import ActionChoice, action_map
from worldsdk.client.gym.views import view
from worldsdk.client.gym.worlds import Source, open_world
from worldsdk.errors import ControlError, GymError

MOST_LANES = 4096
"""Environments; more is a mistake, and would take the machine's memory before it is noticed."""

Steps = tuple[NDArray[Any], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


class WorldVectorEnv(VectorEnv[NDArray[Any], NDArray[Any], NDArray[Any]]):
    """``num_envs`` episodes side by side.

    Lane ``i`` after ``reset(seed=s)`` is what ``WorldEnv`` is after ``reset(seed=s + i)``.

    Args:
        num_envs: how many.
        world, url, action, observation, size, frame_skip, max_steps, start, device, steps, variant,
            token: as ``WorldEnv``. On a server each episode has a connection of its own, and all are asked
            at once.
        deterministic: whether each episode gets the very bits it would get alone, at one pass each. False
            fuses all into one pass, whose frames are equal to rounding; None is the world's own way.
        autoreset_mode: what follows the end of an episode: ``NEXT_STEP`` (the next step resets it, its action
            unused), ``SAME_STEP`` (the step returns the next episode's first observation, and the last one
            of the old in ``info["final_obs"]`` and ``info["final_info"]``), or ``DISABLED`` (the caller
            resets it with ``options={"reset_mask": mask}``). The enum or its value.
        render_mode: None or ``"rgb_array"``.

    Raises:
        GymError: options that cannot be. And what ``open_world`` raises.
    """

    def __init__(
        self,
        num_envs: int = 1,
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
        deterministic: bool | None = False,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
    ) -> None:
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or not 1 <= num_envs <= MOST_LANES:
            raise GymError(f"num_envs is {num_envs!r}", fix=f"give 1 to {MOST_LANES}")
        if render_mode not in (None, "rgb_array"):
            raise GymError(f"render_mode is {render_mode!r}", fix='use "rgb_array" or None')
        mode = _mode(autoreset_mode)
        source = open_world(
            world, url, device=device, deterministic=deterministic, steps=steps, variant=variant, token=token
        )
        try:
            rules = Rules.checked(frame_skip, max_steps, start, source.world.starts)
            self._actions = action_map(source.world.controls, action)
            self._view = view(observation, source.height, source.width, source.variables, size)
        except BaseException:
            source.close()
            raise
        self._source: Source | None = source
        self._lanes = [Lane(source.world, rules) for _ in range(num_envs)]
        self._random: list[np.random.Generator | None] = [None] * num_envs
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.autoreset_mode = mode
        self.metadata = WorldEnv.metadata | {
            "render_fps": source.world.rate_hz / rules.frame_skip,
            "autoreset_mode": mode,
        }
        self.single_action_space = self._actions.space
        self.single_observation_space = self._view.space
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Begins episodes.

        Args:
            seed: ``s`` seeds lane ``i`` with ``s + i``; or one each; None goes on with each lane's numbers.
            options: ``"start"``: a start context for all; ``"reset_mask"``: bool [num_envs], which to reset.

        Returns:
            The observations of all lanes, and the info of those that were reset.
        """
        self._open()
        seeds = self._seeds(seed)
        mask = _mask((options or {}).get("reset_mask"), self.num_envs)
        infos: dict[str, Any] = {}
        for index in np.flatnonzero(mask).tolist():
            if seeds[index] is not None:
                self._random[index] = seeding.np_random(seeds[index])[0]
            infos = self._begin(index, infos, options)
        return self._observations(), infos

    def step(self, actions: Any) -> Steps:
        """Takes one action in each lane.

        Returns:
            Observations [num_envs, ...], rewards float64, terminations and truncations bool [num_envs],
            and infos, a dictionary of arrays with a mask beside each, as Gymnasium has it.

        Raises:
            ControlError: an action outside the space; no lane has moved.
            GymError: before ``reset``; or an episode is over and autoreset is disabled.
            ModelError: a lane's model produced NaN; the others have moved.
        """
        world = self._open().world
        count = self.num_envs
        if np.ndim(actions) < 1 or len(actions) != count:
            raise ControlError(f"actions have the shape {np.shape(actions)}", fix=f"give {count} of them")
        held = [self._actions.controls(action) for action in actions]
        resting = [lane.over for lane in self._lanes]
        if self.autoreset_mode is AutoresetMode.DISABLED and any(resting):
            raise GymError(
                f"the episodes of lanes {np.flatnonzero(resting).tolist()} are over",
                fix='call reset(options={"reset_mask": mask})',
            )
        chosen = [i for i in range(count) if not resting[i]]
        advance(world, [self._lanes[i] for i in chosen], [held[i] for i in chosen])
        infos: dict[str, Any] = {}
        for index, was_over in enumerate(resting):
            if was_over:
                infos = self._begin(index, infos, None)
            else:
                infos = self._add_info(infos, self._lanes[index].info(), index)
        rewards = np.array([lane.reward for lane in self._lanes], np.float64)
        terminations = np.array([lane.terminated for lane in self._lanes], np.bool_)
        truncations = np.array([lane.truncated for lane in self._lanes], np.bool_)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            infos = self._finish(np.flatnonzero(terminations | truncations).tolist(), infos)
        return self._observations(), rewards, terminations, truncations, infos

    def snapshot(self) -> list[bytes]:
        """Every episode as bytes, as ``WorldEnv.snapshot``."""
        return [lane.snapshot() for lane in self._lanes]

    def restore(self, blobs: Sequence[bytes]) -> NDArray[Any]:
        """Lane ``i`` goes on from ``blobs[i]``, whichever lane or environment of this world it is from.

        Returns:
            The observations of that moment.
        """
        self._open()
        if len(blobs) != self.num_envs:
            raise GymError(f"{len(blobs)} snapshots", fix=f"give {self.num_envs}")
        for lane, blob in zip(self._lanes, blobs, strict=True):
            lane.restore(blob)
        return self._observations()

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """The latest frames, uint8 [H, W, 3] each; None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(np.array(lane.frame.pixels) for lane in self._lanes)

    def close_extras(self, **kwargs: Any) -> None:
        """Ends all sessions."""
        source, self._source = self._source, None
        for lane in self._lanes:
            lane.drop()
        if source is not None:
            source.close()

    def _open(self) -> Source:
        if self._source is None:
            raise GymError("the environment is closed", fix="make another")
        return self._source

    def _begin(self, index: int, infos: dict[str, Any], options: Mapping[str, Any] | None) -> dict[str, Any]:
        random = self._random[index]
        if random is None:
            random = self._random[index] = seeding.np_random()[0]
        self._lanes[index].begin(random, options)
        return dict(self._add_info(infos, self._lanes[index].info(), index))

    def _finish(self, over: list[int], infos: dict[str, Any]) -> dict[str, Any]:
        """Keeps what the episodes that are over ended with, and begins their next."""
        for index in over:
            lane = self._lanes[index]
            last = {"final_obs": self._view.of(lane.frame), "final_info": lane.info()}
            infos = self._begin(index, self._add_info(infos, last, index), None)
        return infos

    def _observations(self) -> NDArray[Any]:
        return np.stack([self._view.of(lane.frame) for lane in self._lanes])

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, (int, np.integer)):
            return [int(seed) + index for index in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise GymError(f"{len(seed)} seeds", fix=f"give one, or {self.num_envs}")
        return list(seed)


def _mode(given: Any) -> AutoresetMode:
    try:
        return AutoresetMode(given)
    except ValueError:
        names = [mode.value for mode in AutoresetMode]
        raise GymError(f"autoreset_mode is {given!r}", fix=f"use one of {names}") from None


def _mask(given: Any, count: int) -> NDArray[np.bool_]:
    if given is None:
        return np.ones(count, np.bool_)
    mask = np.asarray(given)
    if mask.shape != (count,) or mask.dtype != np.bool_ or not mask.any():
        raise GymError("reset_mask does not fit", fix=f"give bool [{count}] with at least one True")
    return mask
