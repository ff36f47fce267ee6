"""A pygame window."""

from __future__ import annotations

import pygame

from tests.engines.programs.player import HEIGHT, WIDTH, Player, arguments, open_world, report
from worldsdk.engines.pygame import WorldSurface

pygame.init()
screen = pygame.display.set_mode((WIDTH, HEIGHT))
world = WorldSurface(open_world(), method="nearest")
surface, place = world.surface, pygame.Rect(0, 0, 0, 0)


def turn() -> None:
    global place
    for event in pygame.event.get():
        world.handle(event)
    world.update()
    screen.fill((0, 0, 0))
    place = world.draw(screen)
    pygame.display.flip()
    pygame.time.wait(5)


told = Player(world.feed, turn).play()
turn()
pygame.image.save(screen, str(arguments.out / "shot.png"))
told |= {"place": list(place), "same_texture": world.surface is surface}
world.close()
pygame.quit()
report(**told)
