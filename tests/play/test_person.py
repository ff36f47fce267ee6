"""The person who plays a real game, with pygame's dummy screen and a clock of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from tests.data.toys import ToyGame
from worldsdk.controls import Control, ControlSpec
from worldsdk.data import recorder
from worldsdk.data.policies.policy import PolicyDone
from worldsdk.data.reader import Dataset
from worldsdk.data.recorder import RecordPlan, record
from worldsdk.play.person import Person


class Clock:
    """Time passes only in sleep; ``script`` says which events arrive when."""

    def __init__(self) -> None:
        self.now = 0.0
        self.script: list[tuple[float, pygame.event.Event]] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.001)
        while self.script and self.script[0][0] <= self.now:
            pygame.event.post(self.script.pop(0)[1])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def game() -> ToyGame:
    game = ToyGame(life=1000)
    spec = ControlSpec(
        (
            Control("forward", keys={"KeyW": 1.0}),
            Control("turn", "axis", low=-8.0, high=8.0, keys={"ArrowLeft": -4.0}, mouse=("x", 0.5)),
        )
    )
    game.info = replace(game.info, controls=spec)
    return game


@pytest.fixture
def person(game: ToyGame, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    person = Person(game.info, method="nearest", clock=clock, sleep=clock.sleep)
    pygame.event.clear()
    yield person
    person.close()


def key(kind: int, scancode: int) -> pygame.event.Event:
    return pygame.event.Event(kind, scancode=scancode, key=0)


def test_keys_and_mouse_steer_and_ticks_keep_the_rate(person: Person, game: ToyGame, clock: Clock) -> None:
    observation = game.reset(0)
    assert dict(person.act(observation)) == {"forward": 0.0, "turn": 0.0}
    clock.script = [
        (0.11, key(pygame.KEYDOWN, pygame.KSCAN_W)),
        (0.12, pygame.event.Event(pygame.MOUSEMOTION, rel=(6, 0), pos=(0, 0), buttons=(0, 0, 0))),
        (0.25, key(pygame.KEYUP, pygame.KSCAN_W)),
        (0.26, key(pygame.KEYDOWN, pygame.KSCAN_LEFT)),
    ]
    assert dict(person.act(observation)) == {"forward": 1.0, "turn": 3.0}
    assert dict(person.act(observation)) == {"forward": 0.0, "turn": -4.0}
    assert clock.now == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("event", [pygame.event.Event(pygame.QUIT), key(pygame.KEYDOWN, pygame.KSCAN_ESCAPE)])
def test_escape_and_closing_end_it(
    person: Person, game: ToyGame, clock: Clock, event: pygame.event.Event
) -> None:
    clock.script = [(0.05, event)]
    with pytest.raises(PolicyDone):
        person.act(game.reset(0))


def test_a_window_without_the_keyboard_waits(person: Person, game: ToyGame, clock: Clock) -> None:
    clock.script = [
        (0.01, key(pygame.KEYDOWN, pygame.KSCAN_W)),
        (0.05, pygame.event.Event(pygame.WINDOWFOCUSLOST)),
        (5.0, pygame.event.Event(pygame.WINDOWFOCUSGAINED)),
    ]
    controls = person.act(game.reset(0))
    assert 5.0 < clock.now < 5.3
    assert controls["forward"] == 0.0


def test_what_a_person_played_becomes_a_dataset(
    person: Person, game: ToyGame, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "open_game", lambda name, width, height: game)
    clock.script = [
        (0.01, key(pygame.KEYDOWN, pygame.KSCAN_W)),
        (2.05, key(pygame.KEYDOWN, pygame.KSCAN_ESCAPE)),
    ]
    record(RecordPlan("toy", 8, 6, policy="person"), tmp_path, 1000, policy=lambda game: person)
    dataset = Dataset.open(tmp_path)
    assert len(dataset) == pytest.approx(21, abs=1)
    assert dataset.controls[1:][:, 0].all()
    assert dataset.info.recorder["policy"] == "person"
