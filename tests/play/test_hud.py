"""The head-up display: which variables it shows, how, and that it is nowhere in the frames."""

import numpy as np
import pygame
import pytest

from tests.support import TinyModel, tiny_manifest, tiny_starts
from worldsdk.client.description import RemoteVariable
from worldsdk.models.interface import Variable
from worldsdk.play import theme
from worldsdk.play.hud import HUD_STYLES, Hud, figure, gauges
from worldsdk.runtime.world import World

HEALTH = Variable("health", 0.0, 100.0, "points")
SPIN = Variable("yaw_rate", -8.0, 8.0, "radians/second")
CARRIED = Variable("carrying", 0.0, 10.0, "object")
PLACE = (
    Variable("x", 0.0, 512.0, "map units"),
    Variable("agent_y", 0.0, 7.0, "cells"),
    Variable("vx", -16.0, 16.0, "map units/tick"),
    Variable("heading", 0.0, 360.0, "degrees", 360.0),
)


@pytest.fixture
def surface(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    yield pygame.display.set_mode((640, 480))
    theme.forget()
    pygame.quit()


def pixels(surface):
    return pygame.surfarray.array3d(surface).transpose(1, 0, 2).astype(int)


def count(surface, colour):
    return int((np.abs(pixels(surface) - colour).sum(axis=2) < 30).sum())


def test_who_is_where_is_no_gauge_here_or_on_a_server():
    assert gauges([*PLACE, HEALTH, SPIN]) == (HEALTH, SPIN)
    remote = [
        RemoteVariable("heading", 0.0, 360.0, "degrees", cyclic=True, settable=True),
        RemoteVariable("health", 0.0, 100.0, "points", cyclic=False, settable=True),
    ]
    assert [gauge.name for gauge in gauges(remote)] == ["health"]
    assert gauges([Variable("stuck", 3.0, 3.0)]) == ()


def test_a_bar_is_as_long_as_the_value_and_red_where_little_is_left(surface):
    hud = Hud([*PLACE, HEALTH])
    drawn = {}
    for health in (100.0, 50.0, 0.0):
        surface.fill(0)
        place = hud.draw(surface, {"x": 3.0, "health": health})
        # At the lower left, and nothing elsewhere.
        assert place.left < 20 and place.bottom > 460
        shown = pixels(surface).any(axis=2)
        shown[place.top : place.bottom, place.left : place.right] = False
        assert not shown.any()
        drawn[health] = count(surface, theme.GOOD)
    assert drawn[50.0] == pytest.approx(drawn[100.0] / 2, rel=0.1) and drawn[0.0] == 0
    surface.fill(0)
    hud.draw(surface, {"health": 20.0})
    assert count(surface, theme.BAD) > 100 and count(surface, theme.GOOD) == 0


def test_what_can_be_on_either_side_of_nothing_grows_from_the_middle(surface):
    hud = Hud([SPIN])
    middles = []
    for value in (-8.0, 8.0):
        surface.fill(0)
        hud.draw(surface, {"yaw_rate": value})
        columns = (np.abs(pixels(surface) - theme.GOOD).sum(axis=2) < 30).any(axis=0).nonzero()[0]
        middles.append((columns.min(), columns.max()))
    (left, meets), (from_there, right) = middles
    assert left < meets and abs(meets - from_there) <= 2 and right > from_there
    surface.fill(0)
    hud.draw(surface, {"yaw_rate": 0.0})
    assert count(surface, theme.GOOD) == 0


def test_styles_differ_colours_can_be_given_and_none_draws_nothing(surface):
    hud = Hud([HEALTH], {"health": (10, 20, 250)})
    shown = []
    for style in HUD_STYLES:
        surface.fill(0)
        place = hud.draw(surface, {"health": 80.0}, style)
        shown.append(pixels(surface))
        assert (place.width > 0) == (style != "none") == bool(shown[-1].any())
    assert (shown[0] != shown[1]).any()
    assert all((np.abs(each - (10, 20, 250)).sum(axis=2) < 60).any() for each in shown[:2])
    surface.fill(0)
    hud.draw(surface, {})
    Hud(PLACE).draw(surface, {"x": 3.0})
    assert not pixels(surface).any()


def test_a_number_that_names_something_has_no_bar(surface):
    assert figure(CARRIED, 5.0) == "5" and figure(SPIN, 0.5) == "0.50" and figure(HEALTH, 99.6) == "100"
    Hud([CARRIED]).draw(surface, {"carrying": 10.0})
    assert count(surface, theme.GOOD) == 0 and pixels(surface).any()


class Hurt(TinyModel):
    """A tiny world whose ``y`` is somebody's health."""

    def __init__(self):
        super().__init__()
        spec = self.spec
        named = (spec.variables[0], Variable("health", -100.0, 100.0, "points"), spec.variables[2])
        object.__setattr__(spec, "variables", named)


def test_h_changes_it_while_playing_and_no_frame_film_or_picture_has_it(dummy_display):
    from PIL import Image

    from tests.play.test_app import Player

    model = Hurt().eval()
    player = Player(World(tiny_manifest(), model, tiny_starts(model.spec)), dummy_display, method="nearest")
    try:
        player.key("F3")
        player.key("KeyP")
        view = player.until(lambda app: app.view.mode == "paused")
        looks = []
        for style in HUD_STYLES:
            assert player.app.hud_style == style
            player.app.say("")
            looks.append(player.picture())
            player.key("KeyH")
        assert player.app.hud_style == "bars"
        bars, numbers, none = looks
        corner = np.s_[-140:, :260]
        assert (bars != none).any() and (bars != numbers).any()
        rest = bars != none
        rest[corner] = False
        assert not rest.any()
        player.key("F12")
        with Image.open(next((dummy_display / "out").glob("*.png"))) as image:
            saved = np.asarray(image)
        factor = saved.shape[0] // view.frame.pixels.shape[0]
        assert (saved[factor // 2 :: factor, factor // 2 :: factor] == view.frame.pixels).all()
    finally:
        player.app.close()
