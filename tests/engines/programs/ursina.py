"""A screen in ursina's interface."""

from __future__ import annotations

import time

import ursina
from panda3d.core import Filename, loadPrcFileData

from tests.engines.programs.player import HEIGHT, WIDTH, Player, arguments, open_world, report
from worldsdk.engines.ursina import WorldScreen

loadPrcFileData("", "win-origin 0 0\naudio-library-name null\nsync-video 0\n")
app = ursina.Ursina(size=(WIDTH, HEIGHT), borderless=False, development_mode=False, title="worldsdk")
feed = open_world()
screen = WorldScreen(feed, parent=ursina.camera.ui)
texture = screen.world.texture


def turn() -> None:
    app.step()
    time.sleep(0.005)


player = Player(feed, turn)
told = player.play()
player.turns(3)
base = ursina.application.base
base.win.save_screenshot(Filename.from_os_specific(str(arguments.out / "shot.png")))
width, height = base.win.get_x_size(), base.win.get_y_size()
# One unit of the interface is the window's height; the screen is as wide as the world's shape wants it.
across = round(height * screen.world.aspect)
told |= {
    "place": [(width - across) // 2, 0, across, height],
    "same_texture": screen.world.texture is texture and screen.texture._texture is texture,
}
ursina.destroy(screen)
turn()
told["closed"] = feed.error is None and screen._hands is None
report(**told)
