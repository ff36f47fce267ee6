"""An Arcade window with the world behind a sprite that shows it too."""

from __future__ import annotations

import time

import arcade

from tests.engines.programs.player import HEIGHT, WIDTH, Player, arguments, open_world, report
from worldsdk.engines.arcade import WorldInput, WorldTexture


class Game(arcade.Window):
    def __init__(self) -> None:
        super().__init__(WIDTH, HEIGHT, "worldsdk")
        self.feed = open_world()
        self.world = WorldTexture(self, self.feed, sharp=True)
        self.sprites = arcade.SpriteList()
        self.sprites.append(arcade.Sprite(self.world.texture, center_x=WIDTH - 40, center_y=40))
        self.hands = WorldInput(self, self.feed)
        self.place = self.rect

    def on_draw(self) -> None:
        self.clear()
        self.world.update()
        self.place = self.world.draw(self.rect)
        if self.feed.paused is False:
            self.sprites.draw(pixelated=True)


game = Game()
game.set_location(0, 0)
texture = game.world.texture


def turn() -> None:
    game.switch_to()
    game.dispatch_events()
    game.dispatch_event("on_draw")
    game.flip()
    time.sleep(0.005)


player = Player(game.feed, turn)
told = player.play()
player.turns(2)
game.on_draw()
arcade.get_image(0, 0, WIDTH, HEIGHT).convert("RGB").save(arguments.out / "shot.png")
place = game.place
told |= {
    "place": [round(place.left), round(HEIGHT - place.top), round(place.width), round(place.height)],
    "same_texture": game.world.texture is texture,
}
game.hands.end()
game.feed.close()
game.close()
report(**told)
