"""What a policy is worth that has only ever played in the world: scored in the real game.

Two PPO agents (Stable-Baselines3, the extra ``rl``) get the same number of frames and the same settings, one
in the world, the other in the game. Both are then scored in the game, beside random play. If the dreamt one
is paid well in the world and badly in the game, it has found where the model errs in its favour.

The room of clients makes the environments, since it knows worlds as environments; here they only learn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from worldsdk.data.games.game import Game, Observation
from worldsdk.errors import EvaluationError, MissingExtraError
from worldsdk.evaluation.estimate import Estimate, estimate
from worldsdk.frame import Frame, Timing

try:
    import gymnasium
except ImportError:
    raise MissingExtraError(
        "Gymnasium is not installed", where="agents", fix="pip install 'worldsdk[rl]'"
    ) from None

BATCH = 64
MOST_ROLLOUT = 1024
"""Frames between two rounds of learning, at most: usual for PPO on games as small as these."""

LEAST_STEPS = 256
"""Frames below which PPO learns in fewer than four rounds, which is nothing."""


class Actions(Protocol):
    """Turns an action of ``space`` into controls; see ``client.gym.spaces.ActionMap``."""

    space: Any

    def controls(self, action: Any) -> dict[str, float]: ...


class View(Protocol):
    """What an agent sees of a frame; see ``client.gym.views.View``."""

    space: Any

    def of(self, frame: Frame) -> NDArray[Any]: ...


class GameEnv(gymnasium.Env[Any, Any]):
    """The real game, acted on and seen exactly as the world's environment is.

    Args:
        game: running; closed with the environment.
        actions, view: those of the world's environment.
        max_steps: actions after which an episode is truncated.
    """

    def __init__(self, game: Game, actions: Actions, view: View, max_steps: int) -> None:
        self.game = game
        self.action_space, self.observation_space = actions.space, view.space
        self._actions, self._view, self._most = actions, view, max_steps
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        super().reset(seed=seed)
        self._steps = 0
        return self._seen(self.game.reset(int(self.np_random.integers(2**31)))), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        controls = self.game.info.controls.parse(self._actions.controls(action))
        observation = self.game.step(controls)
        self._steps += 1
        cut = observation.cut or self._steps >= self._most
        return self._seen(observation), observation.reward, observation.ended, cut, {}

    def close(self) -> None:
        self.game.close()

    def _seen(self, observation: Observation) -> NDArray[Any]:
        return self._view.of(as_frame(observation, self.game))


def as_frame(observation: Observation, game: Game) -> Frame:
    """A real observation as the frame that a world would show."""
    names = [variable.name for variable in game.info.variables]
    return Frame(
        pixels=observation.pixels,
        layers={},
        state=dict(zip(names, observation.variables.tolist(), strict=True)),
        reward=observation.reward,
        ended=observation.ended,
        tick=0,
        controls=game.info.controls.rest,
        timing=Timing(),
    )


def compare(
    dream: Callable[[], Any],
    dream_one: Callable[[], gymnasium.Env[Any, Any]],
    real: Callable[[], gymnasium.Env[Any, Any]],
    *,
    steps: int,
    episodes: int = 16,
    seed: int = 0,
) -> dict[str, Any]:
    """Trains both agents and scores them.

    Args:
        dream: makes the world's environments to learn in (an SB3 ``VecEnv``).
        dream_one: makes one environment of the world, to score in; ``real`` likewise of the game. All have
            the same spaces.
        steps: frames that each agent learns from.
        episodes: that each is scored on.

    Returns:
        plain JSON: the mean return with its 95 % interval of ``random`` (in the game), ``dream_trained`` (in
        the game), ``real_trained`` (in the game) and ``dream_trained_in_dream``.

    Raises:
        MissingExtraError: Stable-Baselines3 is not installed.
        EvaluationError: fewer steps than PPO can learn from, or fewer than 2 episodes.
    """
    try:
        from stable_baselines3 import PPO
    except ImportError:
        raise MissingExtraError(
            "Stable-Baselines3 is not installed", where="agents", fix="pip install 'worldsdk[rl]'"
        ) from None
    if steps < LEAST_STEPS or episodes < 2:
        raise EvaluationError(
            f"{steps} frames and {episodes} episodes are too few",
            where="agents",
            fix=f"give at least {LEAST_STEPS} frames and 2 episodes",
        )

    def learn(environment: Any) -> Any:
        pixels = len(environment.observation_space.shape) == 3
        count = getattr(environment, "num_envs", 1)
        # At least eight rounds of learning, however few frames there are.
        rollout = max(BATCH, min(MOST_ROLLOUT, steps // 8) // BATCH * BATCH)
        agent = PPO(
            "CnnPolicy" if pixels else "MlpPolicy",
            environment,
            n_steps=max(1, rollout // count),
            batch_size=BATCH,
            n_epochs=4,
            learning_rate=1e-3,
            ent_coef=0.01,
            gamma=0.97,
            seed=seed,
            device="cpu",
        )
        agent.learn(steps)
        environment.close()
        return agent

    dreamer, realist = learn(dream()), learn(real())
    with_game, with_world = real(), dream_one()
    try:
        scores = {
            "random": score(with_game, None, episodes, seed),
            "dream_trained": score(with_game, dreamer, episodes, seed),
            "real_trained": score(with_game, realist, episodes, seed),
            "dream_trained_in_dream": score(with_world, dreamer, episodes, seed),
        }
    finally:
        with_game.close()
        with_world.close()
    return {"frames": steps, "returns": {name: value.to_json() for name, value in scores.items()}}


def score(environment: gymnasium.Env[Any, Any], agent: Any, episodes: int, seed: int) -> Estimate:
    """Mean return of ``episodes`` episodes of ``agent``; None plays at random."""
    returns = np.zeros(episodes)
    environment.action_space.seed(seed)
    for episode in range(episodes):
        seen, _ = environment.reset(seed=seed + 1000 + episode)
        over = False
        while not over:
            if agent is None:
                action = environment.action_space.sample()
            else:
                action, _ = agent.predict(seen, deterministic=False)
            seen, reward, ended, cut, _ = environment.step(action)
            returns[episode] += float(reward)
            over = ended or cut
    return estimate(returns, seed)
