"""Which actions the Atari models know: each game's minimal set, in the order of the emulator (ALE).

A checkpoint tells how many actions there are, not which; the game's name does (``getMinimalActionSet``).
"""

from __future__ import annotations

from worldsdk.controls import Control, ControlSpec
from worldsdk.errors import CheckpointError
from worldsdk.models.diamond.config import ActionsConfig

BUTTONS = ("up", "right", "left", "down", "fire")

FULL = (
    *("noop", "fire", "up", "right", "left", "down", "upright", "upleft", "downright", "downleft"),
    *("upfire", "rightfire", "leftfire", "downfire"),
    *("uprightfire", "upleftfire", "downrightfire", "downleftfire"),
)
"""All 18, as ALE numbers them."""

_COMPASS = ("noop", "up", "right", "left", "down", "upright", "upleft", "downright", "downleft")
_SHOOT_SIDEWAYS = ("noop", "fire", "right", "left", "rightfire", "leftfire")

FEWER = {
    "amidar": (*FULL[:6], "upfire", "rightfire", "leftfire", "downfire"),
    "assault": (*FULL[:5], "rightfire", "leftfire"),
    "asterix": _COMPASS,
    "breakout": ("noop", "fire", "right", "left"),
    "crazyclimber": _COMPASS,
    "demonattack": _SHOOT_SIDEWAYS,
    "freeway": ("noop", "up", "down"),
    "gopher": (*FULL[:5], "upfire", "rightfire", "leftfire"),
    "kungfumaster": (
        *("noop", "up", "right", "left", "down", "downright", "downleft", "rightfire", "leftfire"),
        *("downfire", "uprightfire", "upleftfire", "downrightfire", "downleftfire"),
    ),
    "mspacman": _COMPASS,
    "pong": _SHOOT_SIDEWAYS,
    "qbert": FULL[:6],
    "upndown": ("noop", "fire", "up", "down", "upfire", "downfire"),
}
"""Games of the Atari 100k benchmark with less than all 18 actions, by their names without marks."""

ALL = (
    *("alien", "bankheist", "battlezone", "boxing", "choppercommand", "frostbite", "hero", "jamesbond"),
    *("kangaroo", "krull", "privateeye", "roadrunner", "seaquest"),
)
"""Games of that benchmark with all of them."""

_KEYS = {
    "up": ("KeyW", "ArrowUp", "DPadUp"),
    "right": ("KeyD", "ArrowRight", "DPadRight"),
    "left": ("KeyA", "ArrowLeft", "DPadLeft"),
    "down": ("KeyS", "ArrowDown", "DPadDown"),
    "fire": ("Space", "KeyJ", "A"),
}


def action_names(game: str, count: int) -> tuple[str, ...]:
    """The names of a game's ``count`` actions; numbers where the game is not one of the known.

    Raises:
        CheckpointError: a known game that has another number of actions.
    """
    name = _plain(game)
    known = FEWER.get(name, FULL if name in ALL else ())
    if known and len(known) != count:
        raise CheckpointError(
            f"the checkpoint has {count} actions and {game} has {len(known)}",
            fix="say which game it is of with --game",
        )
    if known:
        return known
    return FULL if count == len(FULL) else ("noop", *(f"action {n}" for n in range(1, count)))


def controls_of(names: tuple[str, ...]) -> tuple[ControlSpec, ActionsConfig]:
    """What a world with these actions listens to: the stick and the button, or a button for each action."""
    if set(names) <= set(FULL):
        held = [tuple(button for button in BUTTONS if button in name) for name in names]
        # "upright" holds "up" and "right"; no name holds another's letters by chance.
        used = [button for button in BUTTONS if any(button in buttons for buttons in held)]
        controls = [_control(button) for button in used]
        choices = tuple(tuple(used.index(button) for button in buttons) for buttons in held)
    else:
        controls = [
            Control(
                f"action_{n}",
                keys={f"Digit{n}": 1.0} if n < 10 else {},
                help=f"action {n} of the game's own list",
            )
            for n in range(1, len(names))
        ]
        choices = ((), *((n,) for n in range(len(controls))))
    return ControlSpec(tuple(controls)), ActionsConfig(len(controls), choices)


def _control(button: str) -> Control:
    first, second, pad = _KEYS[button]
    text = "the joystick's button" if button == "fire" else f"the joystick, {button}"
    return Control(button, keys={first: 1.0, second: 1.0}, pad={pad: 1.0}, help=text)


def _plain(game: str) -> str:
    """``ALE/MsPacman-v5``, ``MsPacmanNoFrameskip-v4`` and ``ms_pacman`` -> ``mspacman``."""
    name = game.rpartition("/")[2].partition("-v")[0].lower().replace("noframeskip", "")
    return "".join(letter for letter in name if letter.isalnum())
