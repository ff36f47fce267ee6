"""Line charts and bars as inline SVG, drawn without any library so that a page needs nothing from outside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 34, 40
COLOURS = ("#2f6fde", "#8a8f98", "#d9822b", "#2a9d6f")


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        name: for the legend.
        values: x -> y. band: x -> (low, high), a shaded interval; may be empty.
    """

    name: str
    values: Mapping[float, float]
    band: Mapping[float, tuple[float, float]]


def line_of(name: str, row: Mapping[str, Mapping[str, float]]) -> Line:
    """From estimates as reports hold them: horizon -> ``{"mean", "low", "high"}``."""
    return Line(
        name,
        {float(h): e["mean"] for h, e in row.items()},
        {float(h): (e["low"], e["high"]) for h, e in row.items()},
    )


def chart(title: str, unit: str, lines: Sequence[Line], across: str = "frames dreamt") -> str:
    """An SVG line chart with logarithmic x; an empty string where no line has a point.

    Args:
        title, unit: of the figure and of y.
        lines: at most four are told apart by colour.
        across: what x is.
    """
    lines = [line for line in lines if line.values]
    if not lines:
        return ""
    places = sorted({x for line in lines for x in line.values})
    heights = [y for line in lines for y in line.values.values()]
    heights += [end for line in lines for pair in line.band.values() for end in pair]
    ticks = _round_ticks(min(heights), max(heights))
    low, high = ticks[0], ticks[-1]
    first, last = math.log2(max(places[0], 0.5)), math.log2(max(places[-1], 0.5))

    def x_of(x: float) -> float:
        part = (math.log2(max(x, 0.5)) - first) / (last - first) if last > first else 0.5
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        return TOP + (high - y) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [_open(WIDTH, HEIGHT, title), _text(LEFT, 14, f"{title}, {unit}" if unit else title, "title")]
    for tick in ticks:
        y = y_of(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{tick:g}", "end"))
    parts += [_text(x_of(x), HEIGHT - BOTTOM + 16, f"{x:g}", "middle") for x in places]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across, "middle"))
    legend = float(LEFT)
    for line, colour in zip(lines, COLOURS, strict=False):
        xs = sorted(line.values)
        if line.band:
            edge = [(x, line.band[x][1]) for x in xs] + [(x, line.band[x][0]) for x in reversed(xs)]
            points = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in edge)
            parts.append(f'<polygon points="{points}" fill="{colour}" opacity="0.18"/>')
        points = " ".join(f"{x_of(x):.1f},{y_of(line.values[x]):.1f}" for x in xs)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x_of(x):.1f}" cy="{y_of(line.values[x]):.1f}" r="3" fill="{colour}"/>' for x in xs
        ]
        parts.append(f'<rect x="{legend:.0f}" y="20" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(legend + 14, 29, line.name, "start"))
        legend += 26 + 6.2 * len(line.name)
    return "".join([*parts, "</svg>"])


def bars(title: str, rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Horizontal bars from floor to world with a mark at the ceiling: (name, world, floor, ceiling) each."""
    if not rows:
        return ""
    step, left = 24, 130
    height = TOP + step * len(rows) + 12
    low = min(0.0, *(min(row[1:]) for row in rows))
    high = max(1.0, *(max(row[1:]) for row in rows))

    def x_of(value: float) -> float:
        return left + (value - low) / (high - low) * (WIDTH - left - RIGHT)

    parts = [_open(WIDTH, height, title), _text(8, 14, title, "title")]
    for number, (name, world, floor, ceiling) in enumerate(rows):
        y = TOP + step * number
        a, b = sorted((x_of(floor), x_of(world)))
        parts.append(_text(left - 8, y + 12, name, "end"))
        parts.append(
            f'<rect x="{a:.1f}" y="{y}" width="{max(b - a, 1):.1f}" height="15" fill="{COLOURS[0]}"/>'
        )
        for value, colour in ((ceiling, COLOURS[2]), (floor, COLOURS[1])):
            x = x_of(value)
            ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{y - 2}" y2="{y + 17}"'
            parts.append(f'<line {ends} stroke="{colour}" stroke-width="3"/>')
    return "".join([*parts, "</svg>"])


def _open(width: int, height: int, title: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(title)}">'


def _text(x: float, y: float, text: str, kind: str) -> str:
    anchor = "start" if kind == "title" else kind
    style = ' class="title"' if kind == "title" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'


def _round_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that enclose ``low`` to ``high``, at least two of them."""
    span = max(high - low, 1e-6 * max(1.0, abs(high)))
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(number * step, 10) for number in range(first, last + 1)]
