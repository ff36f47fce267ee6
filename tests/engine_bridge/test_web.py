"""The web bridge: types, unit tests, vectors, and each adapter's demo page in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browsing import SOFTWARE_GL, chromium
from tests.engine_bridge.serving import serving
from tests.engine_bridge.web_pages import WEB, needs_node, needs_packages, node
from tests.support import REPOSITORY

WAIT_MS = 60_000
WIDTH, HEIGHT = 360, 240
CUBE = (slice(HEIGHT // 2, None), slice(0, WIDTH // 2))
"""Rows and columns where the demos' own object turns, in front of the world."""


def test_the_lock_names_no_registry_and_holds_every_dependency() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [entry for entry in lock.values() if "://" in entry.get("resolved", "")]
    for path in [WEB / "package.json", *WEB.glob("packages/*/package.json")]:
        package = json.loads(path.read_text("utf-8"))
        named = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
        for name, version in named.items():
            entry = lock[f"node_modules/{name}"]
            assert entry.get("link") or entry["version"] == version, f"{path.name} of {path.parent}: {name}"


@needs_node
def test_the_constants_are_those_of_the_protocol() -> None:
    done = node("scripts/constants.mjs", "--check")
    assert done.returncode == 0, done.stderr


@needs_node
@needs_packages
def test_every_type_is_right() -> None:
    done = node("node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_node
@needs_packages
def test_the_units() -> None:
    done = node("scripts/test.mjs")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    passed = re.search(r"pass (\d+)", done.stdout)
    assert passed and int(passed[1]) >= 40, done.stdout


class Served:
    """``worldsdk serve``, by default on the cheapest world, with sessions that outlive it."""

    def __init__(self, folder: Path, *more: str, world: str = "grid-rooms") -> None:
        self._folder = folder
        self._options = ("--state", str(folder / "state"), *more)
        self._world = world
        self._open = ExitStack()
        self.port = 0

    def start(self) -> None:
        """Serves; from the second time on at the same port."""
        options = (*self._options, "--port", str(self.port))
        url, _ = self._open.enter_context(serving(self._folder, *options, world=self._world))
        self.port = int(url.rpartition(":")[2].partition("/")[0])

    def stop(self) -> None:
        self._open.close()


@pytest.fixture(scope="module")
def served(pages: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"), "--allow-origin", pages)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def maze(pages: str, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of doom-maze; started only where there is a browser to play there."""
    server = Served(tmp_path_factory.mktemp("maze"), "--allow-origin", pages, world="doom-maze")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@needs_node
@needs_packages
def test_the_runner_notices_a_vector_that_is_wrong(tmp_path: Path) -> None:
    lines = (REPOSITORY / "protocol" / "vectors" / "valid.jsonl").read_text("utf-8").splitlines()
    wrong = json.loads(lines[0])
    wrong["json"]["credit"] = 3
    refused = {**json.loads(lines[1]), "valid": False, "error": "bad_message"}
    (tmp_path / "wrong.jsonl").write_text("\n".join([json.dumps(wrong), json.dumps(refused), lines[2]]))
    done = node("conformance.mjs", str(tmp_path))
    assert done.returncode == 1
    assert json.loads(done.stdout)["vectors"] == {"passed": 1, "failed": 2}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(*SOFTWARE_GL) as found:
        yield found


Open = Callable[..., Any]


@pytest.fixture
def open_page(pages: str, served: Served, browser: Any) -> Iterator[Open]:
    """Opens a demo page; whatever it complains of to its console fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def start(engine: str, query: str = "", server: Served = served) -> Any:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(f"{pages}/{engine}/?server=127.0.0.1:{server.port}{query}")
        page.wait_for_function("globalThis.worldsdk?.frame != null")
        return page

    yield start
    for context in contexts:
        context.close()
    # What the software renderer says of its own speed is no fault of the page.
    assert [
        text for text in complaints if "GPU stall" not in text and "WebSocket connection" not in text
    ] == []


def pixels_of(page: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The world's newest frame, uint8 [H, W, 3]."""
    height, width, values = page.evaluate(
        "[worldsdk.frame.height, worldsdk.frame.width, Array.from(worldsdk.frame.pixels())]"
    )
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def screenshot(page: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """What the engine has drawn, without the page's own writing; uint8 [HEIGHT, WIDTH, 3]."""
    import io

    from PIL import Image

    page.add_style_tag(content="#note, [data-worldsdk] { display: none }")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def cover(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture as a background shows it: as large as needed to fill the view, cut evenly."""
    height, width = picture.shape[:2]
    scale = max(WIDTH / width, HEIGHT / height)
    rows = ((np.arange(HEIGHT) + 0.5 - HEIGHT / 2) / scale + height / 2).astype(int).clip(0, height - 1)
    columns = ((np.arange(WIDTH) + 0.5 - WIDTH / 2) / scale + width / 2).astype(int).clip(0, width - 1)
    return picture[rows[:, None], columns]


def still(page: Any) -> None:
    """The world stands still, and its last picture has come and is due."""
    page.evaluate("worldsdk.pause().then(() => true)")
    deadline = time.monotonic() + WAIT_MS / 1000
    tick = -1
    while (now := page.evaluate("worldsdk.frame.tick")) != tick:
        assert time.monotonic() < deadline, "the world did not stand still"
        tick = now
        page.wait_for_timeout(400)


def turn_away(page: Any, name: str, was: float, least: float) -> None:
    """Turns by the keyboard, as a player would, until the state variable is ``least`` away, and stands still.
    On a busy machine a held key may turn all the way round: then again."""
    for _ in range(12):
        page.keyboard.down("ArrowRight")
        page.wait_for_function(
            f"([was, least]) => Math.abs(worldsdk.state.{name} - was) >= least", arg=[was, least]
        )
        page.keyboard.up("ArrowRight")
        still(page)
        if least <= abs(page.evaluate(f"worldsdk.state.{name}") - was) <= 360 - least:
            return
        page.evaluate("worldsdk.resume().then(() => true)")
    raise AssertionError(f"{name} was always back at {was}")


def until(page: Any, condition: Callable[[], float], least: float, what: str) -> None:
    """Looks again until ``condition`` is above ``least``: software renderers compile slowly."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while (value := condition()) <= least:
        assert time.monotonic() < deadline, f"{what}: {value:.3f}"
        page.wait_for_timeout(200)


@needs_node
@needs_packages
@pytest.mark.parametrize(
    ("engine", "query", "codec", "likeness"),
    [
        ("three", "", "raw_rgba", 0.97),
        ("babylon", "&codec=jpeg", "jpeg", 0.95),
        ("phaser", "&worker=no", "raw_rgba", 0.97),
        ("playcanvas", "&codec=h264", "h264", 0.9),
    ],
)
def test_a_world_behind_each_engine(
    open_page: Open, engine: str, query: str, codec: str, likeness: float
) -> None:
    page = open_page(engine, query)
    assert page.evaluate("worldsdk.frame.codec") == codec
    assert page.evaluate("worldsdk.threaded") == ("worker=no" not in query)
    before = page.evaluate("worldsdk.state")
    first = pixels_of(page)
    # While it moves: a world that stands still answers no input.
    page.keyboard.down("ArrowRight")
    page.wait_for_function("worldsdk.quality.action_to_photon_ms > 0")
    page.keyboard.up("ArrowRight")
    turn_away(page, "agent_dir", before["agent_dir"], 1)
    picture = pixels_of(page)
    assert (np.abs(picture.astype(int) - first) > 60).any(), "the held key did not change the picture"
    shown = page.wait_for_selector("[data-action-to-photon-ms]")
    page.wait_for_function(
        "document.querySelector('[data-action-to-photon-ms]').dataset.actionToPhotonMs > 0"
    )
    assert re.search(r"hand to eye\s+\d+(\.\d)? ms", shown.inner_text())
    wanted = cover(picture)

    def like() -> float:
        close = np.abs(screenshot(page).astype(int) - wanted).max(-1) < 48
        close[CUBE] = True
        return float(close.mean())

    until(page, like, likeness, f"{engine} shows something else than the world")
    # The engine's own object is in front of it.
    in_front = np.abs(screenshot(page)[CUBE].astype(int) - wanted[CUBE]).max(-1) > 48
    assert in_front.mean() > 0.01


@needs_node
@needs_packages
@pytest.mark.parametrize("engine", ["three", "babylon", "phaser", "playcanvas"])
def test_doom_maze_is_played_behind_each_engine(open_page: Open, maze: Served, engine: str) -> None:
    """By what came and what is seen: how fast is for a quiet machine to say."""
    page = open_page(engine, "", maze)
    assert page.evaluate("worldsdk.welcome.world.name") == "doom-maze"
    first = pixels_of(page)
    assert first.shape == (192, 256, 3) and first.std() > 10.0
    page.wait_for_function("worldsdk.quality.frames > 20")
    turn_away(page, "heading", page.evaluate("worldsdk.state.heading"), 30)
    picture = pixels_of(page)
    assert (np.abs(picture.astype(int) - first).max(-1) > 16).mean() > 0.1, "the held key changed little"
    wanted = cover(picture)

    def like() -> float:
        close = np.abs(screenshot(page).astype(int) - wanted).max(-1) < 48
        close[CUBE] = True
        return float(close.mean())

    until(page, like, 0.95, f"{engine} shows something else than doom-maze")


@needs_node
@needs_packages
@pytest.mark.parametrize("engine", ["three", "babylon", "phaser", "playcanvas"])
def test_a_world_on_a_screen_in_each_engines_scene(open_page: Open, engine: str) -> None:
    page = open_page(engine, "&view=screen")
    still(page)
    colours = {tuple(colour) for colour in pixels_of(page).reshape(-1, 3)[::7]}

    def found() -> float:
        lit = screenshot(page).astype(int)
        return sum((np.abs(lit - colour).max(-1) < 24).any() for colour in colours) / len(colours)

    until(page, found, 0.8, f"{engine} shows only some of the world's colours")
    # A screen in the scene, not the whole of it.
    assert screenshot(page)[:4].max() < 80


@needs_node
@needs_packages
def test_every_verb_from_a_page(open_page: Open) -> None:
    page = open_page("phaser")
    told = page.evaluate(
        """async () => {
          const events = [];
          worldsdk.on("applied", (name) => events.push(name));
          const codes = [];
          worldsdk.on("failed", (code) => codes.push(code));
          await worldsdk.pause();
          const tick = worldsdk.tick;
          const snapshot = await worldsdk.snapshot();
          const rewound = await worldsdk.rewind(1);
          const restored = await worldsdk.restore(snapshot);
          const canvas = new OffscreenCanvas(64, 64);
          canvas.getContext("2d").fillRect(0, 0, 64, 64);
          const refusals = [];
          for (const verb of [() => worldsdk.setPrompt("rain"), () => worldsdk.setSpeed(99)]) {
            try { await verb(); } catch (error) { refusals.push(error.code); }
          }
          let observed = "observed";
          try { await worldsdk.observe({ image: canvas }); } catch (error) { observed = error.code; }
          await worldsdk.setSpeed(2);
          await worldsdk.start({ seed: 5, start: 0 });
          await worldsdk.reset({ seed: 6 });
          await worldsdk.setQuality({ jpegQuality: 60 });
          await worldsdk.resume();
          const back = tick - rewound.tick;
          const can = worldsdk.welcome.capabilities;
          return { tick, back, restored: restored.tick, events, codes, refusals, observed, can };
        }"""
    )
    assert told["back"] >= 1 and told["restored"] >= told["tick"]
    assert told["refusals"] == ["not_capable", "bad_argument"]
    assert told["observed"] == ("observed" if "observe" in told["can"] else "not_capable")
    assert [name for name in told["events"] if name != "observe"] == [
        "pause", "snapshot", "rewind", "restore", "speed", "start", "reset", "quality", "resume",
    ]  # fmt: skip


@needs_node
@needs_packages
def test_a_server_that_was_restarted_is_taken_up_again(open_page: Open, served: Served) -> None:
    page = open_page("phaser", "&worker=no")
    page.evaluate(
        """() => {
          globalThis.told = [];
          worldsdk.on("connected", (welcome, resumed) => told.push(["connected", resumed]));
          worldsdk.on("disconnected", (code, reason, willRetry) => told.push(["disconnected", willRetry]));
        }"""
    )
    session = page.evaluate("worldsdk.welcome.session")
    served.stop()
    page.wait_for_function("told.length > 0")
    served.start()
    page.wait_for_function("told.some(([name]) => name === 'connected') || told.at(-1)[1] === false")
    told = page.evaluate("told")
    assert told[0] == ["disconnected", True] and told[-1] == ["connected", True]
    assert page.evaluate("worldsdk.welcome.session") == session
    at = page.evaluate("worldsdk.tick")
    page.wait_for_function("(at) => worldsdk.tick > at", arg=at)
    assert page.evaluate("worldsdk.quality.reconnects") == 1
