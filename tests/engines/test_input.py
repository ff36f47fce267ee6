"""Gamepads, mice and key tables of the adapters, with stand-ins for the devices."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pygame
import pytest

from tests.engines.test_adapters import python_with
from tests.play.conftest import make_world
from tests.support import REPOSITORY
from worldsdk.engines.local import LocalFeed
from worldsdk.engines.pygame import WorldSurface
from worldsdk.play.keys import CODES

WORLDS = REPOSITORY / "worldsdk" / "packs" / "bundled"
BOUND = {
    code
    for pack in WORLDS.glob("*/pack.json")
    for control in json.loads(pack.read_text("utf-8"))["controls"]
    for code in control["keys"]
}
"""Keys that the bundled worlds listen to."""


def told_by(engine: str) -> dict[str, Any]:
    python = python_with(engine)
    if python is None:
        pytest.skip(f"{engine} was not found: pip install 'worldsdk[{engine}]'")
    done = subprocess.run(
        [python, "-m", "tests.engines.programs.pads", engine],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    result: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    return result


@pytest.mark.parametrize("engine", ["panda3d", "arcade"])
def test_pads_and_keys_reach_the_world_until_the_end(engine: str) -> None:
    told = told_by(engine)
    pads = told["pads"]
    # Up is positive for the engine's stick and negative for ours; a trigger has its own way.
    assert pads["LeftStickX"] == 1.0 and pads["LeftStickY"] == -1.0
    assert pads["RightTrigger"] == 0.5
    assert pads["A"] == 1.0 and pads["DPadLeft"] == 1.0
    assert not pads.get("Back") and not pads.get("DPadRight")
    assert pads["KeyW"] == 1.0 and pads["ArrowUp"] == 0.0
    assert told["deaf"] is True and told["released"] >= 1
    assert len(set(told["codes"])) == len(told["codes"]) > 80
    assert set(CODES) >= set(told["codes"]) >= BOUND
    if engine == "arcade":
        assert told["mice"] == [[3.0, -2.0]] and told["opened"] is True


def test_pygames_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    world = WorldSurface(LocalFeed(make_world().session(seed=3), fps=100.0))
    hands = world.feed.hands
    try:
        world.feed.pause().result(60)
        key = {"key": pygame.K_w, "scancode": pygame.KSCAN_W, "mod": 0, "unicode": "w"}
        assert world.handle(pygame.event.Event(pygame.KEYDOWN, key)) is True
        assert hands.sample_here()["forward"] == 1.0
        assert world.handle(pygame.event.Event(pygame.KEYUP, key)) is True
        stray = {"key": pygame.K_F9, "scancode": pygame.KSCAN_F9, "mod": 0, "unicode": ""}
        assert world.handle(pygame.event.Event(pygame.KEYDOWN, stray)) is False
        motion = pygame.event.Event(pygame.MOUSEMOTION, pos=(5, 5), rel=(20, 0), buttons=(0, 0, 0))
        assert world.handle(motion) is False
        world.looks = True
        assert world.handle(motion) is True
        hands.sample_here()
        assert hands.sample_here()["turn"] == 0.0
        button = pygame.event.Event(
            pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_A, instance_id=0
        )
        assert world.handle(button) is True
        assert hands.sample_here()["forward"] == 1.0
        assert world.handle(pygame.event.Event(pygame.WINDOWFOCUSLOST)) is False
        assert not any(hands.sample_here().values())
    finally:
        world.close()
        pygame.display.quit()


def test_pygames_surface_is_the_frame_and_is_drawn_where_it_fits() -> None:
    with LocalFeed(make_world().session(seed=3), fps=100.0) as feed:
        feed.pause().result(60)
        world = WorldSurface(feed, method="nearest", pads=False)
        surface = world.surface
        assert world.update() is True
        while world.update():
            pass
        assert world.surface is surface and surface.get_size() == (feed.width, feed.height)
        pixels = feed.frame.pixels
        assert tuple(surface.get_at((2, 1)))[:3] == tuple(int(value) for value in pixels[1, 2])
        target = pygame.Surface((4 * feed.width + 10, 3 * feed.height))
        place = world.draw(target)
        assert (place.width, place.height) == (3 * feed.width, 3 * feed.height)
        assert place.x == (target.get_width() - place.width) // 2 and place.y == 0
        spot = (place.x + 3 * 2 + 1, 3 * 1 + 1)
        assert tuple(target.get_at(spot))[:3] == tuple(int(value) for value in pixels[1, 2])
        lower = world.draw(target, pygame.Rect(7, 9, feed.width, feed.height))
        assert lower.topleft == (7, 9) and lower.size == (feed.width, feed.height)
