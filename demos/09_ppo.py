"""9. An agent that learns in the dream: PPO, trained on frames that no game engine ever drew.

    python demos/09_ppo.py [WORLD] [--steps 8192]      (needs: pip install 'worldsdk[rl]')

One pass of the network draws the next frame of all 32 episodes. What counts in the end is both numbers:
an agent that is paid more than the original game ever pays has found where the model errs in its favour.
"""

import argparse
import json

import numpy as np
import torch
from stable_baselines3 import PPO

from worldsdk.client.gym import WorldVectorEnv
from worldsdk.client.gym.stable import StableVecEnv

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("world", nargs="?", default="grid-rooms", help="a bundled world or a pack folder")
parser.add_argument("--steps", type=int, default=8192, help="frames to learn from")
parser.add_argument("--envs", type=int, default=32, help="episodes side by side")
parser.add_argument("--actions", default='"discrete"', help="JSON: a kind, or a list of what to hold")
args = parser.parse_args()
options = {"world": args.world, "observation": "state", "action": json.loads(args.actions), "max_steps": 50}


def play(model, seed=1000):
    """The mean return of one episode a lane, and how many of the episodes came to an end by themselves."""
    envs = WorldVectorEnv(args.envs, autoreset_mode="NextStep", **options)
    seen, _ = envs.reset(seed=seed)
    returns, ended, live = np.zeros(args.envs), np.zeros(args.envs, bool), np.ones(args.envs, bool)
    while live.any():
        actions, _ = model.predict(seen)
        seen, rewards, terminated, truncated, _ = envs.step(actions)
        returns += rewards * live
        ended |= terminated & live
        live &= ~(terminated | truncated)
    return f"return {returns.mean():+.3f}, {ended.sum()} of {args.envs} episodes reached an end"


torch.set_num_threads(1)  # the policy is tiny: more threads only get into the world's way
training = StableVecEnv(args.envs, **options)
model = PPO(
    "MlpPolicy", training, n_steps=max(8, 1024 // args.envs), batch_size=256, n_epochs=4,
    learning_rate=1e-3, ent_coef=0.01, gamma=0.97, seed=1,
)  # fmt: skip
print(f"before: {play(model)}")
model.learn(args.steps)
print(f"after {model.num_timesteps} dreamt frames: {play(model)}")
