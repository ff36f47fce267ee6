"""What is drawn over a world: the timings, the help, the seed entry."""

from dataclasses import replace

import numpy as np
import pygame
import pytest

from worldsdk.client.quality import Quality
from worldsdk.controls import Control, Controls, ControlSpec
from worldsdk.frame import Frame, Timing
from worldsdk.play import theme
from worldsdk.play.driver import GRAPH_TICKS, View
from worldsdk.play.help_screen import draw_help, shorten
from worldsdk.play.link_view import LinkView
from worldsdk.play.overlay import draw_overlay
from worldsdk.play.prompt import SeedPrompt
from worldsdk.play.shortcuts import Shortcuts


@pytest.fixture
def surface(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    yield pygame.display.set_mode((960, 720))
    theme.forget()
    pygame.quit()


def view(timings, **changes):
    frame = Frame(np.zeros((4, 4, 3), np.uint8), {}, {}, 0.0, False, 12, Controls({}), Timing())
    return View(frame, "playing", 7, 0, tuple(timings), len(timings), **changes)


def timing(total, budget=28.6):
    stages = {"condition": total / 4, "denoise": total / 2, "commit": total / 4}
    return Timing(total, stages, 2, budget, total <= budget, "2-step")


def count(surface, colour):
    return int((pygame.surfarray.array3d(surface) == colour).all(axis=2).sum())


def red(shown):
    """Pixels much redder than green: letters are drawn too softly to have the very colour."""
    return int((shown[:, :, 0].astype(int) - shown[:, :, 1] > 80).sum())


def test_the_graph_is_as_high_as_the_time_and_red_where_missed(surface):
    draw_overlay(surface, view([timing(14.3)] * GRAPH_TICKS), "edge")
    in_time = count(surface, theme.GOOD)
    # A quarter of the graph: half of the budget, which is half-way up.
    assert in_time == pytest.approx(GRAPH_TICKS * 2 * 14, rel=0.1)
    assert count(surface, theme.BAD) == 0
    surface.fill(0)
    draw_overlay(surface, view([timing(14.3)] * 100 + [timing(60.0)] * 27, missed=27), "edge")
    assert count(surface, theme.BAD) > 27 * 2 * 50
    assert count(surface, theme.GOOD) < in_time


def test_a_world_without_budget_or_ticks_is_drawn_too(surface):
    draw_overlay(surface, view([]), "edge")
    assert np.ptp(pygame.surfarray.array3d(surface)) > 100
    draw_overlay(surface, view([timing(3.0, budget=float("inf"))] * 3), "edge")


def test_a_connection_has_its_own_lines_and_a_lost_one_is_red(surface):
    draw_overlay(surface, view([timing(14.3)] * 5), "edge")
    plain = pygame.surfarray.array3d(surface)
    link = LinkView(Quality(rtt=1.5, action_p50=30.0, action_p95=41.0, held=3), "den", 2.0, True, True)
    surface.fill(0)
    draw_overlay(surface, view([timing(14.3)] * 5, link=link), "edge")
    shown = pygame.surfarray.array3d(surface)
    assert (shown.any(axis=2)).sum() > plain.any(axis=2).sum() + 282 * 80
    assert red(shown) == 0
    surface.fill(0)
    draw_overlay(surface, view([timing(14.3)] * 5, link=replace(link, connected=False)), "edge")
    assert red(pygame.surfarray.array3d(surface)) > 50


def test_long_texts_are_cut_to_the_room_there_is(surface):
    assert shorten("short", theme.BODY, 200) == "short"
    cut = shorten("a very long sentence indeed " * 9, theme.BODY, 200)
    assert cut.endswith("...") and theme.width_of(cut, theme.BODY) <= 200


@pytest.mark.parametrize("size", [(960, 720), (320, 240), (1600, 400)])
def test_help_stays_inside_the_window(surface, size):
    controls = tuple(Control(f"control_{i}", keys={"KeyW": 1}, help="Words " * 30) for i in range(40))
    spec = ControlSpec(controls)
    target = pygame.Surface(size)
    target.fill((200, 0, 200))
    draw_help(target, "World", "Words " * 99, spec, Shortcuts(spec), pads=True)
    shown = pygame.surfarray.array3d(target)
    border = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    assert (border == (200, 0, 200)).all()
    assert (shown != (200, 0, 200)).any(axis=2).mean() > 0.1


def press(prompt, text="", key=0):
    return prompt.key(pygame.event.Event(pygame.KEYDOWN, key=key, unicode=text))


def test_a_seed_is_typed_corrected_and_taken(surface):
    prompt = SeedPrompt(7)
    for text in ("1", "x", "2", "٣", "3"):
        assert not press(prompt, text)
    assert not press(prompt, key=pygame.K_BACKSPACE)
    prompt.draw(surface)
    assert press(prompt, "\r", pygame.K_RETURN) and prompt.value == 12


def test_a_seed_never_grows_beyond_what_sessions_take(surface):
    prompt = SeedPrompt(7)
    for _ in range(30):
        press(prompt, "9")
    assert prompt.value == 9999999999999999999 < 2**64
    assert press(prompt, key=pygame.K_ESCAPE) and prompt.value is None
    assert press(SeedPrompt(7), "\r", pygame.K_RETURN) and SeedPrompt(7).value is None
