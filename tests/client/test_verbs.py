"""When a command that moves the session in time counts as done."""

from types import SimpleNamespace
from typing import Any

import pytest

from worldsdk.client.dialogue import Asked
from worldsdk.client.verbs import NEAR_TICKS, Jump
from worldsdk.errors import SessionError


def dialogue(mode: str = "lockstep") -> Any:
    return SimpleNamespace(frame=None, frames=0, wishes=SimpleNamespace(mode=mode))


def comes(said: Any, tick: int) -> None:
    said.frame, said.frames = SimpleNamespace(tick=tick), said.frames + 1


def is_answered(asked: Asked, said: Any, tick: int) -> None:
    asked.tick, asked.frames, asked.result = tick, said.frames, {}


def test_a_greeting_that_comes_late_is_not_the_frame_that_was_asked_for():
    said, asked = dialogue(), Asked("start", {})
    jump = Jump(said, asked)
    comes(said, 0)
    assert not jump.done()
    is_answered(asked, said, 0)
    assert not jump.done()
    comes(said, 0)
    assert jump.done()


def test_in_lockstep_a_frame_of_another_tick_is_not_of_there():
    said, asked = dialogue(), Asked("rewind", {"ticks": 3})
    jump = Jump(said, asked)
    is_answered(asked, said, 4)
    comes(said, 7)
    assert not jump.done()
    comes(said, 4)
    assert jump.done()


@pytest.mark.parametrize(("tick", "done"), [(3, False), (4, True), (4 + NEAR_TICKS, True), (99, False)])
def test_in_real_time_the_world_may_have_gone_on_a_little(tick, done):
    said, asked = dialogue("realtime"), Asked("rewind", {"ticks": 3})
    is_answered(asked, said, 4)
    comes(said, tick)
    assert Jump(said, asked).done() is done


def test_a_refusal_is_an_end():
    asked = Asked("rewind", {"ticks": 3})
    asked.error = SessionError("no")
    assert Jump(dialogue(), asked).done()
