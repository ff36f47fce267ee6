"""The bridges that there are: how to run each one's vectors and session here, and what that needs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
GODOT = REPOSITORY / ".cache" / "godot4" / "godot4"
"""Where ``godot/setup.sh .cache/godot4`` puts it."""


@dataclass(frozen=True)
class Bridge:
    """One bridge.

    Attributes:
        tier: what a pass proves, and what it does not.
        command: (folder of vectors, address) -> the command of its runner, which prints one line of JSON.
        missing: names what of its tools is not here; empty where it can run.
        environment: what its runner needs to find them.
    """

    name: str
    tier: str
    command: Callable[[Path, str], list[str]]
    missing: Callable[[], list[str]]
    environment: Callable[[], Mapping[str, str]] = dict


def godot() -> str | None:
    """``$GODOT``, ``godot4`` or ``godot`` on PATH, or the one that setup.sh unpacked."""
    named = os.environ.get("GODOT")
    if named:
        return named if Path(named).is_file() else None
    return shutil.which("godot4") or shutil.which("godot") or (str(GODOT) if GODOT.is_file() else None)


def tools(*names: str) -> Callable[[], list[str]]:
    """Those of the programs that are not on PATH."""
    return lambda: [name for name in names if shutil.which(name) is None]


def _godot_missing() -> list[str]:
    return [] if godot() else ["Godot 4.3 or later (sh engine_bridge/godot/setup.sh .cache/godot4)"]


def _web_missing() -> list[str]:
    lacking = tools("node")()
    if not (HERE / "web" / "node_modules" / "esbuild").exists():
        lacking.append("node_modules (npm ci --prefix engine_bridge/web --ignore-scripts)")
    return lacking


def _compiler() -> str:
    return os.environ.get("CXX", "g++")


BRIDGES = (
    Bridge(
        "python",
        "the client itself",
        lambda vectors, url: [sys.executable, str(HERE / "python" / "conformance.py"), str(vectors), url],
        list,
    ),
    Bridge(
        "godot",
        "add-on inside the real engine",
        lambda vectors, url: ["sh", str(HERE / "godot" / "conformance.sh"), str(vectors), url],
        _godot_missing,
        lambda: {"GODOT": godot() or ""},
    ),
    Bridge(
        "web",
        "client in Node; adapters in Chromium by the tests",
        lambda vectors, url: ["node", str(HERE / "web" / "conformance.mjs"), str(vectors), url],
        _web_missing,
    ),
    Bridge(
        "unity",
        "core on Mono; not run inside Unity",
        lambda vectors, url: ["sh", str(HERE / "unity" / "conformance" / "run.sh"), str(vectors), url],
        tools("mcs", "mono"),
    ),
    Bridge(
        "unreal",
        "core compiled here; not built inside Unreal",
        lambda vectors, url: ["sh", str(HERE / "unreal" / "conformance" / "run.sh"), str(vectors), url],
        lambda: tools(_compiler())(),
    ),
)
