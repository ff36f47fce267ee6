"""A card on Panda3D's 2D screen."""

from __future__ import annotations

import time

from direct.showbase.ShowBase import ShowBase
from panda3d.core import CardMaker, Filename, loadPrcFileData

from tests.engines.programs.player import HEIGHT, WIDTH, Player, arguments, open_world, report
from worldsdk.engines.panda3d import WorldInput, WorldTexture

loadPrcFileData("", f"win-size {WIDTH} {HEIGHT}\nwin-origin 0 0\naudio-library-name null\nsync-video 0\n")
base = ShowBase()
feed = open_world()
world = WorldTexture(feed, sharp=True)
texture = world.texture
base.task_mgr.add(world.task, "worldsdk", sort=-10)
hands = WorldInput(base, feed)
maker = CardMaker("screen")
maker.set_frame_fullscreen_quad()
card = base.render2d.attach_new_node(maker.generate())
card.set_texture(world.texture)


def turn() -> None:
    base.task_mgr.step()
    time.sleep(0.005)


player = Player(feed, turn)
told = player.play()
player.turns(3)
base.win.save_screenshot(Filename.from_os_specific(str(arguments.out / "shot.png")))
told |= {
    "place": [0, 0, base.win.get_x_size(), base.win.get_y_size()],
    "same_texture": world.texture is texture,
}
hands.end()
feed.close()
base.destroy()
report(**told)
