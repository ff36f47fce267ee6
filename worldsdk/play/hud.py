"""The head-up display: a world's state variables, drawn over its picture at the window's own resolution.

Nothing of it is in the frame: the model reports health and ammunition as numbers, and whoever shows the world
draws them, in any style, or not at all. Films and pictures are taken without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, get_args

import pygame

from worldsdk.play import theme

HudStyle = Literal["bars", "numbers", "none"]
HUD_STYLES: tuple[HudStyle, ...] = get_args(HudStyle)

PLACES = frozenset({"x", "y", "z", "vx", "vy", "vz"})
"""Where somebody is and how they move: for maps, not for gauges. So is whatever turns in a circle."""
SCARCE = frozenset({"health", "ammo", "armor", "armour", "lives", "fuel", "energy", "oxygen"})
"""To have little of these is worth a warning."""
LITTLE = 0.25
"""Share of the range from which on it is little."""
NUMBERED = frozenset({"object", "kind", "id"})
"""Units of numbers that name something: half of one says nothing."""

WIDTH, LINE, BAR, MARGIN = 236, 40, 10, 14
COLUMN = 118
"""Room for one number."""


class Gauge(Protocol):
    """A state variable, of a world here or on a server; see ``models.interface.Variable``."""

    @property
    def name(self) -> str: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def unit(self) -> str: ...


def gauges(variables: Sequence[Gauge]) -> tuple[Gauge, ...]:
    """Those of a world's state variables that a player wants to see as figures."""
    return tuple(
        v
        for v in variables
        if v.high > v.low and not _is_cyclic(v) and v.name.rsplit("_", 1)[-1].lower() not in PLACES
    )


def _is_cyclic(variable: Gauge) -> bool:
    # The wire says that a variable is cyclic, and a world here with which period.
    return bool(getattr(variable, "period", 0.0) or getattr(variable, "cyclic", False))


class Hud:
    """Draws the gauges of one world.

    Args:
        variables: the world's; those that say where somebody is are left out.
        colours: name -> colour, where the theme's own is not wanted.
    """

    def __init__(self, variables: Sequence[Gauge], colours: Mapping[str, theme.Colour] | None = None) -> None:
        self.gauges = gauges(variables)
        self.colours = dict(colours or {})

    def draw(
        self, target: pygame.Surface, state: Mapping[str, float], style: HudStyle = "bars"
    ) -> pygame.Rect:
        """Draws what ``state`` has of them at the lower left of ``target``; returns where, maybe nowhere."""
        shown = [gauge for gauge in self.gauges if gauge.name in state]
        if style == "none" or not shown:
            return pygame.Rect(0, target.get_height(), 0, 0)
        plate = self._bars(shown, state) if style == "bars" else self._numbers(shown, state)
        place = plate.get_rect(left=10, bottom=target.get_height() - 10)
        target.blit(plate, place)
        return place

    def colour(self, gauge: Gauge, value: float) -> theme.Colour:
        """Of a gauge at a value; red where little is left of what one needs."""
        if gauge.name.lower() in SCARCE and share(gauge, value) <= LITTLE:
            return theme.BAD
        place = self.gauges.index(gauge) if gauge in self.gauges else 0
        return self.colours.get(gauge.name, (theme.GOOD, theme.ACCENT, *theme.STAGES)[place % 7])

    def _bars(self, shown: Sequence[Gauge], state: Mapping[str, float]) -> pygame.Surface:
        plate = theme.panel((WIDTH, LINE * len(shown) + MARGIN))
        for row, gauge in enumerate(shown):
            value, top = state[gauge.name], MARGIN // 2 + LINE * row
            colour = self.colour(gauge, value)
            theme.write(plate, title(gauge), (MARGIN, top + 4), theme.SMALL, theme.MUTED)
            theme.write(plate, figure(gauge, value), (WIDTH - MARGIN, top + 3), align="right")
            if gauge.unit in NUMBERED:
                continue
            well = pygame.Rect(MARGIN, top + 23, WIDTH - 2 * MARGIN, BAR)
            pygame.draw.rect(plate, theme.WELL, well, border_radius=BAR // 2)
            # What can be on either side of nothing grows from there.
            zero = share(gauge, 0.0) if gauge.low < 0.0 < gauge.high else 0.0
            ends = sorted((zero, share(gauge, value)))
            left = well.left + round(ends[0] * well.width)
            width = well.left + round(ends[1] * well.width) - left
            if width > 0:
                pygame.draw.rect(plate, colour, (left, well.top, width, BAR), border_radius=BAR // 2)
        return plate

    def _numbers(self, shown: Sequence[Gauge], state: Mapping[str, float]) -> pygame.Surface:
        plate = pygame.Surface((COLUMN * len(shown) + MARGIN, 66), pygame.SRCALPHA)
        for column, gauge in enumerate(shown):
            value, left = state[gauge.name], MARGIN // 2 + COLUMN * column
            words = ((title(gauge), (left, 48), theme.SMALL), (figure(gauge, value), (left, 4), theme.HUGE))
            for text, (x, y), size in words:
                # Without a plate behind them letters need an edge to be read on any picture.
                theme.write(plate, text, (x + 2, y + 2), size, theme.VOID)
                theme.write(plate, text, (x, y), size, self.colour(gauge, value))
        return plate


def share(gauge: Gauge, value: float) -> float:
    """Where a value lies in its range, 0 to 1."""
    return min(max((value - gauge.low) / (gauge.high - gauge.low), 0.0), 1.0)


def title(gauge: Gauge) -> str:
    """The name for people to read."""
    return gauge.name.replace("_", " ")


def figure(gauge: Gauge, value: float) -> str:
    """The value with as many places as its range makes sense of."""
    return f"{value:.0f}" if gauge.high - gauge.low >= 20.0 or gauge.unit in NUMBERED else f"{value:.2f}"
