"""The corner panel that shows how the clock keeps its promise."""

from __future__ import annotations

import math

import pygame

from worldsdk.play import theme
from worldsdk.play.driver import GRAPH_TICKS, View
from worldsdk.play.link_view import LinkView

WIDTH, MARGIN, LINE = 282, 14, 20
GRAPH_HEIGHT, BAR = 56, 2


def draw_overlay(target: pygame.Surface, view: View, upscaler: str, at: tuple[int, int] = (10, 10)) -> None:
    """Draws the panel with its top left corner at ``at``.

    The graph has one bar per tick, newest right; its full height is twice the budget, the line is the
    budget, red bars missed it.
    """
    stages = _mean_stages(view)
    link = _link_lines(view.link) if view.link is not None else []
    height = 2 * MARGIN + 3 * LINE + GRAPH_HEIGHT + 10 + (LINE * ((len(stages) + 1) // 2)) + 2 * LINE
    height += (LINE * len(link) + 8) if link else 0
    plate = theme.panel((WIDTH, height))
    right = WIDTH - MARGIN
    y = MARGIN
    last = view.timings[-1] if view.timings else view.frame.timing
    budget = last.budget_ms
    theme.write(plate, f"{view.rate:.1f} fps" if view.rate else view.mode, (MARGIN, y), theme.TITLE)
    theme.write(plate, f"tick {view.frame.tick:,}", (right, y + 4), colour=theme.MUTED, align="right")
    y += LINE + 10
    _graph(plate, view, budget, pygame.Rect(right - GRAPH_TICKS * BAR, y, GRAPH_TICKS * BAR, GRAPH_HEIGHT))
    y += GRAPH_HEIGHT + 8
    colour = theme.TEXT if last.deadline_met else theme.BAD
    width = theme.write(plate, f"{last.total_ms:.1f} ms", (MARGIN, y), colour=colour)
    if math.isfinite(budget):
        theme.write(plate, f" of {budget:.1f} ms budget", (MARGIN + width, y), colour=theme.MUTED)
    y += LINE + 2
    _stages(plate, stages, y, right)
    y += 16 + LINE * ((len(stages) + 1) // 2)
    share = 100.0 * view.missed / view.ticks if view.ticks else 0.0
    missed = f"missed {view.missed:,} ({share:.1f} %)" if view.missed else "missed none"
    theme.write(plate, f"steps {last.steps_used}   {last.rung}", (MARGIN, y))
    theme.write(plate, missed, (right, y), colour=theme.BAD if view.missed else theme.GOOD, align="right")
    y += LINE
    theme.write(
        plate,
        f"seed {view.seed}" + (f"   start {view.start + 1}" if view.start is not None else ""),
        (MARGIN, y),
        colour=theme.MUTED,
    )
    theme.write(plate, upscaler, (right, y), colour=theme.MUTED, align="right")
    y += LINE + 8
    for left, value, good in link:
        theme.write(plate, left, (MARGIN, y), colour=theme.MUTED)
        theme.write(plate, value, (right, y), colour=theme.TEXT if good else theme.BAD, align="right")
        y += LINE
    target.blit(plate, at)


def _link_lines(link: LinkView) -> list[tuple[str, str, bool]]:
    """(name, value, whether all is well) of what there is to say about a connection."""
    quality = link.quality
    if not link.connected:
        return [("connection", "lost, trying again", False)]
    late = f"{quality.late:,} late, {quality.dropped:,} dropped, {quality.replaced:,} replaced"
    return [
        ("hand to eye", f"{quality.action_p50:.0f} ms, p95 {quality.action_p95:.0f}", True),
        ("round trip", f"{quality.rtt:.1f} ms", True),
        ("jitter", f"{quality.jitter:.1f} ms, kept back {link.delay_ms:.1f}", True),
        ("frames", late, True),
        ("waited", f"{quality.held:,} beats{f', {quality.warped:,} turned' if link.warp else ''}", True),
        ("room", link.room + (f", back {quality.reconnects} times" if quality.reconnects else ""), True),
    ]


def _mean_stages(view: View) -> dict[str, float]:
    """Mean ms by stage over the last ticks: single ticks would flicker too fast to read."""
    recent = view.timings[-30:]
    names = list(dict.fromkeys(name for timing in recent for name in timing.stages))
    return {name: sum(t.stages.get(name, 0.0) for t in recent) / len(recent) for name in names}


def _graph(plate: pygame.Surface, view: View, budget: float, box: pygame.Rect) -> None:
    pygame.draw.rect(plate, theme.WELL, box, border_radius=4)
    slowest = max((timing.total_ms for timing in view.timings), default=1.0)
    full = 2.0 * budget if math.isfinite(budget) else max(slowest, 1.0)
    for index, timing in enumerate(reversed(view.timings)):
        height = max(1, round(min(timing.total_ms / full, 1.0) * box.height))
        bar = pygame.Rect(box.right - (index + 1) * BAR, box.bottom - height, BAR, height)
        plate.fill(theme.GOOD if timing.deadline_met else theme.BAD, bar)
    if math.isfinite(budget):
        line = box.bottom - box.height // 2
        pygame.draw.line(plate, theme.ACCENT, (box.left, line), (box.right - 1, line))


def _stages(plate: pygame.Surface, stages: dict[str, float], y: int, right: int) -> None:
    """A bar split by share, and under it the names with their milliseconds."""
    total = sum(stages.values())
    x = float(MARGIN)
    for index, cost in enumerate(stages.values()):
        width = (right - MARGIN) * cost / total if total > 0 else 0.0
        colour = theme.STAGES[index % len(theme.STAGES)]
        plate.fill(colour, pygame.Rect(round(x), y, max(1, round(x + width) - round(x)), 6))
        x += width
    middle = (MARGIN + right) // 2 + 6
    for index, (name, cost) in enumerate(stages.items()):
        left = MARGIN if index % 2 == 0 else middle
        top = y + 12 + LINE * (index // 2)
        pygame.draw.circle(plate, theme.STAGES[index % len(theme.STAGES)], (left + 4, top + 8), 4)
        theme.write(plate, name, (left + 13, top), theme.SMALL, theme.MUTED)
        edge = middle - 14 if index % 2 == 0 else right
        theme.write(plate, f"{cost:.1f}", (edge, top), theme.SMALL, align="right")
