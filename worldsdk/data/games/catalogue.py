"""From a name on the command line to a running game, and to a policy that can play it."""

from __future__ import annotations

from dataclasses import dataclass

from worldsdk.data.games.cars import CarGame
from worldsdk.data.games.doom import DoomGame
from worldsdk.data.games.doom_spec import CLASSES, SCENARIOS
from worldsdk.data.games.game import Game
from worldsdk.data.games.gym import GymGame
from worldsdk.data.games.minigrid import MiniGridGame
from worldsdk.data.policies.driver import Driver
from worldsdk.data.policies.grid import GridMix, GridSolver
from worldsdk.data.policies.gunner import Gunner
from worldsdk.data.policies.policy import Policy
from worldsdk.data.policies.sticky import StickyRandom
from worldsdk.data.policies.walker import Explorer, Mix, Wanderer
from worldsdk.errors import RecordError

POLICIES = ("mix", "explore", "random")
GRID_NAMES = ("grid-rooms", "minigrid")
ARENA = "doom-arena"
CARS = "car-racing"


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


def is_doom(name: str) -> bool:
    return name in SCENARIOS or name.startswith("doom:")


def is_grid(name: str) -> bool:
    return name in GRID_NAMES or name.startswith("minigrid/")


def habits(name: str) -> Habits:
    """Raises RecordError for a name that cannot be a game's."""
    if not name or name.isspace():
        raise RecordError(
            f"game is {name!r}",
            fix=f"give {[*SCENARIOS, *GRID_NAMES, CARS, 'doom:<scenario>', '<Gymnasium id>']}",
        )
    if name == "doom-maze":
        # Sixteen spawns with random headings: many short episodes see all rooms.
        return Habits(64, 48, episode_ticks=700, warm_up_ticks=20)
    if name == ARENA:
        # A life lasts some twenty seconds; every one of them begins calmly, which must be seen as well.
        return Habits(64, 48, episode_ticks=1050, warm_up_ticks=40)
    if name == CARS:
        # Twenty seconds: many beginnings, all around the circuit.
        return Habits(64, 64, episode_ticks=500, warm_up_ticks=25)
    if is_doom(name):
        # One spawn in the middle of the field.
        return Habits(64, 48, episode_ticks=1050, warm_up_ticks=120)
    return Habits(64, 64, episode_ticks=200 if is_grid(name) else 1000, warm_up_ticks=0)


def open_game(name: str, width: int, height: int) -> Game:
    """Starts a game.

    Args:
        name: ``doom-field``, ``doom-maze``, ``doom-arena``, ``doom:<ViZDoom scenario>``, ``grid-rooms`` (or
            ``minigrid``), ``minigrid/<environment id>``, ``car-racing``, or any Gymnasium environment id.

    Raises:
        RecordError: no such game, or it cannot be recorded at this size.
        MissingExtraError: the game's package is not installed.
    """
    habits(name)
    if width < 1 or height < 1:
        raise RecordError(f"size is {width}x{height}", where="frame size", fix="both are at least 1")
    if is_doom(name):
        return DoomGame(name, width, height)
    if is_grid(name):
        return MiniGridGame(name, width, height)
    if name == CARS:
        return CarGame(name, width, height)
    return GymGame(name, width, height)


def make_policy(kind: str, name: str, game: Game) -> Policy:
    """A player for ``game``; it must be reset before use.

    Args:
        kind: ``mix``, ``explore`` (only what the game's explorer does) or ``random``.
        name: what ``open_game`` was given.

    Raises:
        RecordError: no such policy, or the game has no explorer.
    """
    if kind not in POLICIES:
        raise RecordError(f"there is no policy {kind!r}", where="--policy", fix=f"there are {list(POLICIES)}")
    spec = game.info.controls
    if name == ARENA or isinstance(game, CarGame):
        scripted: Policy = Driver(spec, game.circuit) if isinstance(game, CarGame) else Gunner(spec)
        if kind == "explore":
            return scripted
        random = StickyRandom(spec)
        # A car that nobody steers is soon off the road, and grass is all alike.
        return Mix(scripted, random, share=0.6 if name == ARENA else 0.92) if kind == "mix" else random
    if is_doom(name):
        explorer = Explorer(spec, seek=(CLASSES.index("health"),))
        if kind == "mix":
            return Mix(explorer, Wanderer(spec))
        return explorer if kind == "explore" else Wanderer(spec)
    if is_grid(name):
        if kind == "random":
            return StickyRandom(spec, hold=(1, 3))
        return GridMix(spec) if kind == "mix" else GridSolver(spec)
    if kind == "explore":
        raise RecordError(f"{name} has no explorer", where="--policy", fix="use mix or random")
    return StickyRandom(spec)
