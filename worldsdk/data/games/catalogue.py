"""From a name on the command line to a running game, and to a policy that can play it."""

from __future__ import annotations

from dataclasses import dataclass

from worldsdk.data.games.doom import SCENARIOS, DoomGame
from worldsdk.data.games.doom_spec import CLASSES
from worldsdk.data.games.game import Game
from worldsdk.data.policies.policy import Policy
from worldsdk.data.policies.walker import Explorer, Mix, Wanderer
from worldsdk.errors import RecordError

POLICIES = ("mix", "explore", "random")


@dataclass(frozen=True)
class Habits:
    """How a game is best recorded where the caller does not say.

    Attributes:
        width, height: of the frames.
        episode_ticks: longest episode; a game that ends by itself ends sooner.
        warm_up_ticks: up to so many ticks are played unrecorded at the start, so that episodes do not all
            begin at one place.
    """

    width: int
    height: int
    episode_ticks: int
    warm_up_ticks: int


def habits(name: str) -> Habits:
    """Raises RecordError for a name that no binding knows."""
    if name == "doom-maze":
        return Habits(64, 48, episode_ticks=700, warm_up_ticks=20)
    if name in SCENARIOS or name.startswith("doom:"):
        return Habits(64, 48, episode_ticks=1050, warm_up_ticks=120)
    raise RecordError(f"there is no game {name!r}", fix=f"there are {[*SCENARIOS, 'doom:<scenario>']}")


def open_game(name: str, width: int, height: int) -> Game:
    """Starts a game. Raises RecordError or MissingExtraError."""
    habits(name)
    return DoomGame(name, width, height)


def make_policy(kind: str, name: str, game: Game) -> Policy:
    """A player for ``game``; it must be reset before use.

    Args:
        kind: one of ``POLICIES``.
        name: what ``open_game`` was given.
    """
    if kind not in POLICIES:
        raise RecordError(f"there is no policy {kind!r}", where="--policy", fix=f"there are {list(POLICIES)}")
    spec = game.info.controls
    explorer = Explorer(spec, seek=(CLASSES.index("health"),))
    if kind == "explore":
        return explorer
    if kind == "random":
        return Wanderer(spec)
    return Mix(explorer, Wanderer(spec))
