"""Which environments there are, and making them known to Gymnasium."""

from __future__ import annotations

from worldsdk.errors import MissingExtraError

SMALL = "64x48"
"""Frames as these worlds were taught them: agents want many more than fine ones."""

ENVIRONMENTS: dict[str, dict[str, object]] = {
    # As long as the recordings' episodes: twenty seconds.
    "worldsdk/CarRacing-v0": {"world": "car-racing", "variant": "96x96", "max_steps": 500},
    # Nobody in the recordings held out for longer.
    "worldsdk/DoomArena-v0": {"world": "doom-arena", "variant": SMALL, "max_steps": 1050},
    # A life in the original field is 2100 tics, the time limit of the scenario it was learnt from.
    "worldsdk/DoomField-v0": {"world": "doom-field", "variant": SMALL, "max_steps": 2100},
    "worldsdk/DoomMaze-v0": {"world": "doom-maze", "variant": SMALL, "max_steps": 2100},
    # Far more than the way to the goal takes, and within what the world stays true for.
    "worldsdk/GridRooms-v0": {"world": "grid-rooms", "max_steps": 100},
    "worldsdk/World-v0": {},
}
"""Id -> the options it stands for. ``World-v0`` is any pack (``world=``) or any server (``url=``)."""


def register() -> None:
    """Registers ``ENVIRONMENTS``; again is harmless.

    Raises:
        MissingExtraError: Gymnasium is not installed.
    """
    try:
        import gymnasium
    except ImportError:
        raise MissingExtraError(
            "Gymnasium is not installed", where="worldsdk.client.gym", fix="pip install 'worldsdk[gym]'"
        ) from None
    for name, options in ENVIRONMENTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point="worldsdk.client.gym.env:WorldEnv",
                vector_entry_point="worldsdk.client.gym.vector:WorldVectorEnv",
                kwargs=dict(options),
            )
