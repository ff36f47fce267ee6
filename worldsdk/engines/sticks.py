"""Gamepad sticks of engines that hand out their raw position."""

from __future__ import annotations

DEAD_ZONE = 0.15
"""Share of a stick's travel that counts as rest: worn sticks do not centre exactly."""


def level(raw: float) -> float:
    """-1..1 with the dead zone cut out and the rest stretched, so that motion starts at 0."""
    size = min(abs(raw), 1.0)
    if size <= DEAD_ZONE:
        return 0.0
    return (size - DEAD_ZONE) / (1.0 - DEAD_ZONE) * (1.0 if raw > 0 else -1.0)
