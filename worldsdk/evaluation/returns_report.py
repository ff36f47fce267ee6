"""The card's two tables about leaving a place and coming back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTHING = "not measured: held-out play has no such return"
NO_WAY = "not measured: no held-out way out of a room that there is time for"


def returns_lines(found: Mapping[str, Any]) -> list[str]:
    """``found``: what ``Workbench`` puts under ``returns``."""
    lines = [
        "Leaving a place and coming back, by recorded controls: is the last frame most like real frames of "
        "that place?",
        "",
        "| seconds away | right place | real frames (ceiling) | elsewhere (floor) | returns |",
        "|---|---|---|---|---|",
    ]
    for gap, row in found.items():
        if gap == "closed_loop":
            continue
        if row is None:
            lines.append(f"| {gap} | {NOTHING} | | | 0 |")
            continue
        bounds = f"{row['ceiling']:.2f} | {row['floor']:.2f}"
        lines.append(f"| {gap} | {_share(row['right'])} | {bounds} | {row['returns']} |")
    lines.append("")
    if found.get("closed_loop"):
        lines += _closed_loop(found["closed_loop"])
    return lines


def _closed_loop(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "Leaving a room and returning in closed loop: a pilot that steers by the state which the world "
        "reports walks from A to B, waits, walks back and looks where it looked at first. Then it is the "
        "picture that is looked up among real frames. Errands begin only where a real picture tells the "
        "place; who gets stuck on the way is counted as wrong. The ceiling is real frames from about A, and "
        "from B, looked up in the same way; the floor is the share of real frames at B that are taken for A.",
        "",
        "| seconds in all | who | arrived | picture at B shows B | back: right place | looks the right way "
        "| errands |",
        "|---|---|---|---|---|---|---|",
    ]
    for gap, runs in found.items():
        for name, label in (("world", "the world"), ("game", "the game itself")):
            if name not in runs:
                continue
            row = runs[name]
            if row is None:
                lines.append(f"| {gap} | {label} | {NO_WAY} | | | | 0 |")
                continue
            names = ("arrived", "there", "right", "facing")
            size = f"{row['errands']}, B {row['distance']:.3g} {row['unit']} from A"
            lines.append(f"| {gap} | {label} | {' | '.join(_share(row[n]) for n in names)} | {size} |")
            ceiling = " | ".join(f"{row['ceiling'][n]:.2f}" for n in names[1:])
            lines.append(f"| | real frames (ceiling) | | {ceiling} | |")
            lines.append(f"| | B taken for A (floor) | | | {row['floor']:.2f} | | |")
    return [*lines, ""]


def _share(value: Mapping[str, float]) -> str:
    return f"{value['mean']:.2f} ({value['low']:.2f} to {value['high']:.2f})"
