"""A ``WorldVectorEnv`` as Stable-Baselines3's own kind of vector, which is not Gymnasium's (extra ``rl``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvStepReturn

from worldsdk.client.gym.vector import WorldVectorEnv
from worldsdk.errors import GymError


class StableVecEnv(VecEnv):
    """``num_envs`` episodes for an SB3 algorithm, one pass for the frames of all.

    An episode that ends is begun anew in the same step, as SB3 expects: its last observation is in its info
    under ``terminal_observation``, and ``TimeLimit.truncated`` says whether it was only cut off.

    Args:
        num_envs, options: as ``WorldVectorEnv``, less the autoreset mode.
    """

    def __init__(self, num_envs: int, **options: Any) -> None:
        self.worlds = WorldVectorEnv(num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        self._actions: NDArray[Any] | None = None
        super().__init__(num_envs, self.worlds.single_observation_space, self.worlds.single_action_space)

    def reset(self) -> NDArray[Any]:
        """Begins all episodes, with the seeds given to ``seed`` before, if any."""
        observations, infos = self.worlds.reset(seed=list(self._seeds))
        self.reset_infos = [self._pick(infos, index) for index in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Notes the actions; ``step_wait`` takes them."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Observations, rewards float32, whether each episode ended, and an info for each."""
        if self._actions is None:
            raise GymError("there are no actions to wait for", fix="call step_async() first")
        actions, self._actions = self._actions, None
        observations, rewards, terminated, truncated, batched = self.worlds.step(actions)
        over = terminated | truncated
        infos = [self._pick(batched, index) for index in range(self.num_envs)]
        for index in np.flatnonzero(over).tolist():
            infos[index]["terminal_observation"] = batched["final_obs"][index]
            infos[index]["TimeLimit.truncated"] = bool(truncated[index])
        return observations, rewards.astype(np.float32), over, infos

    def close(self) -> None:
        """Ends all sessions; again is harmless."""
        self.worlds.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """The latest frames; None each without a render mode."""
        return self.worlds.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The vector's attribute, once for each index."""
        return [getattr(self.worlds, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Raises GymError: episodes share one object, so none has an attribute of its own."""
        raise GymError(f"{attr_name!r} cannot be set", fix="give it as an option")

    def env_method(
        self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Raises GymError: episodes share one object, so none has methods of its own."""
        raise GymError(f"{method_name!r} cannot be called on one episode", fix="use .worlds")

    def env_is_wrapped(self, wrapper_class: Any, indices: VecEnvIndices = None) -> list[bool]:
        """False: no wrapper lies around single episodes."""
        return [False] * len(list(self._get_indices(indices)))

    @staticmethod
    def _pick(infos: dict[str, Any], index: int) -> dict[str, Any]:
        state = {name: float(v[index]) for name, v in infos["state"].items() if not name.startswith("_")}
        numbers = {name: int(infos[name][index]) for name in ("tick", "seed", "start")}
        return {**numbers, "state": state}
