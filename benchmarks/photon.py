"""From hand to eye in an engine: how long after a key press the first picture with it is on the screen.

A server on loopback, and a client in real Godot (on a virtual screen) or in headless Chromium, that is
pressed at odd moments. The budget is a tick of the world, for the press has to wait for the next one, and one
frame of the engine, which has to wait for its own, and 10 ms for all the rest::

    python benchmarks/photon.py grid-rooms --presses 60 --json FILE

Godot's times are taken by a stopwatch from the press to the end of drawing; a browser's by the client's own
meter, from the key event to the animation frame after the one that drew the picture, so they hold one more
frame. Where the time went is told by stage: until the input was sent (``hand``), until its tick
began (``wait``), while that was made and encoded (``tick``), on both ways and until the engine looked
(``way``), until it was on the screen (``draw``). Engines that are not installed are left out, and named.
Prints JSON with the machine that it ran on.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldsdk.packs.storage import write_file
from worldsdk.runtime.machine import describe

REPOSITORY = Path(__file__).resolve().parents[1]
GODOT_PROJECT = REPOSITORY / "engine_bridge" / "godot"
WEB = REPOSITORY / "engine_bridge" / "web"
SLACK_MS = 10.0
CHROMIUM_FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
TIMEOUT = 240.0


def main(argv: list[str] | None = None) -> int:
    """Measures and prints; exit code 1 where no engine was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("world", help="a bundled world, or the folder of a pack")
    parser.add_argument("--presses", type=int, default=60, help="in each engine (default %(default)s)")
    parser.add_argument("--only", choices=("godot", "chromium"), help="one engine alone")
    parser.add_argument("--json", type=Path, help="write the report there as well")
    args = parser.parse_args(argv)
    engines = {"godot": in_godot, "chromium": in_chromium}
    report: dict[str, Any] = {"world": args.world, "machine": describe(torch.device("cpu"))}
    found = 0
    for name, measure in engines.items():
        if args.only in (None, name):
            figures = measure(args.world, args.presses)
            found += isinstance(figures, dict)
            report[name] = figures
    text = json.dumps(report, indent=1)
    print(text)
    if args.json:
        write_file(args.json, f"{text}\n".encode())
    return 0 if found else 1


def summary(times: list[float], rate: float, frame_ms: float) -> dict[str, Any]:
    """Percentiles of ``times`` (ms), and the budget for a world of ``rate`` Hz and frames of ``frame_ms``."""
    budget = 1000.0 / rate + frame_ms + SLACK_MS
    values = np.array(times)
    return {
        "presses": len(times),
        "median_ms": round(float(np.median(values)), 1),
        "p95_ms": round(float(np.percentile(values, 95)), 1),
        "tick_ms": round(1000.0 / rate, 1),
        "frame_ms": round(frame_ms, 1),
        "budget_ms": round(budget, 1),
        "within": round(float((values <= budget).mean()), 3),
    }


def by_stage(stages: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each stage, in ms."""
    names = stages[0] if stages else {}
    columns = {name: [stage[name] for stage in stages] for name in names}
    return {
        name: {
            "median_ms": round(float(np.median(column)), 1),
            "p95_ms": round(float(np.percentile(column, 95)), 1),
        }
        for name, column in columns.items()
    }


def in_godot(world: str, presses: int) -> dict[str, Any] | str:
    """Figures of real Godot, or what is missing."""
    names = (os.environ.get("GODOT"), shutil.which("godot4"), shutil.which("godot"))
    binary = next(filter(None, (*names, _if_there(REPOSITORY / ".cache" / "godot4" / "godot4"))), None)
    if binary is None:
        return "Godot was not found: set GODOT, or run engine_bridge/godot/setup.sh .cache/godot4"
    if shutil.which("xvfb-run") is None:
        return "xvfb-run was not found"
    # Imported once: the classes of the add-on are known by their names afterwards.
    subprocess.run(
        [binary, "--headless", "--path", GODOT_PROJECT, "--import"], capture_output=True, timeout=TIMEOUT
    )
    with serving(world) as url:
        command = ["xvfb-run", "-a", "-s", "-screen 0 640x480x24", binary, "--path", str(GODOT_PROJECT)]
        command += ["--rendering-driver", "opengl3", "--audio-driver", "Dummy", "--resolution", "320x240"]
        command += ["--script", "res://tests/photon.gd", "--", "--url", url, "--presses", str(presses)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        return f"Godot failed: {(done.stdout + done.stderr)[-500:]}"
    told = json.loads(lines[-1].removeprefix("RESULT "))
    return {
        **summary(told["times"], told["rate"], told["frame_ms"]),
        "stages": by_stage(told["stages"]),
        "lost": told["lost"],
        "meter": {"median_ms": round(told["meter_ms"], 1), "p95_ms": round(told["meter_p95_ms"], 1)},
        "missed_ticks": told["missed"],
        "overlay": told["overlay"].splitlines(),
    }


def in_chromium(world: str, presses: int) -> dict[str, Any] | str:
    """Figures of the three.js demo in headless Chromium, or what is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return "there is no chromium on the path"
    if not (WEB / "node_modules" / "esbuild").exists():
        return "engine_bridge/web/node_modules is missing: run 'npm ci' in engine_bridge/web"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "playwright is not installed: it is in the extra 'dev'"
    subprocess.run(["node", "scripts/demo.mjs", "--build"], cwd=WEB, check=True, capture_output=True)
    dice = random.Random(7)
    with pages() as origin, serving(world, "--allow-origin", origin) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 320, "height": 240})
        page.set_default_timeout(60_000)
        page.goto(f"{origin}/three/?server={url.removeprefix('ws://').removesuffix('/play')}")
        page.wait_for_function("globalThis.worldsdk?.frame != null")
        keys = page.evaluate("worldsdk.welcome.controls.flatMap(({ keys }) => Object.keys(keys))")
        page.wait_for_timeout(1000)
        page.evaluate(WATCH_STAGES)
        before = page.evaluate("worldsdk.meter.latest.length")
        for number in range(presses):
            page.wait_for_timeout(dice.uniform(60, 260))
            page.keyboard.down(keys[number % len(keys)])
            page.wait_for_timeout(dice.uniform(100, 160))
            page.keyboard.up(keys[number % len(keys)])
        page.wait_for_timeout(500)
        times = page.evaluate("(from) => worldsdk.meter.latest.slice(from)", before)
        stages = page.evaluate("stages")
        frame_ms = page.evaluate(FRAME_MS)
        rate = page.evaluate("worldsdk.welcome.rate")
        overlay = page.inner_text("[data-worldsdk=overlay]")
        browser.close()
    return {
        **summary(times, rate, frame_ms),
        "stages": by_stage(stages),
        "overlay": overlay.splitlines(),
    }


WATCH_STAGES = """() => {
  globalThis.stages = [];
  const { shown } = worldsdk.constructor.prototype;
  let applied = worldsdk.frame.applied;
  worldsdk.shown = function (frame, at) {
    if (frame.ts !== null && frame.applied > applied) {
      applied = frame.applied;
      const { ts, arrived, queueMs, totalMs, encodeMs } = frame;
      const tick = totalMs + encodeMs;
      stages.push({ wait: queueMs, tick, way: arrived - ts - queueMs - tick, draw: at - arrived });
    }
    shown.call(this, frame, at);
  };
}"""
"""Where each input's time goes, from what its first frame says. Events bear stamps: no ``hand``."""


FRAME_MS = """new Promise((done) => {
  const from = performance.now();
  let count = 0;
  const next = (now) => (++count === 60 ? done((now - from) / count) : requestAnimationFrame(next));
  requestAnimationFrame(next);
})"""
"""Milliseconds between two animation frames, over sixty."""


@contextmanager
def serving(world: str, *options: str) -> Iterator[str]:
    """``worldsdk serve`` in a process of its own; yields its address."""
    command = [sys.executable, "-m", "worldsdk.cli.main", "serve", world, "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        found = re.search(r"ws://\S+", process.stdout.readline())
        if not found:
            raise SystemExit("the server did not start")
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is printed is the report."""


@contextmanager
def pages() -> Iterator[str]:
    """The bundled demo pages on a port of their own; yields their origin."""
    handler = functools.partial(_Quiet, directory=str(WEB / ".demo"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _if_there(path: Path) -> str | None:
    return str(path) if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
