"""Worlds as Gymnasium environments. Importing this registers them under the namespace ``worldsdk``::

    import gymnasium
    import worldsdk.client.gym

    env = gymnasium.make("worldsdk/DoomField-v0")                    # the world runs in this process
    env = gymnasium.make("worldsdk/World-v0", url="ws://host:8735")  # or on a server
    envs = gymnasium.make_vec("worldsdk/DoomField-v0", num_envs=32)  # one pass draws all 32 frames

Needs the extra ``gym``. With ``url=`` neither importing nor stepping imports torch.
"""

from worldsdk.client.gym.registration import ENVIRONMENTS, register

register()

from worldsdk.client.gym.env import WorldEnv  # noqa: E402 - a missing Gymnasium is explained by register()
from worldsdk.client.gym.vector import WorldVectorEnv  # noqa: E402

__all__ = ["ENVIRONMENTS", "WorldEnv", "WorldVectorEnv", "register"]
