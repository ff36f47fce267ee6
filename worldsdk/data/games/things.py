"""Objects of a running game in a table of fixed size, each in one row for as long as it is there.

A row that changed hands from one frame to the next would look like an object that jumped. So a row is given
away again only after a frame in which it was empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOTS = 32
COLUMNS = ("kind", "x", "y", "z", "angle", "id")


@dataclass(frozen=True)
class Thing:
    """One object.

    Attributes:
        id: no other object of the episode has it. Exact in float32 below 2**24.
        kind: 1 or more.
        x, y, z: where it stands, in map units.
        angle: where it looks, degrees counter-clockwise from +x, 0 to 360.
    """

    id: int
    kind: int
    x: float
    y: float
    z: float
    angle: float


class ThingSlots:
    """Gives objects their rows. ``reset`` before each episode, then ``update`` once a frame."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], int] = {}
        self._free: Collection[int] = ()
        self.reset()

    def reset(self) -> None:
        """An episode begins: all rows are free."""
        self._kept = {}
        self._free = range(SLOTS)

    def update(self, things: Iterable[Thing], x: float, y: float) -> NDArray[np.float32]:
        """The table of one frame.

        Args:
            things: all that are there now.
            x, y: of the player. Of new objects the nearest come first; where there are more than rows, the
                farthest stay out until one is free.

        Returns:
            float32 [SLOTS, len(COLUMNS)]; zeros where a row has no object.
        """
        now = {(thing.id, thing.kind): thing for thing in things}
        kept = {key: slot for key, slot in self._kept.items() if key in now}
        new = sorted(
            (key for key in now if key not in kept), key=lambda key: (_distance(now[key], x, y), key)
        )
        kept.update(zip(new, sorted(self._free), strict=False))
        self._kept = kept
        self._free = set(range(SLOTS)).difference(kept.values())
        table = np.zeros((SLOTS, len(COLUMNS)), np.float32)
        for key, slot in kept.items():
            thing = now[key]
            table[slot] = (thing.kind, thing.x, thing.y, thing.z, thing.angle % 360.0, thing.id)
        return table


def _distance(thing: Thing, x: float, y: float) -> float:
    return float(np.hypot(thing.x - x, thing.y - y))
