"""A world beside an engine's loop: the same from the engine's side, wherever the world is."""

from __future__ import annotations

import re
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.engines.conftest import PATIENCE_SECONDS, Make, settled, until
from tests.play.conftest import make_world
from worldsdk.engines.local import LocalFeed
from worldsdk.errors import (
    ControlError,
    ModelError,
    NotCapableError,
    SessionError,
    SnapshotError,
    WorldSDKError,
)


def test_there_is_a_frame_at_once_and_then_newer_ones(make: Make) -> None:
    feed = make()
    first = feed.update()
    assert first is not None and first.pixels.shape == (feed.height, feed.width, 3)
    assert feed.controls.names == ("forward", "turn", "poison")
    assert feed.title and feed.rate_hz > 0
    ticks: list[int] = []
    until(feed, lambda: ticks.append(feed.frame.tick) or feed.frame.tick > first.tick + 5, "newer frames")
    assert ticks == sorted(ticks)
    assert feed.rate > 0 and feed.age_ms >= 0.0


def test_update_says_nothing_new_where_there_is_nothing_new(make: Make) -> None:
    feed = make()
    settled(feed)
    assert feed.update() is None
    assert feed.paused


def test_keys_move_the_world_and_their_way_to_the_picture_is_measured(make: Make) -> None:
    feed = make()
    until(feed, lambda: feed.frame.tick > 0, "a first tick")
    feed.key("KeyW", True)
    until(feed, lambda: feed.frame.controls["forward"] == 1.0, "the held key in a frame")
    before = feed.frame
    until(feed, lambda: feed.frame.tick > before.tick + 3, "later frames")
    assert feed.frame.controls["forward"] == 1.0
    assert feed.frame.state["x"] > before.state["x"]
    feed.key("KeyW", False)
    until(feed, lambda: feed.frame.controls["forward"] == 0.0, "the key let go")
    until(feed, lambda: feed.quality.action_p50 > 0.0, "a measured way from hand to eye")
    assert re.match(r"\d+\.\d Hz, action to photon \d+ ms \(p95 \d+\).*, age \d+ ms, \d+ late", feed.report)
    feed.press("forward")
    until(feed, lambda: feed.frame.controls["forward"] == 1.0, "the control held by name")
    feed.release("forward")
    feed.set_control("turn", 8.0)
    until(feed, lambda: feed.frame.controls["turn"] == 8.0, "the control held at a value")
    feed.release_all()
    until(feed, lambda: not any(feed.frame.controls.values()), "everything let go")
    with pytest.raises(ControlError, match="fly"):
        feed.press("fly")


def test_a_pad_moves_the_world_too(make: Make) -> None:
    feed = make()
    feed.pad("LeftStickX", -0.5)
    until(feed, lambda: feed.frame.controls["turn"] == -4.0, "the stick in a frame")


def test_the_mouse_turns_the_world(make: Make) -> None:
    feed = make()
    until(feed, lambda: feed.frame.tick > 0, "a first tick")
    settled(feed)
    heading = feed.frame.state["heading"]
    feed.resume().result(PATIENCE_SECONDS)
    until(feed, lambda: not feed.paused and feed.frame.tick > 0, "the world going on")
    # What the hand does while time stands still is not meant for the world: that may still have been so.
    turned = lambda: abs((feed.frame.state["heading"] - heading + 180.0) % 360.0 - 180.0) > 1.0  # noqa: E731
    ends = time.monotonic() + PATIENCE_SECONDS
    while not turned() and time.monotonic() < ends:
        feed.mouse(40.0, 0.0)
        feed.update()
        time.sleep(0.02)
    assert turned()


def test_snapshot_restore_and_rewind(make: Make) -> None:
    feed = make()
    until(feed, lambda: feed.frame.tick > 8, "some ticks")
    at = settled(feed)
    picture = feed.frame.pixels.copy()
    blob = feed.snapshot().result(PATIENCE_SECONDS)
    feed.rewind(4).result(PATIENCE_SECONDS)
    until(feed, lambda: feed.frame.tick == at - 4, "the earlier frame")
    feed.restore(blob).result(PATIENCE_SECONDS)
    until(feed, lambda: feed.frame.tick == at, "the saved frame")
    assert np.array_equal(feed.frame.pixels, picture)
    feed.resume().result(PATIENCE_SECONDS)
    until(feed, lambda: feed.frame.tick > at + 2, "the world going on")


def test_reset_begins_again_with_another_seed(make: Make) -> None:
    feed = make()
    until(feed, lambda: feed.frame.tick > 20, "some ticks")
    settled(feed)
    feed.reset(seed=9, start=1).result(PATIENCE_SECONDS)
    until(feed, lambda: feed.frame.tick < 5, "the beginning")


def test_observed_pictures_and_given_state(make: Make) -> None:
    feed = make()
    until(feed, lambda: feed.frame.tick > 2, "some ticks")
    settled(feed)
    seen = np.full((feed.height, feed.width, 3), 77, np.uint8)
    feed.observe(seen, {"forward": 1.0}).result(PATIENCE_SECONDS)
    until(feed, lambda: np.array_equal(feed.frame.pixels, seen), "the observed picture")
    feed.set_state({"x": 50.0}).result(PATIENCE_SECONDS)
    feed.resume().result(PATIENCE_SECONDS)
    until(feed, lambda: 45.0 < feed.frame.state["x"] < 60.0, "the given state")


def test_a_fork_is_a_session_of_its_own(make: Make) -> None:
    feed = make()
    until(feed, lambda: feed.frame.tick > 2, "some ticks")
    at = settled(feed)
    twin = feed.fork().result(PATIENCE_SECONDS)
    if isinstance(feed, LocalFeed):
        assert twin.tick == at
        assert feed.ask(lambda _: twin.step({"forward": 1.0}).tick).result(PATIENCE_SECONDS) == at + 1
        feed.update()
        assert feed.frame.tick == at
    else:
        # The server's clock runs for the twin, whose room is its own.
        assert twin.tick >= at and twin.room != feed.ask(lambda session: session.room).result(
            PATIENCE_SECONDS
        )


def test_events_are_told_in_update_and_can_be_taken_back(make: Make) -> None:
    feed = make()
    heard: list[Any] = []
    for name in ("connected", "applied", "failed", "disconnected"):
        feed.on(name, lambda *values, name=name: heard.append((name, *values)))  # type: ignore[arg-type]
    qualities: list[Any] = []
    feed.on("quality", qualities.append)
    frames: list[Any] = []
    stop = feed.on("frame", frames.append)
    until(feed, lambda: len(frames) > 3, "frames told")
    stop()
    told = len(frames)
    assert ("connected",) in heard
    assert ("applied", "pause") not in heard
    settled(feed)
    until(feed, lambda: ("applied", "pause") in heard, "the pause told")
    assert len(frames) == told
    with pytest.raises(NotCapableError):
        feed.set_prompt("a forest").result(PATIENCE_SECONDS)
    with pytest.raises(SnapshotError):
        feed.restore(b"nonsense").result(PATIENCE_SECONDS)
    with pytest.raises(WorldSDKError):
        feed.rewind(10**6).result(PATIENCE_SECONDS)
    until(feed, lambda: len([one for one in heard if one[0] == "failed"]) == 3, "three refusals told")
    assert [one[1] for one in heard if one[0] == "failed"][:2] == ["not_capable", "snapshot_invalid"]
    until(feed, lambda: qualities, "the quality told")
    with pytest.raises(SessionError, match="there is no event 'frames'"):
        feed.on("frames", frames.append)  # type: ignore[arg-type]
    feed.close()
    feed.close()
    feed.update()
    assert heard[-1][:2] == ("disconnected", 1000) and heard[-1][-1] is False
    with pytest.raises(SessionError, match="closed"):
        feed.pause().result(PATIENCE_SECONDS)


def test_speed_and_quality(make: Make) -> None:
    feed = make()
    feed.set_speed(0.5).result(PATIENCE_SECONDS)
    feed.set_quality(steps=1).result(PATIENCE_SECONDS)
    at = feed.frame.tick
    until(feed, lambda: feed.frame.tick > at + 5, "frames at half speed")
    until(feed, lambda: feed.frame.timing.steps_used == 1, "frames of one step")
    with pytest.raises(WorldSDKError, match=r"0\.1 to 4"):
        feed.set_speed(9.0).result(PATIENCE_SECONDS)
    with pytest.raises(WorldSDKError):
        feed.set_quality(steps=0).result(PATIENCE_SECONDS)


def test_a_model_that_loses_its_way_pauses_and_is_healed_by_a_reset() -> None:
    with LocalFeed(make_world().session(seed=3), fps=100.0) as feed:
        failures: list[tuple[str, str]] = []
        feed.on("failed", lambda code, message: failures.append((code, message)))
        until(feed, lambda: feed.frame.tick > 2, "some ticks")
        feed.press("poison")
        until(feed, lambda: failures, "the failure told")
        assert failures[0][0] == ModelError.code and feed.paused and feed.error is None
        feed.release_all()
        feed.reset(seed=4).result(PATIENCE_SECONDS)
        feed.resume().result(PATIENCE_SECONDS)
        until(feed, lambda: feed.frame.tick > 2 and not feed.paused, "the world going on")


def test_an_error_in_a_question_goes_to_who_asked() -> None:
    with LocalFeed(make_world().session(seed=3), fps=100.0) as feed:
        asked = feed.ask(lambda session: session.nonsense())  # type: ignore[attr-defined]
        with pytest.raises(AttributeError):
            asked.result(PATIENCE_SECONDS)
        at = feed.frame.tick
        until(feed, lambda: feed.frame.tick > at, "the world going on")


class Holding:
    """A session whose clock holds the first beat that a key goes into, as a late one does."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.given: list[float] = []
        self.missed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def realtime(self, **_: object) -> Any:
        return nullcontext(self)

    def tick(self, controls: Any) -> Any:
        time.sleep(0.005)
        self.given.append(controls["forward"])
        if controls["forward"] and not self.missed:
            self.missed += 1
            late = replace(self._session.frame.timing, deadline_met=False)
            return replace(self._session.frame, held=True, timing=late)
        return self._session.step(controls)


def test_a_tap_in_a_beat_that_was_missed_goes_into_the_next() -> None:
    session = Holding(make_world().session(seed=3))
    with LocalFeed(session, fps=100.0) as feed:  # type: ignore[arg-type]
        until(feed, lambda: feed.frame.tick > 2, "some ticks")
        feed.key("KeyW", True)
        feed.key("KeyW", False)
        until(feed, lambda: session.given.count(1.0) == 2, "the tap given again")
        at = len(session.given)
        until(feed, lambda: len(session.given) > at + 3, "more ticks")
        assert session.given.count(1.0) == 2
        assert feed.quality.held == 1 and feed.quality.late == 1
