"""What all Doom worlds have in common: controls, variables, layers and their units.

Conventions, checked by the tests against the engine:

- ``turn`` is in degrees per tick, positive to the right. ``heading`` is the engine's angle: degrees
  counter-clockwise from east (+x), so ``heading[t] = heading[t - 1] - turn[t]``, to the engine's 1/182
  degree.
- ``x``, ``y`` are in map units; ``vx``, ``vy`` in map units per tick, after that tick's friction (0.906).
- ``depth`` is the distance along the viewing direction (not along the ray). The engine's buffer has whole
  numbers ``d``; comparing it with wall distances worked out from the map's lines gives
  ``depth = 7.14 d + 8.9`` map units, linear within the rounding of 3.6. Walls saturate at d = 102 (737 map
  units) and floors do not: all is cut there, so that everything farther says 737. Sky has the depth of the
  ceiling that it is drawn on.
"""

from __future__ import annotations

from dataclasses import dataclass

from worldsdk.controls import Control, ControlSpec
from worldsdk.data.format import LayerInfo
from worldsdk.data.games.things import COLUMNS, SLOTS
from worldsdk.models.interface import Variable

RATE_HZ = 35.0
HALF_VIEW = 45.0
"""Degrees from the middle of the view to its left or right edge."""

DEPTH_STEP = 7.14
DEPTH_OFFSET = 8.9
DEPTH_LEVELS = 102
DEPTH_HIGH = DEPTH_STEP * DEPTH_LEVELS + DEPTH_OFFSET

CLASSES = ("background", "monster", "health", "armor", "weapon", "ammo", "other")
"""Values of the ``labels`` layer: the engine's object categories."""

MOVES = {
    "forward": "MOVE_FORWARD",
    "back": "MOVE_BACKWARD",
    "left": "MOVE_LEFT",
    "right": "MOVE_RIGHT",
    "turn": "TURN_LEFT_RIGHT_DELTA",
    "attack": "ATTACK",
}
"""Control -> the engine's button."""

_WALK = (
    Control(
        "forward",
        keys={"KeyW": 1.0, "ArrowUp": 1.0},
        pad={"LeftStickY": -1.0, "DPadUp": 1.0},
        help="walk forward",
    ),
    Control(
        "back",
        keys={"KeyS": 1.0, "ArrowDown": 1.0},
        pad={"LeftStickY": 1.0, "DPadDown": 1.0},
        help="walk backward",
    ),
    Control("left", keys={"KeyA": 1.0}, pad={"LeftStickX": -1.0, "DPadLeft": 1.0}, help="step to the left"),
    Control("right", keys={"KeyD": 1.0}, pad={"LeftStickX": 1.0, "DPadRight": 1.0}, help="step to the right"),
    Control(
        "turn",
        "axis",
        low=-8.0,
        high=8.0,
        unit="degrees/tick",
        keys={"ArrowLeft": -4.0, "ArrowRight": 4.0},
        pad={"RightStickX": 8.0},
        mouse=("x", 0.15),
        help="turn, positive to the right",
    ),
)
_ATTACK = Control("attack", keys={"Space": 1.0}, pad={"A": 1.0}, help="fire")


@dataclass(frozen=True)
class Scenario:
    """One ViZDoom scenario as a world.

    Attributes:
        file: the scenario's name in ViZDoom.
        walks: False where the player stands at one place and only turns.
        ammo: whether the rounds that are left are a variable of the world.
        things: the engine's names of the objects whose places are recorded; none, no such layer.
    """

    file: str
    walks: bool = True
    ammo: bool = False
    things: tuple[str, ...] = ()


SCENARIOS = {
    "doom-field": Scenario("health_gathering", things=("Medikit",)),
    "doom-maze": Scenario("my_way_home"),
    "doom-arena": Scenario(
        "defend_the_center", walks=False, ammo=True, things=("Demon", "MarineChainsawVzd")
    ),
}
"""World name -> scenario; any other that ViZDoom brings is ``doom:<scenario>``."""

MOST_AMMO = 50.0
"""Rounds of a pistol that can be carried; the arena gives 26."""


def doom_controls(*, attack: bool, walks: bool = True) -> ControlSpec:
    """The control spec of a Doom world; ``attack`` and the four ways to walk only where it has them."""
    moves = _WALK if walks else tuple(control for control in _WALK if control.name == "turn")
    return ControlSpec((*moves, _ATTACK) if attack else moves)


def doom_variables(
    low: tuple[float, float], high: tuple[float, float], *, ammo: bool = False
) -> tuple[Variable, ...]:
    """Position, heading, velocity, health and, where told, ammo. low, high: corners of the map, map units."""
    rounds = (Variable("ammo", 0.0, MOST_AMMO, "rounds"),) if ammo else ()
    return (
        Variable("x", low[0], high[0], "map units"),
        Variable("y", low[1], high[1], "map units"),
        Variable("heading", 0.0, 360.0, "degrees", 360.0),
        Variable("vx", -16.0, 16.0, "map units/tick"),
        Variable("vy", -16.0, 16.0, "map units/tick"),
        Variable("health", 0.0, 100.0, "points"),
        *rounds,
    )


def things_layer(things: tuple[str, ...], low: tuple[float, float], high: tuple[float, float]) -> LayerInfo:
    """Where objects of the kinds ``things`` are, one row each. low, high: corners of the map, map units."""
    return LayerInfo(
        "things",
        "float32",
        (SLOTS, len(COLUMNS)),
        min(low),
        max(high),
        "thing",
        classes=("none", *things),
        help=f"one object a row: {', '.join(COLUMNS)}. kind: index into classes, 0 where the row is empty. "
        "x, y, z: map units, within low and high. angle: degrees counter-clockwise from +x, 0 to 360. "
        "id: the engine's, unique within an episode. An object keeps its row while it is there, and a row is "
        "empty for at least a frame between two objects. Seen or not; of more objects than rows the "
        "nearest when a row was free",
    )


def doom_layers(height: int, width: int) -> tuple[LayerInfo, ...]:
    """Depth and labels, both [height, width]."""
    return (
        LayerInfo(
            "depth",
            "float16",
            (height, width),
            DEPTH_OFFSET,
            DEPTH_HIGH,
            "map units",
            help="distance along the viewing direction, mean over the pixel; "
            f"saturates at {DEPTH_HIGH:.0f}, rounding {DEPTH_STEP / 2:.1f}",
        ),
        LayerInfo(
            "labels",
            "uint8",
            (height, width),
            0.0,
            float(len(CLASSES) - 1),
            "class",
            classes=CLASSES,
            help="kind of object that covers at least a quarter of the pixel",
        ),
    )
